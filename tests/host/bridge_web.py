"""mepd's HTTP under those who mean no good, and its login and settings."""
import contextlib
import stat

from bridge import *

GET = b"GET /api/v1/latest HTTP/1.1\r\nHost: localhost\r\n"
SANITIZED = b"__asan_init" in open(MEPD, "rb").read()


class WebCase(BridgeCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.shared.cleanup)
        # What the address sanitizer keeps of freed memory is not what is measured here.
        cls.mepd = Bridge(cls.shared.name, "--meter", "sim:",
                          env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        cls.addClassCleanup(cls.mepd.stop)
        if not wait_for(cls.mepd.reading):
            raise RuntimeError("no reading:\n" + cls.mepd.log())

    def connect(self, timeout=30):
        connection = socket.create_connection(("127.0.0.1", self.mepd.port), timeout=timeout)
        self.addCleanup(connection.close)
        return connection

    def send(self, data, timeout=30):
        """What comes back until the connection is closed or falls silent."""
        connection = self.connect(timeout)
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        answer = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            while more := connection.recv(65536):
                answer += more
        return answer

    def assert_well(self):
        """Somebody with a proper request is served, and soon."""
        answer = self.mepd.ask("/api/v1/latest", timeout=10)
        self.assertEqual(answer.status, 200, answer.body)


class Strangers(WebCase):
    def test_requests_that_are_none(self):
        close = b"Connection: close\r\n\r\n"
        for request in (b"\r\n" * 100, b"\0" * 100, b"\xff" * 5000, b"GET\r\n\r\n",
                        b"GET / HTTP/9.9\r\n\r\n", b"GET /api/v1/latest HTTP/1.1\r\n" + close,
                        b"G" * 20000, b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + close,
                        GET + b"X: " + b"x" * 20000 + b"\r\n" + close,
                        GET + b"X-%d: y\r\n" * 3000 + close,
                        GET + b"Content-Length: -1\r\n" + close,
                        GET + b"Content-Length: 99999999999999999999\r\n" + close,
                        GET + b"Content-Length: x\r\n" + close,
                        GET + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                        GET + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
                        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x55" * 500):
            with self.subTest(request=request[:60]):
                answer = self.send(request, timeout=2)
                if answer:
                    self.assertRegex(answer, rb"\AHTTP/1\.[01] [45]\d\d ")
                self.assert_well()

    def test_targets_and_bodies_too_long(self):
        self.assertEqual(self.mepd.ask("/" + "a" * 2100).status, 414)
        self.assertEqual(self.mepd.ask("/" + "a" * 2000).status, 404)
        for size, status in ((8192, 400), (8193, 413), (100000, 413)):
            answer = self.send(b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Type: application/json\r\nConnection: close\r\n"
                               b"Content-Length: %d\r\n\r\n" % size + b" " * size)
            self.assertIn(b" %d " % status, answer.split(b"\r\n")[0], size)
        # Without a length that would tell.
        chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
        answer = self.send(b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close"
                           b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 4 + b"0\r\n\r\n")
        self.assertIn(b" 413 ", answer.split(b"\r\n")[0])
        before = self.mepd.resident_kb()
        self.send(b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 20000)  # 80 MB, and no end
        self.assertLess(self.mepd.resident_kb() - before, 4000)
        self.assert_well()

    def test_many_who_do_nothing(self):
        before = self.mepd.resident_kb()
        idle = [self.connect() for _ in range(200)]
        slow = []
        for i in range(60):  # in the midst of a head, or of a body
            connection = self.connect()
            connection.sendall(GET[:20 + i % 20] if i % 2 else
                               GET.replace(b"GET", b"POST") + b"Content-Length: 8000\r\n\r\n{")
            slow.append(connection)
        for _ in range(50):
            self.assert_well()
        grown = self.mepd.resident_kb() - before
        self.assertLess(grown, 40000 if SANITIZED else 8000)
        del idle, slow

    def test_more_than_there_is_room_for(self):
        crowd = []
        for _ in range(350):
            connection = self.connect()
            with contextlib.suppress(OSError):
                connection.sendall(GET)  # no end of the head
            crowd.append(connection)
        # Who takes so long to ask while others wait is hung up on.
        self.wait(self.try_well, 60)

    def test_a_crowd_that_leaves_at_once(self):
        crowd = [self.connect() for _ in range(330)]
        self.wait(lambda: not self.try_well(), 10, "there was room for all")
        os.kill(self.mepd.process.pid, signal.SIGSTOP)
        for connection in crowd:
            connection.close()
        os.kill(self.mepd.process.pid, signal.SIGCONT)
        self.wait(self.try_well, 30, "nobody is let in any more")

    def try_well(self):
        try:
            return self.mepd.ask("/api/v1/latest", timeout=3).status == 200
        except OSError:
            return False

    def test_those_who_read_slowly(self):
        """Answers that nobody takes are bounded, and hold nobody else up."""
        before = self.mepd.resident_kb()
        for _ in range(40):
            connection = self.connect()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall((GET + b"\r\n").replace(b"/api/v1/latest", b"/metrics") * 50)
        for _ in range(40):
            self.assert_well()
        self.assertLess(self.mepd.resident_kb() - before, 40000 if SANITIZED else 12000)

    def test_streams_are_bounded(self):
        streams, refused = [], 0
        for _ in range(40):
            connection = self.connect()
            connection.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            status = connection.recv(12)
            self.assertIn(status, (b"HTTP/1.1 200", b"HTTP/1.1 503"))
            refused += status.endswith(b"503")
            streams.append(connection)
        self.assertEqual(refused, 8)
        self.assert_well()
        for stream in streams:
            stream.close()

        def room():
            answer = self.connect()
            answer.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return answer.recv(12).endswith(b"200")

        self.wait(room, 60, "those who left still count")

    def test_a_stream_lives_on(self):
        """Longer than anybody else may be idle, with several readings between."""
        connection = self.connect(60)
        connection.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        begun, readings = time.monotonic(), 0
        while time.monotonic() - begun < 40:
            data = connection.recv(65536)
            self.assertTrue(data, "the stream ended")
            readings += data.count(b"event: reading")
        self.assertGreater(readings, 20)

    def test_hosts_of_others(self):
        for host, good in (("localhost", True), (f"127.0.0.1:{self.mepd.port}", True),
                           ("evil.example", False), (socket.gethostname(), True)):
            answer = self.mepd.ask("/api/v1/latest", headers={"Host": host})
            self.assertEqual(answer.status == 200, good, host)


class Settings(BridgeCase):
    def secured(self, *options, conf="[meter house]\nuri = sim:\n"):
        path = self.write("conf", ("http.listen = 127.0.0.1:0\n" + conf).encode())
        with open(self.write("password", PASSWORD.encode())) as password:
            self.assertEqual(mepd("--set-password", "--config", path, stdin=password).returncode, 0)
        os.remove(self.path("password"))
        return self.bridge("--config", path, *options)

    def value(self, session, key):
        settings = session.ask("/api/v1/config").json()["settings"]
        return next((s.get("value", s.get("set")) for s in settings if s["key"] == key), None)

    def conf(self):
        with open(self.path("conf")) as file:
            return file.read()

    def test_login_and_changes_that_last(self):
        bridge = self.secured()
        mode = stat.S_IMODE(os.stat(self.path("conf")).st_mode)
        self.assertIn(bridge.ask("/api/v1/config").status, (401, 403))
        self.assertEqual(Session(bridge, "wrong password").status, 401)
        session = Session(bridge)
        self.assertEqual(session.status, 200)
        answer = session.change(**{"language": "da", "cost.import": 2.45})
        self.assertEqual((answer.status, answer.json()["saved"]), (200, True), answer.body)
        self.assertEqual(self.value(session, "language"), "da")
        self.assertIn("language = da\n", self.conf())
        self.assertEqual(stat.S_IMODE(os.stat(self.path("conf")).st_mode), mode)
        bridge.stop()
        bridge.start()
        session = Session(bridge)
        self.assertEqual(self.value(session, "language"), "da")
        self.assertEqual(self.value(session, "cost.import"), 2.45)
        self.assertEqual(session.ask("/api/v1/session", "DELETE").status, 200)
        self.assertIn(session.ask("/api/v1/config").status, (401, 403))

    def test_meters_from_the_page(self):
        meter = self.meter(tcp=True)
        bridge = self.secured()
        session = Session(bridge)
        answer = session.change(**{"meter.garage.uri": meter.uri, "meter.garage.key": KEY})
        self.assertEqual(answer.status, 200, answer.body)
        self.wait(lambda: bridge.reading("garage"))
        self.assertEqual(self.value(session, "meter.garage.key"), True)
        self.assertNotIn(KEY.encode(), session.ask("/api/v1/config").body)
        self.assertIn("[meter garage]\n", self.conf())
        self.assertEqual(session.change(**{"meter.garage": None}).status, 200)
        self.wait(lambda: bridge.ask("/api/v1/latest?meter=garage").status == 404)
        self.assertNotIn("garage", self.conf())
        bridge.stop()
        self.assertNotIn(KEY, bridge.log())

    def test_what_is_refused_changes_nothing(self):
        bridge = self.secured("--mqtt", "")
        session, before = Session(bridge), self.conf()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            for change, key in (
                    ({"mqtt.topic": "a/#"}, "mqtt.topic"),
                    ({"language": "da", "cost.import": "much"}, "cost.import"),
                    ({"meter.new.uri": "/dev/ttyUSB7"}, "meter.new.key"),
                    ({"meter.new.uri": "/dev/ttyUSB7", "meter.new.key": "short"}, "meter.new.key"),
                    ({"meter.new.uri": "/dev/ttyUSB7", "meter.new.key": "@/etc/passwd"},
                     "meter.new.key"),
                    ({"mqtt.user": "a\nhttp.password = x"}, "mqtt.user"),
                    ({"mqtt.url": "mqtt://elsewhere"}, "mqtt.url"),
                    ({"no.such": "x"}, "no.such")):
                with self.subTest(change=change):
                    answer = session.change(**change)
                    self.assertIn(answer.status, (400, 403, 409), answer.body)
                    self.assertEqual(answer.json().get("key"), key, answer.body)
                    self.assertEqual(self.conf(), before)
            self.assertEqual(self.value(session, "language"), "auto")

    def test_another_address_from_the_page(self):
        bridge = self.secured()
        session = Session(bridge)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            answer = session.change(**{"http.listen": f"127.0.0.1:{taken.getsockname()[1]}"})
            self.assertEqual((answer.status, answer.json()["key"]), (400, "http.listen"))
            self.assertIn("in use", answer.json()["message"])
            self.assertIn("http.listen = 127.0.0.1:0\n", self.conf())
        port = free_port()
        self.assertEqual(session.change(**{"http.listen": f"127.0.0.1:{port}"}).status, 200)
        self.wait(lambda: bridge.port == port)
        self.assertEqual(self.value(session, "http.listen"), f"127.0.0.1:{port}")

    def test_a_password_from_the_page(self):
        bridge = self.secured()
        session = Session(bridge)
        other = PASSWORD + " 2"
        answer = session.change(**{"http.password": other})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertNotIn(other, self.conf())
        self.wait(lambda: Session(bridge, other).status == 200)
        self.assertEqual(Session(bridge).status, 401)

    def test_a_key_is_tried(self):
        meter = self.meter(tcp=True)
        bridge = self.secured(conf=f"[meter house]\nuri = {meter.uri}\nkey = {KEY}\n")
        self.wait(bridge.reading)
        session = Session(bridge)
        for key, result in ((KEY, "ok"), ("another-key-of16", "refused")):
            answer = session.ask("/api/v1/key-test", "POST", {"meter": "house", "key": key})
            self.assertEqual((answer.status, answer.json().get("result")), (200, result),
                             answer.body)
            self.assertNotIn(key.encode(), answer.body)

    def test_without_a_password_nobody_logs_in(self):
        bridge = self.bridge("--meter", "sim:")
        self.assertEqual(Session(bridge).status, 403)
        self.assertIn(bridge.ask("/api/v1/config").status, (401, 403))


if __name__ == "__main__":
    main()
