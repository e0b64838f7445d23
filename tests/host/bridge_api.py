"""The API of a running mepd, held against docs/api/openapi.json."""
import copy

import openapi
from bridge import *

BROKER_PASSWORD = "br0ker-p4ss"


class Checker(unittest.TestCase):
    """That it finds what is wrong: a test that cannot fail is none."""

    ANSWERS = {
        "/api/v1/session": {"login": False, "password_set": True, "public": True},
        "/api/v1/ui": {"software": "mepd", "version": "1", "language": "en", "currency": "EUR",
                       "cost_import": 1.5, "cost_export": 0, "cost_fixed": 0, "login": False,
                       "password_set": False, "public": True},
        "/api/v1/latest": {"serial": "1", "age_ms": 1, "power_import_w": 3, "tariff": 1,
                           "meter_time": "2024-01-01T00:00:00Z"},
        "/api/v1/history": {"meter": "a", "resolution": 60, "series": [
            {"name": "x", "unit": "", "kind": "mean", "points": [[1, 2, "meter"], None]}]},
    }

    class Fake:
        def __init__(self, status, content, **headers):
            self.status, self.json = status, content
            self.body = json.dumps(content).encode()
            self.headers = {"X-Content-Type-Options": "nosniff",
                            "Content-Type": "application/json", **headers}
            self.type = self.headers["Content-Type"]

    def setUp(self):
        self.api = openapi.Api("http://127.0.0.1:1", secrets=["s3cret"])

    def wrong(self, path, content, status=200, method="GET", **headers):
        with self.assertRaises(openapi.Wrong, msg=f"{path}: {content}"):
            self.api.judge(method, path, self.Fake(status, content, **headers))

    def test_right_answers(self):
        for path, content in self.ANSWERS.items():
            self.api.judge("GET", path, self.Fake(200, content))

    def test_wrong_answers(self):
        for path, content in self.ANSWERS.items():
            for name in content:
                if name not in ("power_import_w", "meter_time", "tariff"):
                    self.wrong(path, {k: v for k, v in content.items() if k != name})
                self.wrong(path, {**content, name: ["x"]})
            self.wrong(path, {**content, "More": 1})
            self.wrong(path, content, status=201)
            self.wrong(path, content, **{"Content-Type": "text/plain"})
            self.wrong(path, content, **{"X-Content-Type-Options": None})
        history = self.ANSWERS["/api/v1/history"]
        for point in ([1, 2], [1, 2, "guess"], [1, 2.5, "meter"], [1, 2, "meter", 4], 1):
            wrong = copy.deepcopy(history)
            wrong["series"][0]["points"].append(point)
            self.wrong("/api/v1/history", wrong)
        self.wrong("/api/v1/session", {"error": "x", "message": "s3cret"}, status=400)
        self.wrong("/api/v1/nothing", {"login": False}, status=200)
        self.wrong("/api/v1/session", {"error": "too_many", "message": "x"}, status=429,
                   method="POST")

    def test_wrong_descriptions(self):
        def broken(change):
            document = copy.deepcopy(self.api.description.document)
            change(document)
            with self.assertRaises(Exception):
                openapi.Description(document).check()

        broken(lambda d: d["components"]["schemas"].pop("Link"))
        broken(lambda d: d["components"]["schemas"].update(Unused={"type": "object"}))
        broken(lambda d: d["paths"]["/api/v1/ui"]["get"].update(operationId="getLink"))
        broken(lambda d: d["paths"]["/api/v1/tables/{table}"]["get"]["parameters"].pop(0))


class ApiCase(BridgeCase):
    def secured(self, meter, *lines):
        """Everything is set that must not be seen."""
        conf = f"mqtt.password = {BROKER_PASSWORD}\n" + "".join(line + "\n" for line in lines)
        if meter is not None:
            conf += f"[meter house]\nuri = {meter.uri}\nkey = {KEY}\n"
        self.write("conf", conf.encode())
        with open(self.write("password", PASSWORD.encode())) as password:
            done = mepd("--set-password", "--config", self.path("conf"), stdin=password)
        self.assertEqual(done.returncode, 0, done.stderr)
        os.remove(self.path("password"))
        return self.bridge("--config", self.path("conf"), "--http", "127.0.0.1:0")

    def api(self, bridge):
        return openapi.Api(f"http://127.0.0.1:{bridge.port}",
                           secrets=[PASSWORD, BROKER_PASSWORD, KEY, KEY.encode().hex(), "pbkdf2"])

    def events(self, bridge, headers=None):
        """Generates (event, data) until the stream is ended."""
        connection = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/events", headers=headers or {})
        stream, event = connection.getresponse(), None
        self.assertEqual((stream.status, stream.headers["Content-Type"]),
                         (200, "text/event-stream"))
        while line := stream.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip().decode()
            elif line.startswith(b"data: "):
                yield event, json.loads(line[6:])


class AsDescribed(ApiCase):
    def test_all_of_it(self):
        bridge = self.secured(self.meter(tcp=True))
        self.wait(bridge.reading)
        api = self.api(bridge)
        openapi.check_all(api, PASSWORD)
        described = {o["operationId"] for _, _, o in api.description.operations()}
        answered = {name for name, status in api.seen if status == 200}
        self.assertEqual(described - answered, set())


class Moments(ApiCase):
    """Answers that only come when something is not as it mostly is."""

    def test_events(self):
        bridge = self.secured(self.meter(tcp=True))
        self.wait(bridge.reading)
        api, seen = self.api(bridge), []
        for event, data in self.events(bridge):
            schema = {"link": "Link", "reading": "Reading"}.get(event)
            if schema:
                api.description.validate({"$ref": f"#/components/schemas/{schema}"}, data, event)
            seen.append(event)
            if seen.count("reading") == 3:
                break
        self.assertEqual(seen[:2], ["link", "reading"])
        self.assertLessEqual(set(seen), {"link", "reading", "info"})

    def test_nothing_there_yet(self):
        bridge = self.secured(None)
        api = self.api(bridge)
        for path in ("latest", "info", "link", "events", "history?name=pulse_1", "tables/BT23"):
            api.get("/api/v1/" + path, 404, error="no_meter")
        self.assertEqual(api.get("/api/v1/meters"), {"meters": []})
        self.assertEqual(api.get("/api/v1/health", 503)["status"], "degraded")
        api.get("/getDashDataWS", 404)

    def test_a_meter_that_falls_silent(self):
        meter = self.meter(tcp=True)
        bridge = self.secured(meter)
        self.wait(bridge.reading)
        meter.kill()
        api = self.api(bridge)
        self.wait(lambda: api.ask("GET", "/api/v1/latest").status == 503, 60)
        self.assertEqual(api.get("/api/v1/health", 503)["status"], "degraded")
        api.get("/getDashDataWS", 503, error="no_reading")
        api.get("/api/v1/tables/BT23", 504, error="no_answer")
        self.assertNotEqual(api.get("/api/v1/link")["line"], "")
        api.get("/metrics")
        api.log_in(PASSWORD)
        tested = api.ask("POST", "/api/v1/key-test", {"key": "a-key-of-nobody!"}, status=200)
        self.assertEqual(tested.json["result"], "no_answer")

    def test_what_is_not_public(self):
        bridge = self.secured(self.meter(tcp=True), "http.public = no")
        api = self.api(bridge)
        for path, method, operation in api.description.operations():
            if method != "GET":
                continue
            expected = {"/api/v1/health": (200, 503), "/api/v1/session": (200,),
                        "/api/v1/openapi.json": (200,)}.get(path, (401,))
            answer = api.ask("GET", openapi.example(api, path, operation))
            self.assertIn(answer.status, expected, path)
        self.assertEqual(api.send("GET", "/").status, 200)  # where to log in
        api.log_in(PASSWORD)
        self.wait(lambda: api.ask("GET", "/api/v1/latest").status == 200)
        events = self.events(bridge, {"Cookie": api.cookie})
        self.assertEqual(next(events)[0], "link")
        api.log_out()
        for _ in events:  # until it is ended
            pass
        api.get("/api/v1/latest", 401, error="login")

    def test_who_guesses(self):
        bridge = self.secured(None)
        api = self.api(bridge)
        for _ in range(5):
            api.ask("POST", "/api/v1/session", {"password": "not it"}, status=401)
        answer = api.ask("POST", "/api/v1/session", {"password": PASSWORD}, status=429)
        self.assertLessEqual(int(answer.headers["Retry-After"]), 2)
        self.wait(lambda: api.ask("POST", "/api/v1/session",
                                  {"password": PASSWORD}).status == 200, 20)

    def test_who_is_served_what_page(self):
        bridge = self.secured(None)
        api = self.api(bridge)
        page = api.send("GET", "/")
        self.assertEqual(page.status, 200)
        self.assertIn("default-src 'self'", page.headers["Content-Security-Policy"])
        self.assertNotIn("unsafe", page.headers["Content-Security-Policy"])
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        parts = re.findall(rb'(?:src|href)="\.?/?(assets/[^"]+)"', page.body)
        self.assertTrue(parts)
        for part in parts:
            answer = api.send("GET", "/" + part.decode())
            self.assertEqual(answer.status, 200, part)
            self.assertIn("immutable", answer.headers["Cache-Control"])
        again = api.send("GET", "/", headers={"If-None-Match": page.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_the_head_tells_the_length(self):
        bridge = self.secured(None)
        api = self.api(bridge)
        for path in ("/api/v1/session", "/api/v1/openapi.json"):
            get, head = api.send("GET", path), api.ask("HEAD", path, status=200)
            self.assertEqual(head.headers["Content-Length"], get.headers["Content-Length"])
            self.assertEqual(head.body, b"")


if __name__ == "__main__":
    main()
