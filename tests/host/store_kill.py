"""kill -9 at random moments, again and again on the same files: they open every time, nothing that
was committed is lost, and no energy steps back.

    store_kill.py BIN [KILLS [SEED]]

First a program that does nothing but write, killed 200 times in its first 0.4 s; then mepd with
simulated meters, killed KILLS times in its first 8 s, ten of them beside each other. What was
committed is what the program says, or what another process read before. The last lines tell what
was seen.
"""
import concurrent.futures
import contextlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(sys.argv[1])
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 200
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
WRITERS, WRITER_KILLS, BRIDGES = 4, 200, 10
RISING = ("energy_import_wh", "energy_export_wh")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


@contextlib.contextmanager
def database(folder):
    """As another process sees it; None as long as there is none."""
    path = os.path.join(folder, "history.db")
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True) if os.path.exists(path) else None
    try:
        yield db
    finally:
        if db is not None:
            db.close()


def rows(db, since=0):
    """(serial, name, time): (value, source), and whether there are tables at all."""
    if db is None or not db.execute("SELECT * FROM sqlite_schema").fetchall():
        return {}
    return {(serial, name, at): (value, source) for serial, name, at, value, source in db.execute(
        "SELECT serial, name, time, value, source FROM points JOIN series ON series.id = series"
        " WHERE time >= ?", (since,))}


def check_file(folder):
    """The file is whole, and each energy of each meter rises."""
    expect(not [name for name in os.listdir(folder) if "damaged" in name], "called damaged")
    with database(folder) as db:
        if db is None:
            return
        expect(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "integrity")
        if not rows(db, 1 << 62) and not db.execute("SELECT * FROM sqlite_schema").fetchall():
            return
        fallen = db.execute(
            "SELECT count(*) FROM (SELECT value, lag(value) OVER (PARTITION BY series ORDER BY"
            " time) AS before FROM points JOIN series ON series.id = series WHERE name IN (?, ?))"
            " WHERE value < before", RISING).fetchone()[0]
        expect(fallen == 0, f"{fallen} times an energy stepped back")
        marks = db.execute("SELECT count(*) FROM points WHERE restarted != 0").fetchone()[0]
        expect(marks == 0, f"{marks} registers began anew")


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


# ---- The writer --------------------------------------------------------------------------------


def killed_writer(folder, begin, after):
    """From which number on it may not all be there."""
    process = subprocess.Popen([os.path.join(BIN, "store_writer"), folder, str(begin)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(after)
    kill(process)
    said = process.stdout.read().split("\n")[:-1]  # the last one may be cut short
    complaints = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    expect(complaints == "", complaints)
    return int(said[-1]) if said else begin


def check_writer(folder, begin, committed):
    """All before `committed` is there and right. Gives the number to go on with."""
    check_file(folder)
    with database(folder) as db:
        found = rows(db, begin)
    number = begin
    while ("KILLED", "power_import_w", number) in found:
        number += 1
    for k in range(begin, number):
        expect(found[("KILLED", "power_import_w", k)] == (k % 1000, 1), f"power {k}")
    for k in range(begin, committed):
        source = 0 if k % 30 == 0 else 1
        expect(found.get(("KILLED", "energy_import_wh", k)) == (k * 10, source), f"energy {k}")
    expect(number >= committed, f"committed up to {committed}, and {number} is missing")
    return number


def writer_lane(kills, seed):
    chance = random.Random(seed)
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(kills):
            committed = killed_writer(folder, number, chance.uniform(0, 0.4))
            number = check_writer(folder, number, committed)
        check_writer(folder, 0, number)
    return number


# ---- mepd --------------------------------------------------------------------------------------


def killed_mepd(folder, uri, after):
    """What another process saw of its history right before it was killed."""
    process = subprocess.Popen(
        [os.path.join(BIN, "mepd"), "--config", os.path.join(folder, "mepd.conf"), "--meter", uri,
         "--key", "simulated-basic!", "--data", folder, "--http", ""],
        stderr=subprocess.PIPE, text=True)
    time.sleep(after)
    with database(folder) as db:
        seen = rows(db)
    alive = process.poll() is None
    kill(process)
    said = process.stderr.read()
    process.stderr.close()
    expect(alive, said)
    expect("history" not in said, said)
    return seen


def lost(before, after):
    """A sample may give way to what the meter itself recorded; nothing else may."""
    return [key for key, value in before.items()
            if after.get(key) != value and not (value[1] == 1 and after.get(key, (0, 1))[1] == 0)]


def mepd_lane(kills, seed, uri):
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "mepd.conf"), "w") as config:
            config.write("history.sample_s = 10\n")
        for _ in range(kills):
            seen = killed_mepd(folder, uri, chance.uniform(0, 8))
            check_file(folder)
            with database(folder) as db:
                gone = lost(seen, rows(db))
            expect(not gone, f"lost: {gone[:5]} of {len(seen)}")
        with database(folder) as db:
            return len(rows(db))


@contextlib.contextmanager
def meters(count):
    """Where so many simulated meters listen."""
    while True:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        process = subprocess.Popen(
            [os.path.join(BIN, "mepsim"), "--tcp", f"127.0.0.1:{port}", "--meters", str(count),
             "--fast"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if "ready" in process.stdout.readline():
            break
        process.wait()  # one of the ports is somebody's
    try:
        yield [f"tcp://127.0.0.1:{port + i}" for i in range(count)]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


# ---- Both --------------------------------------------------------------------------------------


def side_by_side(lanes, kills, lane, *more):
    """Shares the kills out; what each lane gives."""
    shares = [kills // lanes + (i < kills % lanes) for i in range(lanes)]
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        futures = [pool.submit(lane, share, f"{SEED} {i}", *(m[i] for m in more))
                   for i, share in enumerate(shares)]
        return [future.result() for future in futures]


def main():
    print(f"seed {SEED}", flush=True)
    begun = time.monotonic()
    numbers = side_by_side(WRITERS, WRITER_KILLS, writer_lane)
    expect(min(numbers) > 0, "nothing was written")
    print(f"RESULT a writer killed {WRITER_KILLS} times: opened each time, all of {sum(numbers)} numbers "
          f"committed, {time.monotonic() - begun:.0f} s")
    begun = time.monotonic()
    with meters(BRIDGES) as uris:
        points = side_by_side(BRIDGES, KILLS, mepd_lane, uris)
    expect(sum(points) > 0, "nothing was stored")
    print(f"RESULT mepd killed {KILLS} times: opened each time, all of {sum(points)} points there, "
          f"no energy stepped back, {time.monotonic() - begun:.0f} s")


main()
