#!/usr/bin/env python3
"""What mepd costs and how quick it is, with simulated meters and a real broker.

    tests/bench/mepd.py BIN one SECONDS [--judge]       a meter, read every second
    tests/bench/mepd.py BIN hundred SECONDS [--judge]   a hundred meters, each read every 10 s

`one` puts itself between meter and mepd to see the last byte of each answer pass, and subscribes to
the broker and to the server-sent events: latency is from that byte to the news. CPU time and memory
are those that the kernel tells of the process. With --judge the exit status is 1 when a limit of
LIMITS is missed; without, figures are printed only.
"""
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

KEY = "simulated-basic!"  # mepsim's default MBK
LIMITS = {"cpu_percent": 1.0, "resident_mb": 16.0, "latency_ms": 10.0, "late_s": 11.0}
SETTLE_S = 5  # from the first reading on, until figures are taken


def free_ports(count):
    """A row of ports that were free a moment ago."""
    for first in range(20000, 60000, count + 7):
        held = []
        try:
            for port in range(first, first + count):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
    sys.exit("bench: no free ports")


class Programs:
    """What runs beside us; ended in reverse order."""

    def __init__(self):
        self.running = []

    def start(self, *command):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.running.append(process)
        return process

    def end(self):
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
            process.wait()


def quiet(process):
    """Nobody wants what a program prints from now on: let it go nowhere instead of blocking it."""
    threading.Thread(target=process.stdout.read, daemon=True).start()


async def connect(port, seconds=20):
    end = time.monotonic() + seconds
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > end:
                sys.exit(f"bench: nothing listens on port {port}")
            await asyncio.sleep(0.1)


# ---- Between meter and mepd --------------------------------------------------------------------


class Passage:
    """Hands bytes on and notes when the meter's last ones passed."""

    def __init__(self, meter_port):
        self.meter_port = meter_port
        self.last_byte = 0.0

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        meter_reader, meter_writer = await connect(self.meter_port)
        try:
            await asyncio.gather(self.copy(reader, meter_writer, False),
                                 self.copy(meter_reader, writer, True))
        except asyncio.CancelledError:
            writer.close()  # the run is over

    async def copy(self, source, sink, from_meter):
        while data := await source.read(65536):
            sink.write(data)
            if from_meter:
                self.last_byte = time.monotonic()
        sink.close()


# ---- Those who wait for news -------------------------------------------------------------------


class Latencies:
    def __init__(self, passage):
        self.passage = passage
        self.ms = []

    def news(self):
        self.ms.append((time.monotonic() - self.passage.last_byte) * 1000)

    def at(self, share):
        if not self.ms:
            return float("inf")  # news that never came
        return sorted(self.ms)[min(len(self.ms) - 1, int(len(self.ms) * share))]

    def text(self):
        return (f"{len(self.ms)} times, median {self.at(0.5):.2f} ms, 99 % within "
                f"{self.at(0.99):.2f} ms, longest {self.at(1):.2f} ms")


async def watch_events(port, latencies):
    reader, writer = await connect(port)
    writer.write(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    while line := await reader.readline():
        if line.strip() == b"event: reading":
            latencies.news()


def mqtt_packet(kind, body):
    assert len(body) < 128
    return bytes([kind, len(body)]) + body


def mqtt_text(text):
    return len(text).to_bytes(2, "big") + text.encode()


async def watch_mqtt(port, latencies):
    reader, writer = await connect(port)
    writer.write(mqtt_packet(0x10, mqtt_text("MQTT") + b"\x04\x02\x00\x00" + mqtt_text("bench")))
    writer.write(mqtt_packet(0x82, b"\x00\x01" + mqtt_text("meplink/+/state") + b"\x00"))
    while True:
        kind = (await reader.readexactly(1))[0]
        size = shift = 0
        while True:
            byte = (await reader.readexactly(1))[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        await reader.readexactly(size)
        if kind >> 4 == 3:
            latencies.news()


# ---- What the kernel tells ---------------------------------------------------------------------


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid):
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return [int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")], \
        int(fields["Threads"])


async def get(port, path):
    reader, writer = await connect(port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    head, body = answer.split(b"\r\n\r\n", 1)
    return int(head.split()[1]), json.loads(body)


async def meters(port):
    return (await get(port, "/api/v1/meters"))[1]["meters"]


async def until_all_read(port, count, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if sum("age_ms" in meter for meter in await meters(port)) == count:
            return
        await asyncio.sleep(0.5)
    sys.exit("bench: not every meter was read in time")


# ---- The runs ----------------------------------------------------------------------------------


def start_all(programs, folder, bin_folder, count, uri_of, period_s):
    broker, http = free_ports(1), free_ports(2) + 1
    with open(os.path.join(folder, "mosquitto.conf"), "w") as file:
        file.write(f"listener {broker} 127.0.0.1\nallow_anonymous true\n")
    programs.start("mosquitto", "-c", file.name)
    with open(os.path.join(folder, "mepd.conf"), "w") as file:
        file.write(f"http.listen = 127.0.0.1:{http}\ndata = {folder}\n"
                   f"mqtt.url = mqtt://127.0.0.1:{broker}\nmqtt.power_min_s = 0\n")
        for i in range(count):
            file.write(f"[meter m{i}]\nuri = {uri_of(i)}\nkey = {KEY}\nperiod_s = {period_s}\n")
    os.chmod(file.name, 0o600)
    mepd = programs.start(os.path.join(bin_folder, "mepd"), "--config", file.name)
    quiet(mepd)
    return mepd.pid, http, broker


async def start_meters(programs, bin_folder, count):
    first = free_ports(count)
    process = programs.start(os.path.join(bin_folder, "mepsim"), "--tcp", f"127.0.0.1:{first}",
                             "--meters", str(count), "--realtime")
    while b"ready" not in (line := process.stdout.readline()):
        if not line:
            sys.exit("bench: mepsim did not become ready")
    quiet(process)
    return first


def judge(what, value, limit):
    return [] if value <= limit else [f"{what}: {value:.2f}, and {limit:g} is the limit"]


async def run_one(programs, folder, bin_folder, seconds):
    passage = Passage(await start_meters(programs, bin_folder, 1))
    port = await passage.listen()
    pid, http, broker = start_all(programs, folder, bin_folder, 1,
                                  lambda i: f"tcp://127.0.0.1:{port}", 1)
    await until_all_read(http, 1)
    await asyncio.sleep(SETTLE_S)
    events, mqtt = Latencies(passage), Latencies(passage)
    tasks = [asyncio.create_task(watch_events(http, events)),
             asyncio.create_task(watch_mqtt(broker, mqtt))]
    await asyncio.sleep(1)
    events.ms.clear()  # the first event is what was there already
    cpu, begun = cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds)
    share = (cpu_seconds(pid) - cpu) / (time.monotonic() - begun) * 100
    (resident, most), threads = memory_mb(pid)
    for task in tasks:
        task.cancel()
    print(f"RESULT a reading a second for {seconds} s: {share:.2f} % of a core, {resident:.1f} MB "
          f"resident ({most:.1f} MB at most), {threads} threads")
    print(f"RESULT last byte of the answer to event: {events.text()}")
    print(f"RESULT last byte of the answer to MQTT: {mqtt.text()}")
    return (judge("CPU in percent", share, LIMITS["cpu_percent"]) +
            judge("MB resident", most, LIMITS["resident_mb"]) +
            judge("ms to the event", events.at(0.99), LIMITS["latency_ms"]) +
            judge("ms to MQTT", mqtt.at(0.99), LIMITS["latency_ms"]))


async def run_hundred(programs, folder, bin_folder, seconds):
    count = 100
    first = await start_meters(programs, bin_folder, count)
    pid, http, _ = start_all(programs, folder, bin_folder, count,
                             lambda i: f"tcp://127.0.0.1:{first + i}", 10)
    await until_all_read(http, count)
    cpu, begun = cpu_seconds(pid), time.monotonic()
    oldest = looks = 0
    while time.monotonic() < begun + seconds:
        ages = [meter.get("age_ms", 10**9) for meter in await meters(http)]
        oldest, looks = max(oldest, *ages), looks + 1
        await asyncio.sleep(0.25)
    share = (cpu_seconds(pid) - cpu) / (time.monotonic() - begun) * 100
    (resident, most), threads = memory_mb(pid)
    print(f"RESULT {count} meters, each read every 10 s, for {seconds} s: no reading older than "
          f"{oldest / 1000:.2f} s in {looks} looks; {share:.2f} % of a core, {resident:.1f} MB "
          f"resident ({most:.1f} MB at most), {threads} threads")
    return judge("seconds since a reading", oldest / 1000, LIMITS["late_s"])


def main():
    arguments = [a for a in sys.argv[1:] if a != "--judge"]
    runs = {"one": run_one, "hundred": run_hundred}
    if len(arguments) != 3 or arguments[1] not in runs or not arguments[2].isdigit():
        sys.exit(__doc__)
    programs = Programs()
    with tempfile.TemporaryDirectory() as folder:
        try:
            missed = asyncio.run(runs[arguments[1]](programs, folder, arguments[0],
                                                    int(arguments[2])))
        finally:
            programs.end()
    for line in missed:
        print(line)
    if missed and "--judge" in sys.argv:
        sys.exit(1)


main()
