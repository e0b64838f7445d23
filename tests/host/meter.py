"""mep with simulated meters: over a pseudo-terminal, over TCP, and built in."""
import json
import stat

from harness import *

ALWAYS = {"serial", "manufacturer", "model", "firmware", "meter_time", "tariff", "age_ms",
          "energy_import_wh", "energy_export_wh", "power_import_w", "power_export_w",
          "voltage_l1_mv", "current_l1_ma", "frequency_mhz"}


class Read(TestCase):
    def assert_reading(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        reading = json.loads(result.stdout)
        self.assertLessEqual(ALWAYS, set(reading))
        self.assertRegex(reading["meter_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertTrue(0 <= reading["age_ms"] < 5000, reading["age_ms"])
        for name, value in reading.items():
            self.assertIsInstance(value, (int, str))
            self.assertNotIsInstance(value, bool)
        return reading

    def test_built_in(self):
        self.assert_reading(mep("read", "--meter", "sim:", "--json"))

    def test_built_in_ignores_a_key_in_the_environment(self):
        self.assert_reading(mep("read", "--meter", "sim:", "--json", env={"MEP_KEY": "0" * 16}))

    def test_terminal_and_network(self):
        for tcp in (False, True):
            meter = self.meter(tcp=tcp)
            for more in ([], ["--encrypt"]):
                self.assert_reading(mep("read", "--meter", meter.uri, "--key", KEY, "--json",
                                        *more))
            meter.kill()

    def test_at_the_speed_of_a_line(self):
        meter = self.meter(options=("--baud", "2400"))
        self.assert_reading(mep("read", "--meter", meter.uri + "?baud=2400", "--key", KEY,
                                "--json"))

    def test_lines_in_a_pipe(self):
        result = mep("read", "--meter", "sim:")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        values = dict(line.split(" ", 1) for line in result.stdout.splitlines())
        self.assertLessEqual(ALWAYS, set(values))
        int(values["energy_import_wh"])

    def test_meters_of_every_kind(self):
        for model, tiers, phases in (("single", 4, 1), ("old", 4, 3), ("ct", 4, 3),
                                     ("gen4", 4, 3), ("large", 8, 3)):
            with self.subTest(model=model):
                meter = self.meter(tcp=True, options=("--fast", "--model", model))
                reading = self.assert_reading(
                    mep("read", "--meter", meter.uri, "--key", KEY, "--json"))
                for tier in range(1, tiers + 1):
                    self.assertIn(f"energy_import_t{tier}_wh", reading)
                self.assertEqual("power_import_l1_w" in reading, model != "old")
                meter.kill()

    def test_through_damage(self):
        meter = self.meter(tcp=True, options=("--fast", "--fault", "flip=0.1", "--fault",
                                              "drop=0.05", "--fault", "alert=0.2"))
        self.assert_reading(mep("read", "--meter", meter.uri, "--key", KEY, "--json"))

    def test_what_fails_is_told(self):
        meter = self.meter()
        not_tty = self.write("file", b"")
        for args, *words in [
                ((meter.uri, "0" * 16), "refuses the key"),
                ((self.path("nonexistent"), KEY), "nonexistent: No such file"),
                ((not_tty, KEY), "no serial line"),
                ((f"tcp://127.0.0.1:{free_port()}", KEY), "Connection refused"),
                (("tcp://nonexistent.invalid:1", KEY), "no such host"),
        ]:
            with self.subTest(args=args):
                for command in ("read", "info", "watch"):
                    if command == "watch" and args[0] == meter.uri:
                        continue  # it waits for a better key
                    result = mep(command, "--meter", args[0], "--key", args[1])
                    self.assert_one_line(result, 1, *words)
                    self.assertEqual(result.stdout, "")

    def test_a_line_in_use_is_told(self):
        meter = self.meter()
        watch = start("watch", "--meter", meter.uri, "--key", KEY, "--json",
                      stdout=subprocess.PIPE)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.kill)
        watch.stdout.readline()
        self.assert_one_line(mep("read", "--meter", meter.uri, "--key", KEY), 1,
                             "another program")
        self.assertEqual(stop(watch), 0)

    def test_silence_is_told(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            result = mep("read", "--key", KEY, "--meter",
                         f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        self.assert_one_line(result, 1, "complete reading")

    def test_a_device_that_vanishes(self):
        meter = self.meter(options=())
        read = start("read", "--meter", meter.uri, "--key", KEY, stderr=subprocess.PIPE,
                     stdout=subprocess.PIPE)
        time.sleep(0.7)
        meter.kill()
        out, err = read.communicate(timeout=20)
        self.assertEqual((read.returncode, out), (1, ""))
        self.assertRegex(err, r"\Amep: [^\n]+/meter: [^\n]+\n\Z")

    def test_interrupted(self):
        meter = self.meter(options=())
        read = start("read", "--meter", meter.uri, "--key", KEY, stderr=subprocess.PIPE)
        time.sleep(0.7)
        read.send_signal(signal.SIGINT)
        _, err = read.communicate(timeout=20)
        self.assertEqual((read.returncode, err.count("\n")), (1, 1))


class InfoAndTable(TestCase):
    def test_info(self):
        meter = self.meter()
        result = mep("info", "--meter", meter.uri, "--json", env={"MEP_KEY": KEY})
        info = json.loads(result.stdout)
        self.assertEqual((result.returncode, info["link"]), (0, "ok"))
        self.assertEqual((info["summations"], info["tiers"]), (11, 4))
        lines = mep("info", "--meter", meter.uri, "--key", KEY).stdout
        self.assertRegex(lines, rf"(?m)^serial +{info['serial']}$")

    def test_tables(self):
        meter = self.meter(tcp=True, options=("--fast", "--model", "large"))
        for name in ("BT00", "BT15", "BT52", "ET04", "ET13", "ET42"):
            result = mep("table", name, "--meter", meter.uri, "--key", KEY, "--json")
            with self.subTest(name=name):
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertTrue(json.loads(result.stdout)["values"])
        self.assert_one_line(mep("table", "ET70", "--meter", "sim:"), 1, "ET70")
        result = mep("table", "BT23", "--meter", meter.uri, "--key", KEY, "--json")
        self.assertIn("energy_import_t8_wh", json.loads(result.stdout)["values"])
        result = mep("table", "BT01", "--meter", meter.uri, "--key", KEY)
        self.assertRegex(result.stdout, r"(?m)^  firmware +4\.30")


class Watch(TestCase):
    def test_lines(self):
        watch = start("watch", "--meter", "sim:", stdout=subprocess.PIPE)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.kill)
        for _ in range(2):
            self.assertRegex(watch.stdout.readline(),
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  import \d+ W  export \d+ W  L1 ")
        self.assertEqual(stop(watch, signal.SIGTERM), 0)

    def test_an_object_a_second_as_soon_as_it_is_verified(self):
        watch = start("watch", "--meter", "sim:", "--json", stdout=subprocess.PIPE)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.kill)
        times, ages = [], []
        for _ in range(4):
            reading = json.loads(watch.stdout.readline())
            times.append(time.monotonic())
            ages.append(reading["age_ms"])
        self.assertLess(min(ages), 500)  # BT28 takes 320 ms on the line
        self.assertAlmostEqual((times[3] - times[0]) / 3, 1, delta=0.5)
        self.assertEqual(stop(watch), 0)

    def test_recovers_when_the_meter_comes_back(self):
        def lines():
            with open(self.path("out"), encoding="utf-8") as file:
                return file.read().count("\n")

        for tcp in (False, True):
            meter = self.meter(tcp=tcp)
            with open(self.path("out"), "w", encoding="utf-8") as out, \
                    open(self.path("err"), "w", encoding="utf-8") as err:
                watch = start("watch", "--meter", meter.uri, "--key", KEY, "--json",
                              stdout=out, stderr=err)
            self.addCleanup(watch.kill)
            self.assertTrue(wait_for(lambda: lines() > 0))
            meter.kill()
            time.sleep(1.5)
            before = lines()
            meter.start()
            self.assertTrue(wait_for(lambda: lines() > before + 1))
            self.assertEqual(stop(watch), 0)
            with open(self.path("err"), encoding="utf-8") as err:
                self.assertIn("trying again", err.read())
            meter.kill()

    def test_a_reader_that_leaves_ends_it(self):
        watch = start("watch", "--meter", "sim:", "--json", stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL)
        self.addCleanup(watch.kill)
        watch.stdout.readline()
        watch.stdout.close()
        self.assertNotEqual(watch.wait(timeout=10), 0)


class Capture(TestCase):
    def capture(self, *more, seconds=4, number=signal.SIGINT):
        path = self.path("c.pcapng")
        with open(self.path("err"), "w+", encoding="utf-8") as err:
            process = start("capture", path, *more, stderr=err)
            time.sleep(seconds)
            status = stop(process, number)
            err.seek(0)
            return path, status, err.read()

    def test_round_trip(self):
        for encrypt in ([], ["--encrypt"]):
            path, status, err = self.capture("--meter", "sim:", *encrypt)
            self.assertEqual(status, 0)
            self.assertIn("key material", err)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            result = mep("decode", path, "--key", KEY)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            items = [json.loads(line) for line in result.stdout.splitlines()]
            whole = [item for item in items if item.get("digest") == "ok"]
            self.assertGreater(len(whole), 15)
            self.assertIn("energy_import_wh", next(i for i in whole if i["table"] == "BT23")
                          ["values"])
            self.assertGreaterEqual(len(whole), len(items) - 2)  # the last may be cut

            wrong = mep("decode", path, "--key", "0" * 16)
            self.assertEqual(wrong.returncode, 1)
            self.assertNotIn('"values"', wrong.stdout)
            unchecked = mep("decode", path)
            self.assertEqual('"values"' in unchecked.stdout, not encrypt)
            self.assertNotIn('"ok"', unchecked.stdout)

    def test_dimensions_are_learnt_from_it(self):
        meter = self.meter(tcp=True, options=("--fast", "--model", "large"))
        path, status, _ = self.capture("--meter", meter.uri, "--key", KEY)
        self.assertEqual(status, 0)
        self.assertIn("energy_import_t8_wh", mep("decode", path, "--key", KEY).stdout)

    def test_over_an_old_file_only_the_owner_reads_it(self):
        path = self.write("c.pcapng", b"old")
        os.chmod(path, 0o644)
        self.assertEqual(self.capture("--meter", "sim:", seconds=1)[1], 0)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_killed_it_is_still_readable(self):
        path, _, _ = self.capture("--meter", "sim:", number=signal.SIGKILL)
        self.assertEqual(mep("decode", path, "--key", KEY).returncode, 0)
        with open(path, "r+b") as file:
            file.truncate(os.path.getsize(path) - 5)
        result = mep("decode", path, "--key", KEY)
        self.assert_one_line(result, 1, "ends within a block")
        self.assertIn('"digest":"ok"', result.stdout)

    def test_disk_full(self):
        result = mep("capture", "/dev/full", "--meter", "sim:")
        self.assertEqual(result.returncode, 1)
        self.assertIn("could not be written", result.stderr)

    def test_wireshark_opens_it(self):
        path, _, err = self.capture("--meter", "sim:")
        packets = int(re.search(r"(\d+) packets in", err)[1])
        result = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e",
                                 "frame.packet_flags_direction", "-e", "frame.len"],
                                capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in result.stdout.splitlines()]
        self.assertEqual(len(rows), packets)
        directions = [int(row[0], 0) for row in rows]
        self.assertEqual(set(directions), {1, 2})
        self.assertEqual(directions[:2], [2, 1])
        self.assertEqual(rows[0][1], "22")


if __name__ == "__main__":
    main()
