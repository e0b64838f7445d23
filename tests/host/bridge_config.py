"""mepd's command line and its configuration: read, refused, changed, read again."""
import stat

from bridge import *


class CommandLine(BridgeCase):
    def test_help_and_version(self):
        for word, shown in (("--help", "usage: mepd"), ("--version", "mepd ")):
            result = mepd(word)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn(shown, result.stdout)

    def test_what_makes_no_sense(self):
        for arguments, words in (
                (["--what"], ["--what", "--check-config"]),
                (["--http"], ["--http needs a value"]),
                (["--manual=1"], ["--manual takes no value"]),
                (["-x"], ["-x is not understood"]),
                (["word"], ["1 argument too many"]),
                (["--http", "nowhere", "--check-config"], ["--http: ", "127.0.0.1:8080"]),
                (["--mqtt", "http://host", "--check-config"], ["--mqtt: ", "mqtt://HOST"]),
                (["--meter", "tcp://x", "--key", KEY, "--check-config"], ["port"]),
                (["--meter", "/dev/ttyUSB0", "--check-config"], ["meter.meter.key: "]),
                (["--meter", "/dev/ttyUSB0", "--key", "short", "--check-config"], ["--key: "]),
                (["--key", KEY, "--check-config"], ["meter.meter.uri: "]),
                (["--config", self.path("none"), "--check-config"], ["none: No such file"])):
            with self.subTest(arguments=arguments):
                self.assert_line(mepd("--data", self.path("data"), *arguments), 2, *words)

    def test_a_key_is_never_quoted(self):
        for key in ("not hex but as long as it has to", "secretsecretsecretsecretsecret"):
            for arguments in (["--key", key], ["--key=" + key], ["--kee=" + key]):
                result = mepd("--meter", "/dev/null", *arguments, "--check-config")
                self.assert_line(result, 2)
                self.assertNotIn(key, result.stderr)

    def test_a_key_in_the_environment(self):
        where = ["--data", self.path("data"), "--check-config"]
        good = mepd("--meter", "/dev/ttyUSB0", *where, env={"MEP_KEY": KEY})
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        self.assert_line(mepd("--meter", "/dev/ttyUSB0", *where, env={"MEP_KEY": "short"}), 2)
        for arguments in ([], ["--meter", "sim:"]):  # nobody it is for
            result = mepd(*arguments, *where, env={"MEP_KEY": "short"})
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_directory_that_cannot_be(self):
        self.write("file", b"")
        result = mepd("--meter", "sim:", "--http", "127.0.0.1:0", "--data", self.path("file/data"))
        self.assert_line(result, 1, "data: ", "--data DIR")

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            where = f"127.0.0.1:{taken.getsockname()[1]}"
            result = mepd("--meter", "sim:", "--http", where, "--data", self.path("data"))
            self.assert_line(result, 1, "http.listen: ", where, "in use")


class File(BridgeCase):
    def check(self, text):
        return mepd("--config", self.write("conf", text.encode()), "--check-config")

    def test_line_and_key_of_what_is_wrong(self):
        for text, words in (
                ("# all well\n\nmqtt.url = http://x\n", ["conf:3: mqtt.url: "]),
                ("mqtt.port = 1883\n", ["conf:1: mqtt.port: "]),
                ("[meter house]\nuri = sim:\nperiod_s = 0\n", ["conf:3: meter.house.period_s: "]),
                ("[meter a b]\n", ["conf:1: "]),
                ("what\n", ["conf:1: "]),
                ("[meter house]\nuri = /dev/ttyUSB0\n", ["meter.house.key: "]),
                ("[meter house]\nuri = com1:\nkey = 0123456789abcdef\n", ["meter.house.uri: "]),
                ("[meter house]\nuri = /dev/ttyUSB0\nkey = @/nowhere\n",
                 ["meter.house.key: ", "/nowhere", "No such file"])):
            with self.subTest(text=text):
                self.assert_line(self.check(text), 2, *words)

    def test_right(self):
        self.write("key", KEY.encode() + b"\n")
        result = self.check(f"[meter house]\nuri = /dev/ttyUSB0\nkey = @{self.path('key')}\n")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("1 meter", result.stdout)

    def test_a_key_file_with_no_key(self):
        for content in (b"", b"short\n", b"x" * 1000):
            self.write("key", content)
            result = self.check(f"[meter h]\nuri = /dev/ttyUSB0\nkey = @{self.path('key')}\n")
            self.assert_line(result, 2, "meter.h.key: ")

    def test_the_manual_is_a_file(self):
        manual = mepd("--manual")
        self.assertEqual((manual.returncode, manual.stderr), (0, ""))
        for key in ("http.listen", "mqtt.url", "history.sample_s", "period_s"):
            self.assertIn(key, manual.stdout)
        result = self.check(manual.stdout)
        self.assertEqual((result.returncode, result.stderr), (0, ""))


    def test_the_manual_page_has_every_key(self):
        man = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "man")
        made = subprocess.run([os.path.join(man, "mepd.conf.py")], input=mepd("--manual").stdout,
                              capture_output=True, text=True, check=True).stdout
        with open(os.path.join(man, "mepd.conf.5")) as page:
            self.assertEqual(page.read(), made)


class SetPassword(BridgeCase):
    def set(self, text, *options):
        with open(self.write("password", text.encode())) as password:
            return mepd("--set-password", *options, stdin=password)

    def test_a_new_file(self):
        os.mkdir(self.path("data"))
        result = self.set(PASSWORD + "\n", "--data", self.path("data"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        conf = self.path("data/mepd.conf")
        self.assertIn(conf, result.stdout)
        self.assertEqual(stat.S_IMODE(os.stat(conf).st_mode), 0o600)
        with open(conf) as file:
            text = file.read()
        self.assertRegex(text, r"\Ahttp.password = pbkdf2-sha256\$600000\$[0-9a-f]{32}\$[0-9a-f]{64}\n")
        self.assertNotIn(PASSWORD, text)
        self.assertEqual(os.listdir(self.path("data")), ["mepd.conf"])

    def test_a_file_that_is_there(self):
        before = "# mine\nlanguage = da  # Danish\n\n[meter house]\nuri = sim:\n"
        conf = self.write("conf", before.encode())
        os.chmod(conf, 0o640)
        os.symlink(conf, self.path("link"))
        self.assertEqual(self.set(PASSWORD + "\n", "--config", self.path("link")).returncode, 0)
        with open(conf) as file:
            after = file.read().splitlines()
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual(stat.S_IMODE(os.stat(conf).st_mode), 0o640)
        self.assertEqual([line for line in after if "password" not in line], before.splitlines())

    def test_what_is_no_password(self):
        conf = self.write("conf", b"")
        for text in ("", "\n", "short\n"):
            self.assert_line(self.set(text, "--config", conf), 2, "accepted")
        self.assertEqual(os.stat(conf).st_size, 0)

    def test_a_file_that_is_wrong_stays(self):
        conf = self.write("conf", b"mqtt.port = 1\n")
        self.assert_line(self.set(PASSWORD + "\n", "--config", conf), 1, "conf:1: mqtt.port")
        with open(conf) as file:
            self.assertEqual(file.read(), "mqtt.port = 1\n")


class Reload(BridgeCase):
    def configure(self, text):
        self.write("conf", text.encode())

    def test_meters_come_and_go(self):
        house, garage = "[meter house]\nuri = sim:\n", "[meter garage]\nuri = {}\nkey = {}\n"
        meter = self.meter(tcp=True)
        garage = garage.format(meter.uri, KEY)
        self.configure(house)
        bridge = self.bridge("--config", self.path("conf"), "--http", "127.0.0.1:0")
        self.wait(bridge.reading)
        readings = bridge.link()["counters"]["readings"]

        self.configure(garage + house)
        bridge.reload()
        self.wait(lambda: bridge.reading("garage"))
        # That one was not touched: its counts went on.
        self.assertGreaterEqual(bridge.link("house")["counters"]["readings"], readings)
        self.assertEqual(bridge.link("house")["counters"]["setups"], 1)
        self.assertEqual([m["id"] for m in bridge.ask("/api/v1/meters").json()["meters"]],
                         ["garage", "house"])

        self.configure(garage)
        bridge.reload()
        self.assertEqual(bridge.ask("/api/v1/latest?meter=house").status, 404)
        self.configure("")
        bridge.reload()
        self.assertEqual(bridge.ask("/api/v1/meters").json(), {"meters": []})

    def test_what_is_wrong_changes_nothing(self):
        self.configure("[meter house]\nuri = sim:\n")
        bridge = self.bridge("--config", self.path("conf"), "--http", "127.0.0.1:0")
        self.wait(bridge.reading)
        self.configure("[meter house]\nuri = sim:\nperiod = 2\n")
        since = bridge.reload()
        self.assertTrue(bridge.logged(r"conf:3: meter\.house\.period: ", since))
        self.assertTrue(bridge.logged("stays as it was", since))
        self.assertIsNotNone(bridge.reading())
        os.remove(self.path("conf"))
        since = bridge.reload()
        self.assertTrue(bridge.logged("No such file", since))

    def test_another_address(self):
        first, second = free_port(), free_port()
        text = "http.listen = 127.0.0.1:{}\n[meter house]\nuri = sim:\n"
        self.configure(text.format(first))
        bridge = self.bridge("--config", self.path("conf"))
        self.assertEqual(bridge.port, first)
        self.configure(text.format(second))
        bridge.reload()
        self.wait(lambda: bridge.port == second)
        self.wait(bridge.reading)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", first)).close()
        # The same port of every address: ours is in the way, and is not for long.
        self.configure(text.format(second).replace("127.0.0.1", "0.0.0.0"))
        since = bridge.reload()
        self.wait(lambda: bridge.logged("listening on http://0.0.0.0:", since))
        self.assertTrue(bridge.logged("no password", since))
        self.assertIsNotNone(bridge.reading())
        # One that somebody else has.
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.configure(text.format(taken.getsockname()[1]))
            since = bridge.reload()
            self.assertTrue(bridge.logged("http.listen: .*in use", since))
            self.assertIsNotNone(bridge.reading())


if __name__ == "__main__":
    main()
