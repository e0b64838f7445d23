"""Holds a running server against docs/api/openapi.json: openapi.py [URL [PASSWORD]]

For other tests: Api(url) asks it and fails unless the answer is a documented one.
"""
import gzip
import http.client
import json
import os
import re
import sys
import urllib.parse
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jsonschema

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/api/openapi.json")
METHODS = ("get", "post", "patch", "put", "delete")
JSON = "application/json"


class Wrong(AssertionError):
    """The server and its description do not agree."""


def need(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(w) for w in what))


class Description:
    """The document, with its references followed."""

    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.used = set()

    def follow(self, thing):
        while isinstance(thing, dict) and "$ref" in thing:
            self.used.add(thing["$ref"])
            thing = self.resolver.resolve(thing["$ref"])[1]
        return thing

    def operations(self):
        """(path, method, operation) of all."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method.upper(), item[method]

    def pattern(self, path):
        """What paths a path with parameters stands for."""
        return "^" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "$"

    def find(self, method, path):
        """The operation that answers this, or None."""
        for known, of, operation in self.operations():
            if of == method and re.match(self.pattern(known), path):
                return operation
        return None

    def validate(self, schema, value, what):
        validator = jsonschema.Draft202012Validator(
            schema, resolver=self.resolver,
            format_checker=jsonschema.draft202012_format_checker)
        for error in validator.iter_errors(value):
            place = "/".join(str(p) for p in error.absolute_path)
            raise Wrong(f"{what}: {place}: {error.message[:300]}")

    def check(self):
        """The document by itself: nothing dangles, nothing is of no use."""
        need(self.document["openapi"].startswith("3.1."), "not OpenAPI 3.1")
        names = []
        for path, method, operation in self.operations():
            names.append(operation["operationId"])
            need(operation.get("summary"), method, path, "has no summary")
            wanted = set(re.findall(r"\{(\w+)\}", path))
            parameters = [self.follow(p) for p in operation.get("parameters", ())]
            need({p["name"] for p in parameters if p["in"] == "path"} == wanted,
                 path, "does not describe what is in its path")
            for tag in operation["tags"]:
                need(tag in [t["name"] for t in self.document["tags"]], path, "has no tag", tag)
        need(len(names) == len(set(names)), "an operationId is there twice")
        self.check_part(self.document)
        for kind, parts in self.document["components"].items():
            for name in parts if kind != "securitySchemes" else ():
                need(f"#/components/{kind}/{name}" in self.used, kind, name, "is not used")

    def check_part(self, part):
        if isinstance(part, dict):
            self.follow(part)
            if "schema" in part and isinstance(part["schema"], dict):
                jsonschema.Draft202012Validator.check_schema(part["schema"])
            for value in part.values():
                self.check_part(value)
        elif isinstance(part, list):
            for value in part:
                self.check_part(value)


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body
        self.type = response.headers.get("Content-Type")
        self.json = json.loads(body) if self.type == JSON and body else None


class Api:
    """A visitor with a session of its own, for whom every answer is checked."""

    def __init__(self, url, secrets=()):
        self.place = urllib.parse.urlsplit(url)
        self.secrets = [s for s in secrets if s]
        self.cookie = self.csrf = None
        with open(FILE, encoding="utf-8") as file:
            self.description = Description(json.load(file))
        self.seen = set()

    def send(self, method, target, body=None, headers=None):
        """Asks, without looking at the answer."""
        sent = {"Accept-Encoding": "gzip"}
        if body is not None:
            sent["Content-Type"] = JSON
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        if self.cookie:
            sent["Cookie"] = self.cookie
        if self.csrf:
            sent["X-CSRF-Token"] = self.csrf
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=60)
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            endless = response.headers.get("Content-Type") == "text/event-stream"
            content = b"" if endless else response.read()
        finally:
            connection.close()
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return Answer(response, content)

    def ask(self, method, target, body=None, headers=None, status=None, error=None):
        """Asks, and fails unless the answer is one that is described; and this status and error."""
        answer = self.send(method, target, body, headers)
        self.judge(method, target.split("?")[0], answer)
        if status is not None:
            need(answer.status == status, method, target, "gives", answer.status, "and not", status,
                 answer.body[:300])
        if error is not None:
            need(answer.json["error"] == error, method, target, "gives", answer.json, "not", error)
        return answer

    def get(self, target, status=200, **more):
        return self.ask("GET", target, status=status, **more).json

    def judge(self, method, path, answer):
        what = f"{method} {path}: {answer.status}"
        for secret in self.secrets:
            need(secret.encode() not in answer.body, what, "shows a secret")
        need(answer.headers.get("X-Content-Type-Options") == "nosniff", what, "may be sniffed")
        operation = self.description.find("GET" if method == "HEAD" else method, path)
        if operation is None:
            need(answer.status in (400, 403, 404, 405, 413, 414), what, "is not described")
            self.description.validate({"$ref": "#/components/schemas/Error"}, answer.json, what)
            return
        self.seen.add((operation["operationId"], answer.status))
        responses = operation["responses"]
        response = self.description.follow(responses.get(str(answer.status),
                                                         responses.get("default")))
        need(answer.status < 300 and str(answer.status) in responses or answer.status >= 300,
             what, "is not described")
        self.judge_content(what, response, answer, method == "HEAD")

    def judge_content(self, what, response, answer, is_head):
        for name, header in response.get("headers", {}).items():
            value = answer.headers.get(name)
            need(value is not None, what, "has no header", name)
            self.description.validate(self.description.follow(header)["schema"], value,
                                      f"{what}: {name}")
        content = response.get("content")
        if content is None:
            need(not answer.body, what, "has a body")
            return
        need(answer.type in content, what, "is", answer.type, "and not", ", ".join(content))
        if answer.type == JSON and not is_head:
            self.description.validate(content[JSON]["schema"], answer.json, what)

    # ---- Sessions ----

    def log_in(self, password):
        answer = self.ask("POST", "/api/v1/session", {"password": password}, status=200)
        cookie = answer.headers["Set-Cookie"]
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
            need(part in cookie, "the cookie is not", part)
        self.cookie, self.csrf = cookie.split(";")[0], answer.json["csrf"]

    def log_out(self):
        answer = self.ask("DELETE", "/api/v1/session", status=200)
        need("Max-Age=0" in answer.headers["Set-Cookie"], "the cookie stays")
        self.cookie = self.csrf = None


# ---- What can be asked of any server ----


def check_documents(api):
    """What it serves is what stands in the repository, and makes sense."""
    api.description.check()
    served = api.get("/api/v1/openapi.json")
    need(served == api.description.document, "the server serves another description")
    answer = api.send("GET", "/api/v1/openapi.json", headers={"If-None-Match": "*"})
    need(answer.status == 304 and not answer.body, "an unchanged description is sent again")
    api.judge("GET", "/api/v1/openapi.json", answer)
    api.get("/api/v1/openapi.json", 406, headers={"Accept-Encoding": None},
            error="not_acceptable")


def example(api, path, operation):
    """A path as it can be asked for, and what it wants."""
    query = []
    for parameter in map(api.description.follow, operation.get("parameters", ())):
        value = parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace("{%s}" % parameter["name"], value)
        elif parameter["in"] == "query" and parameter.get("required"):
            query.append(parameter["name"] + "=" + ",".join(value))
    return path + ("?" + "&".join(query) if query else "")


def check_paths(api):
    """Every described path is there, and takes the described methods and no others."""
    for path, method, operation in api.description.operations():
        target = example(api, path, operation)
        if method == "GET":
            answer = api.ask("GET", target)
            need(answer.status != 404, path, "is described and not there:", answer.body)
    for path, item in api.description.document["paths"].items():
        check_methods(api, example(api, path, item.get("get", {})), item)


def check_methods(api, target, item):
    allowed = {m.upper() for m in METHODS if m in item}
    if "get" in item and not target.startswith("/api/v1/events"):
        allowed.add("HEAD")
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
        if method in allowed:
            continue
        answer = api.send(method, target)
        need(answer.status == 405, method, target, "gives", answer.status)
        need(set(answer.headers["Allow"].split(", ")) == allowed, method, target, "allows",
             answer.headers["Allow"])


def check_others(api):
    """What is not described is not there."""
    known = list(api.description.document["paths"])
    tries = ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/latest", "/index.php", "/.env",
             "/../etc/passwd", "/%2e%2e/etc/passwd", "/api/v1/%6catest", "//", "/api/v1/tables/"]
    tries += [path + more for path in known for more in ("x", "/", "/x", "%20") if "{" not in path]
    for path in tries:
        if api.description.find("GET", path) is None:
            api.ask("GET", path, status=404)


def check_strangers(api):
    """Neither other names nor other pages."""
    own = f"{api.place.hostname}:{api.place.port}"
    for path, method, operation in api.description.operations():
        target = example(api, path, operation)
        for headers, error in (({"Host": "evil.example"}, "wrong_host"),
                               ({"Host": own + ".evil.example"}, "wrong_host"),
                               ({"Origin": "http://evil.example"}, "wrong_origin"),
                               ({"Origin": "null"}, "wrong_origin")):
            api.ask(method, target, {} if method in ("POST", "PATCH") else None, headers,
                    status=403, error=error)
    api.get("/api/v1/health", None, headers={"Origin": "http://" + own})
    api.get("/api/v1/health", None, headers={"Host": "localhost"})


def check_queries(api):
    """Parameters that are not described, or not as they are described."""
    for path, method, operation in api.description.operations():
        if method != "GET" or path.startswith(("/metrics", "/getDash", "/api/v1/openapi")):
            continue
        target = example(api, path, operation)
        joint = "&" if "?" in target else "?"
        for more in ("unknown=1", "x", "meter=%", "meter=%zz", "meter=%00", "meter=a&meter=b"):
            status = api.ask("GET", target + joint + more).status
            need(status == 400 or status == 401, target + joint + more, "gives", status)
    for path, method, operation in api.description.operations():
        parameters = [api.description.follow(p)["name"] for p in operation.get("parameters", ())]
        if method == "GET" and "meter" in parameters:
            target = example(api, path, operation)
            api.ask("GET", target + ("&" if "?" in target else "?") + "meter=no-such")
    name = "/api/v1/history?name=energy_import_wh"
    for wrong in ("&resolution=59", "&resolution=2678401", "&resolution=x", "&from=5&to=5",
                  "&from=0&to=99999999", "&at=1,x", "&at=" + ",".join(["1"] * 65),
                  "&resolution=86401&at=1"):
        api.get(name + wrong, 400, error="invalid")
    for wrong in ("", "?name=", "?name=serial", "?name=a,b,c,d,e", "?name=power_import_w&at=1"):
        api.get("/api/v1/history" + wrong, 400, error="invalid")
    api.ask("GET", "/api/v1/latest?meter=" + "x" * 3000, status=414, error="too_long")


def check_login_needed(api):
    """What is marked with the session is refused without one; changes without its token."""
    for path, method, operation in api.description.operations():
        if "security" in operation:
            api.ask(method, example(api, path, operation),
                    {} if method in ("POST", "PATCH") else None, {"Cookie": None}, status=401,
                    error="login")


def check_changes(api, password):
    """After login; leaves everything as it was."""
    for method, path in (("PATCH", "/api/v1/config"), ("POST", "/api/v1/key-test"),
                         ("DELETE", "/api/v1/session")):
        api.ask(method, path, {}, {"X-CSRF-Token": "0" * 32}, status=403, error="csrf")
        api.ask(method, path, {}, {"X-CSRF-Token": None}, status=403, error="csrf")
    for method, path in (("PATCH", "/api/v1/config"), ("POST", "/api/v1/key-test"),
                         ("POST", "/api/v1/session")):
        api.ask(method, path, b"{}", {"Content-Type": "text/plain"}, status=415)
        api.ask(method, path, b" " * 9000, status=413, error="too_large")
        for body in (b"", b"{", b"[]", b'{"a":{}}', b"\xff", b'{"a":1}'):
            api.ask(method, path, body, status=400 if body or "key" not in path else None)
    config = {s["key"]: s for s in api.get("/api/v1/config")["settings"]}
    for key, setting in config.items():
        wrong = "x" if setting["type"] in ("bool", "integer", "decimal") else 1
        api.ask("PATCH", "/api/v1/config", {key: wrong}, status=400, error="invalid")
        if "max" in setting:
            api.ask("PATCH", "/api/v1/config", {key: setting["max"] + 1}, status=400)
    before = config["cost.import"]["value"]
    api.ask("PATCH", "/api/v1/config", {"cost.import": 1.2345}, status=200)
    need(api.get("/api/v1/ui")["cost_import"] == 1.2345, "a change is not in force")
    api.ask("PATCH", "/api/v1/config", {"cost.import": before}, status=200)
    api.ask("POST", "/api/v1/session", {"password": password + "x"}, status=401,
            error="wrong_password")


def check_tables(api):
    for table in api.get("/api/v1/tables")["tables"]:
        answer = api.ask("GET", "/api/v1/tables/" + table["table"])
        need(answer.status in (200, 502), table, answer.body[:300])
    api.get("/api/v1/tables/BT99", 404, error="unknown_table")


def check_key(api):
    need(api.ask("POST", "/api/v1/key-test", {}, status=200).json["result"] == "ok",
         "the meter does not take the key that is set")
    wrong = api.ask("POST", "/api/v1/key-test", {"key": "a-key-of-nobody!"}, status=200).json
    need(wrong["result"] == "refused", "the meter takes any key:", wrong)
    api.ask("POST", "/api/v1/key-test", {"key": "short"}, status=400, error="invalid")


def check_all(api, password):
    check_documents(api)
    check_paths(api)
    check_others(api)
    check_strangers(api)
    check_queries(api)
    check_login_needed(api)
    if password is not None:
        api.log_in(password)
        check_paths(api)
        check_changes(api, password)
        check_key(api)
        check_login_needed(api)
        check_tables(api)
        api.get("/api/v1/exchanges")
        api.log_out()
    check_login_needed(api)


if __name__ == "__main__":
    checked = Api(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
    check_all(checked, sys.argv[2] if len(sys.argv) > 2 else None)
    print(f"{len(checked.seen)} answers of {len(list(checked.description.operations()))} "
          "operations are as described")
