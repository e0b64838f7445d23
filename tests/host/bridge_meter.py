"""mepd and its meters: what is read, what is shown when a meter or its line is gone."""
from bridge import *

ALWAYS = {"serial", "manufacturer", "model", "firmware", "meter_time", "tariff", "age_ms",
          "energy_import_wh", "energy_export_wh", "power_import_w", "power_export_w",
          "voltage_l1_mv", "current_l1_ma", "frequency_mhz"}


def events(bridge, count, seconds=60, path="/api/v1/events"):
    """The next events: (name, data) each."""
    found, name = [], None
    with socket.create_connection(("127.0.0.1", bridge.port), timeout=seconds) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with connection.makefile("rb") as stream:
            for line in stream:
                line = line.decode().strip()
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    found.append((name, json.loads(line[6:])))
                    if len(found) == count:
                        return found
    return found


class Readings(BridgeCase):
    def test_a_reading_and_nothing_before(self):
        meter = self.meter(tcp=True)
        bridge = self.bridge("--meter", meter.uri, "--key", KEY)
        while True:
            dash = bridge.ask("/getDashDataWS").status
            if (answer := bridge.ask("/api/v1/latest")).status == 200:
                break
            self.assertEqual((answer.status, answer.json()["error"]), (503, "no_reading"))
            self.assertEqual(dash, 503)
        reading = answer.json()
        self.assertLessEqual(ALWAYS, set(reading))
        self.assertLess(reading["age_ms"], 5000)
        same = json.loads(mep("read", "--meter", "sim:", "--json").stdout)
        self.assertEqual(set(same), set(reading))
        dash = bridge.ask("/getDashDataWS").json()
        self.assertEqual(dash["Utility_SN"], reading["serial"])
        self.wait(lambda: bridge.ask("/api/v1/health").json()["status"] == "ok")
        self.assertIn("energy_import_wh", bridge.ask("/metrics").body.decode().replace(
            "meplink_energy_import_wh", "energy_import_wh"))

    def test_events(self):
        bridge = self.bridge("--meter", "sim:")
        self.wait(bridge.reading)
        found = events(bridge, 5)
        self.assertEqual([name for name, _ in found[:2]], ["link", "reading"])
        readings = [data for name, data in found if name == "reading"]
        self.assertLessEqual(ALWAYS, set(readings[0]))
        times = [data["meter_time"] for data in readings]
        self.assertEqual(times, sorted(times))
        self.assertGreater(len(set(times)), 1)

    def test_a_table_and_a_key_are_asked_for(self):
        bridge = self.bridge("--meter", "sim:")
        self.wait(bridge.reading)
        table = bridge.ask("/api/v1/tables/BT01")
        self.assertEqual(table.status, 200, table.body)
        self.assertEqual(table.json()["table"], "BT01")

    def test_history_of_the_meter(self):
        meter = self.meter(tcp=True)
        bridge = self.bridge("--meter", meter.uri, "--key", KEY)

        def day():
            now = int(time.time())
            path = f"/api/v1/history?name=energy_import_wh&from={now - 86400}&to={now}" \
                   "&resolution=3600"
            answer = bridge.ask(path)
            return answer.json()["series"][0]["points"] if answer.status == 200 else []

        # Today goes before the months that are there.
        self.wait(lambda: sum(point[2] == "meter" for point in day()) > 20, 90, "no load profile")
        self.assertEqual(bridge.ask("/api/v1/info").json()["history"]["state"], "reading")
        values = [point[1] for point in day()]
        self.assertEqual(values, sorted(values))

    def test_several(self):
        folder = self.folder.name
        ports = free_port()
        text, meters = "", []
        for name in ("one", "two", "three"):
            meter = self.meter(tcp=True, options=("--fast", "--seed", str(len(meters) + 1)))
            meters.append(meter)
            text += f"[meter {name}]\nuri = {meter.uri}\nkey = {KEY}\nperiod_s = 2\n"
        bridge = self.bridge("--config", self.write("conf", text.encode()),
                             "--http", "127.0.0.1:0")
        for name in ("one", "two", "three"):
            self.wait(lambda: bridge.reading(name))
        self.assertEqual(bridge.reading()["serial"], bridge.reading("one")["serial"])
        with open(f"/proc/{bridge.process.pid}/status") as status:
            threads = int(re.search(r"Threads:\s+(\d+)", status.read())[1])
        self.assertLessEqual(threads, 6)


class Trouble(BridgeCase):
    def gone_and_back(self, tcp):
        meter = self.meter(tcp=tcp)
        bridge = self.bridge("--meter", meter.uri, "--key", KEY)
        self.wait(bridge.reading)
        meter.kill()
        self.wait(lambda: bridge.link()["line"] != "", why="the line is still open")
        self.wait(lambda: bridge.link()["link"] == "went_silent")
        self.wait(lambda: bridge.reading() is None, why="old numbers are served as new")
        self.assertEqual(bridge.ask("/getDashDataWS").status, 503)
        self.assertNotEqual(bridge.ask("/api/v1/health").json()["status"], "ok")
        meter.start()
        self.wait(bridge.reading)
        self.assertEqual(bridge.link()["line"], "")
        # Said once, not each second.
        self.assertLessEqual(sum("trying again" in line for line in bridge.lines), 3, bridge.log())

    def test_unplugged_and_plugged_in(self):
        self.gone_and_back(tcp=False)

    def test_connection_lost_and_found(self):
        self.gone_and_back(tcp=True)

    def test_not_there_at_first(self):
        meter = self.meter()
        meter.kill()
        bridge = self.bridge("--meter", meter.uri, "--key", KEY)
        self.wait(lambda: "No such file" in bridge.link()["line"])
        meter.start()
        self.wait(bridge.reading)

    def test_a_wrong_key(self):
        meter = self.meter(tcp=True)
        bridge = self.bridge("--meter", meter.uri, "--key", "wrong-key-of-16!")
        self.wait(lambda: bridge.link()["link"] == "key_refused")
        self.assertEqual(bridge.ask("/api/v1/latest").json()["link"], "key_refused")
        self.assertIn("key", bridge.log())
        self.assertNotIn("wrong-key-of-16!", bridge.log())

    def test_the_key_is_not_among_the_arguments(self):
        meter = self.meter(tcp=True)
        bridge = self.bridge("--meter", meter.uri, "--key", KEY)
        with open(f"/proc/{bridge.process.pid}/cmdline", "rb") as arguments:
            self.assertNotIn(KEY.encode(), arguments.read())

    def test_ends_cleanly_in_the_midst(self):
        meter = self.meter(tcp=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            bridge = self.bridge("--meter", meter.uri, "--key", KEY)
            self.wait(bridge.reading)
            stream = socket.create_connection(("127.0.0.1", bridge.port))
            self.addCleanup(stream.close)
            stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream.recv(1)
            self.assertEqual(bridge.stop(number), 0)


class Manager(BridgeCase):
    """What a service manager is told."""

    def test_ready_watchdog_reload_stop(self):
        path = self.path("notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(30)
            bridge = self.bridge("--meter", "sim:",
                                 env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
            told = [manager.recv(256).decode() for _ in range(4)]
            self.assertIn("READY=1", told)
            self.assertEqual(told[-1], "WATCHDOG=1")
            bridge.reload()
            while (word := manager.recv(256).decode()) == "WATCHDOG=1":
                pass
            self.assertRegex(word, r"\ARELOADING=1\nMONOTONIC_USEC=\d+\Z")
            while (word := manager.recv(256).decode()) == "WATCHDOG=1":
                pass
            self.assertEqual(word, "READY=1")
            self.assertEqual(bridge.stop(), 0)
            while (word := manager.recv(256).decode()) == "WATCHDOG=1":
                pass
            self.assertEqual(word, "STOPPING=1")

    def test_priorities_for_the_journal(self):
        with open(self.path("journal"), "w+") as journal:
            is_at = os.fstat(journal.fileno())
            stream = f"{is_at.st_dev}:{is_at.st_ino}"
            process = subprocess.Popen(
                [MEPD, "--meter", "/nowhere", "--key", KEY, "--http", "127.0.0.1:0",
                 "--data", self.path("data")],
                stderr=journal, stdin=subprocess.DEVNULL, env={**ENV, "JOURNAL_STREAM": stream})
            self.addCleanup(process.kill)

            def text():
                with open(self.path("journal")) as file:
                    return file.read()

            self.wait(lambda: "trying again" in text())
            self.assertEqual(stop(process, signal.SIGTERM), 0)
            self.assertRegex(text(), r"(?m)^<6>listening on ")
            self.assertRegex(text(), r"(?m)^<4>meter: /nowhere: No such file")


if __name__ == "__main__":
    main()
