"""What the tests of mepd share: mepd itself, asked over HTTP."""
import http.client
import json
import threading

from harness import *

MEPD = os.path.join(BIN, "mepd")
PASSWORD = "correct horse battery"


def mepd(*args, env=None, timeout=60, **more):
    """Runs mepd to its end."""
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([MEPD, *args], capture_output=True, text=True, timeout=timeout,
                          env={**ENV, **(env or {})}, **more)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


class Bridge:
    """A mepd of our own, on a port that the system chose; its log is kept."""

    def __init__(self, folder, *options, env=None):
        self.options, self.env = options, {**ENV, **(env or {})}
        if "--data" not in options:
            self.options += ("--data", os.path.join(folder, "data"))
        if "--http" not in options and "--config" not in options:
            self.options += ("--http", "127.0.0.1:0")
        self.lines, self.process, self.port = [], None, None
        self.start()

    def start(self):
        self.port = None
        self.process = subprocess.Popen([MEPD, *self.options], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, env=self.env)
        self.reader = threading.Thread(target=self.read_log, args=[self.process.stderr],
                                       daemon=True)
        self.reader.start()
        if not wait_for(lambda: self.port or self.process.poll() is not None) or not self.port:
            raise RuntimeError("mepd does not listen:\n" + self.log())

    def read_log(self, stream):
        with stream:
            for line in stream:
                self.lines.append(line.rstrip("\n"))
                listens = re.search(r"listening on http://.*:(\d+)/", line)
                if listens:
                    self.port = int(listens[1])

    def log(self):
        return "\n".join(self.lines)

    def logged(self, pattern, since=0):
        return any(re.search(pattern, line) for line in self.lines[since:])

    def ask(self, path, method="GET", body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            if isinstance(body, dict):
                body = json.dumps(body)
                headers = {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def reading(self, meter=""):
        """The newest one; None if none is fresh."""
        answer = self.ask("/api/v1/latest" + (f"?meter={meter}" if meter else ""))
        return answer.json() if answer.status == 200 else None

    def link(self, meter=""):
        return self.ask("/api/v1/link" + (f"?meter={meter}" if meter else "")).json()

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def reload(self):
        """SIGHUP; returns from where on the log tells of it."""
        since = len(self.lines)
        self.process.send_signal(signal.SIGHUP)
        if not wait_for(lambda: self.logged("read again|stays as it was", since)):
            raise RuntimeError("no word about the configuration:\n" + self.log())
        return since

    def stop(self, number=signal.SIGTERM):
        """Its exit status."""
        if self.process is None:
            return None
        status = stop(self.process, number)
        self.reader.join(10)
        self.process = None
        return status


class Session:
    """Somebody who has logged in."""

    def __init__(self, bridge, password=PASSWORD):
        self.bridge = bridge
        answer = bridge.ask("/api/v1/session", "POST", {"password": password})
        self.status = answer.status
        self.headers = {}
        if answer.status == 200:
            self.headers = {"Cookie": answer.headers["Set-Cookie"].split(";")[0],
                            "X-CSRF-Token": answer.json()["csrf"]}

    def ask(self, path, method="GET", body=None):
        return self.bridge.ask(path, method, body, self.headers)

    def change(self, **settings):
        return self.ask("/api/v1/config", "PATCH", settings)


class BridgeCase(TestCase):
    def bridge(self, *options, **more):
        bridge = Bridge(self.folder.name, *options, **more)
        self.addCleanup(self.end, bridge)
        return bridge

    def end(self, bridge):
        """Cleanly, and so that the sanitizers of such a build have nothing to say."""
        status = bridge.stop()
        self.assertIn(status, (None, 0), bridge.log())
        self.assertNotIn(KEY, bridge.log())
        self.assertNotIn(PASSWORD, bridge.log())

    def wait(self, condition, seconds=30, why=""):
        self.assertTrue(wait_for(condition, seconds), why)

    def assert_line(self, result, status, *words):
        """It failed as the contract says: exit status, and one line that names the matter."""
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertRegex(result.stderr, r"\Amepd: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, result.stderr)


__all__ = [name for name in dir() if not name.startswith("__")]
