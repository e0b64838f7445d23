"""mepd killed at random moments: bridge_kill.py BIN [TIMES]

Its history can be opened every time, nothing that was committed is lost, and no energy steps back.
"""
import contextlib
import random
import sqlite3
import sys

TIMES = int(sys.argv.pop()) if sys.argv[-1].isdigit() else 8

from bridge import *

METER = 0  # where a point is from
LONGEST_S = 8  # long enough to have asked the meter for its history again


def rows(path):
    """What is committed: {(serial, name, time): (value, source, restarted)}."""
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as history:
        found = history.execute("SELECT serial, name, time, value, source, restarted FROM points"
                                " JOIN series ON series.id = points.series")
        return {row[:3]: row[3:] for row in found}


class Kill(BridgeCase):
    def gave_way(self, place, row, kept, after):
        """A sample may, to what the meter says of that time; its own record never does."""
        new = [other for other, (_, source, _) in after.items()
               if source == METER and other not in kept or other == place]
        return row[1] != METER and any(other[:2] == place[:2] and abs(other[2] - place[2]) < 60
                                       for other in new)

    def assert_rising(self, kept):
        before = {}
        for (serial, name, _), (value, _, restarted) in sorted(kept.items()):
            if name in ("energy_import_wh", "energy_export_wh"):
                self.assertTrue(value >= before.get((serial, name), 0) or restarted, name)
                before[serial, name] = value

    def test_at_random_moments(self):
        seed = int(time.time())
        chance = random.Random(seed)
        meter = self.meter(tcp=True)
        conf = self.write("conf", f"data = {self.path('data')}\nhttp.listen = 127.0.0.1:0\n"
                                  f"history.sample_s = 10\n[meter m]\nuri = {meter.uri}\n"
                                  f"key = {KEY}\n".encode())
        bridge = self.bridge("--config", conf)
        history, kept = self.path("data/history.db"), {}
        self.wait(lambda: len(rows(history)) > 100, 90, "no history")
        for kill in range(TIMES):
            time.sleep(chance.uniform(0, LONGEST_S))
            kept = rows(history)
            bridge.process.kill()
            bridge.process.wait()
            with contextlib.closing(sqlite3.connect(history)) as opened:
                self.assertEqual(opened.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            after = rows(history)
            for place, row in kept.items():
                if after.get(place, row)[:2] != row[:2] or place not in after:
                    self.assertTrue(self.gave_way(place, row, kept, after), (seed, kill, place))
            self.assert_rising(after)
            kept = after
            bridge.start()
        self.wait(bridge.reading)
        self.assertFalse(any("damaged" in name for name in os.listdir(self.path("data"))))
        self.assertTrue(any(source == METER for _, source, _ in kept.values()), "nothing to lose")
        print(f"RESULT killed {TIMES} times: {len(kept)} points, none lost, none lower",
              file=sys.stderr)


if __name__ == "__main__":
    main()
