"""mep profile against simulated meters: what it prints, since when, and what goes wrong."""
import datetime
import json

from harness import *


def utc(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(
        tzinfo=datetime.timezone.utc)


def text_of(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def hours_ago(hours):
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.replace(minute=0, second=0, microsecond=0) - datetime.timedelta(hours=hours)


class Profile(TestCase):
    def test_recent_hours_as_objects(self):
        since = hours_ago(10)
        result = mep("profile", "--meter", "sim:", "--since", text_of(since), "--json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertIn(len(rows), (10, 11))
        expected = since
        for before, row in zip([None, *rows], rows):
            expected += datetime.timedelta(hours=1)
            self.assertEqual(utc(row["time"]), expected)
            self.assertEqual(list(row), ["time", "energy_import_wh", "energy_export_wh", "flags"])
            self.assertEqual(row["flags"], [])
            if before:
                self.assertGreater(row["energy_import_wh"], before["energy_import_wh"])
                self.assertGreaterEqual(row["energy_export_wh"], before["energy_export_wh"])

    def test_consistent_with_the_registers(self):
        meter = self.meter(options=("--fast", "--seed", "5"))
        args = ("--meter", meter.uri, "--key", KEY, "--json")
        rows = mep("profile", *args, "--since", text_of(hours_ago(3))).stdout.splitlines()
        last, now = json.loads(rows[-1]), json.loads(mep("read", *args).stdout)
        grown = now["energy_import_wh"] - last["energy_import_wh"]
        self.assertTrue(0 <= grown < 12000, grown)
        # The same again, but for what came since, encrypted, with an offset from UTC.
        local = last["time"].replace("Z", "+00:00")
        more = mep("profile", *args, "--encrypt", "--since", local).stdout.splitlines()
        self.assertLessEqual(len(more), 1)

    def test_months(self):
        meter = self.meter(options=("--fast",))
        result = mep("profile", "--meter", meter.uri, "--key", KEY, "--json", timeout=120)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertGreater(len(rows), 1300)
        times = [utc(row["time"]) for row in rows]
        self.assertGreaterEqual((times[-1] - times[0]).days, 60)
        self.assertEqual(times, sorted(set(times)))
        # Where hours are missing there was no power, and the next one says so.
        gaps = 0
        for i in range(1, len(rows)):
            if times[i] - times[i - 1] != datetime.timedelta(hours=1):
                self.assertIn("power_fail", rows[i]["flags"])
                gaps += 1
        self.assertGreater(sum("power_fail" in row["flags"] for row in rows), 0)

    def test_lines_for_people(self):
        result = mep("profile", "--meter", "sim:", "--since", text_of(hours_ago(3)))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        title, *lines = result.stdout.splitlines()
        self.assertEqual(title.split(), ["time", "energy_import_wh", "energy_export_wh", "flags"])
        self.assertIn(len(lines), (3, 4))
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:00:00Z +\d+ +\d+  -$")
            self.assertEqual(len(line), len(title) - len("flags") + 1)

    def test_nothing_new(self):
        result = mep("profile", "--meter", "sim:", "--since", "2099-01-01T00:00:00Z")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))


class Wrong(TestCase):
    def test_since(self):
        for time in ("", "yesterday", "2026-01-31", "2026-01-31T18:00:00", "2026-02-30T00:00:00Z",
                     "2026-01-31T18:00:00+1", "2026-01-31T18:00:00Zz", "1999-12-31T23:59:59Z"):
            result = mep("profile", "--meter", "sim:", "--since", time)
            self.assert_one_line(result, 2, "--since", "2026-01-31T18:00:00Z")
        self.assert_one_line(mep("read", "--meter", "sim:", "--since", "x"), 2, "--since")

    def test_link(self):
        self.assert_one_line(mep("profile", "--key", KEY), 2, "no meter")
        self.assert_one_line(mep("profile", "--meter", "/dev/ttyUSB0"), 2, "no key")
        self.assert_one_line(mep("profile", "--meter", self.path("none"), "--key", KEY), 1, "none")
        meter = self.meter()
        self.assert_one_line(mep("profile", "--meter", meter.uri, "--key", "x" * 16), 1,
                             "no load profile", "key")


if __name__ == "__main__":
    main()
