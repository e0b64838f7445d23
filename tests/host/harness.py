"""What the tests of the command line share. argv[1]: where the programs are."""
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BIN = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/debug/bin"
MEP = os.path.join(BIN, "mep")
MEPSIM = os.path.join(BIN, "mepsim")
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
KEY = "simulated-basic!"  # mepsim's default MBK
ENV = {k: v for k, v in os.environ.items() if k not in ("MEP_KEY", "NO_COLOR")}


def mep(*args, env=None, timeout=60, **more):
    """Runs mep to its end."""
    return subprocess.run([MEP, *args], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, env={**ENV, **(env or {})}, **more)


def start(*args, env=None, **more):
    return subprocess.Popen([MEP, *args], env={**ENV, **(env or {})},
                            stdin=subprocess.DEVNULL, text=True, **more)


def stop(process, number=signal.SIGINT):
    """Interrupts a process of ours and gives its exit status."""
    process.send_signal(number)
    return process.wait(timeout=20)


def free_port():
    """A port that nobody has, out of the range where outgoing connections get theirs."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


class Meter:
    """A mepsim of our own, on a pseudo-terminal or on loopback."""

    def __init__(self, folder, tcp=False, options=("--fast",)):
        if tcp:
            port = free_port()
            self.uri, where = f"tcp://127.0.0.1:{port}", ["--tcp", f"127.0.0.1:{port}"]
        else:
            self.uri = os.path.join(folder, "meter")
            where = ["--pty", self.uri]
        self.command = [MEPSIM, *where, *options]
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, env=ENV)
        if "ready" not in self.process.stdout.readline():
            raise RuntimeError("mepsim did not become ready")

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None
            # A device that is gone has no name; what the link leads to may soon be another's.
            if os.path.islink(self.uri):
                os.unlink(self.uri)


class TestCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def meter(self, **how):
        meter = Meter(self.folder.name, **how)
        self.addCleanup(meter.kill)
        return meter

    def assert_one_line(self, result, status, *words):
        """It failed as the contract says: exit status, and one line that names the matter."""
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertRegex(result.stderr, r"\Amep: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, result.stderr)


def wait_for(condition, seconds=30):
    """Until the condition holds; false if it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def main():
    unittest.main(verbosity=2)


__all__ = [name for name in dir() if not name.startswith("__")]
