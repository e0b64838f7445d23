"""mepd and a real broker: what is announced, what is published, and what becomes of it when the
broker goes away, refuses us, or cannot be trusted."""
import getpass
import shutil

from bridge import *
from discovery import Discovery

USER, MQTT_PASSWORD = "mepd", "opensesame"


class Broker:
    """A mosquitto of our own. Its port stays when it is started again."""

    def __init__(self, folder, **settings):
        self.port, self.process = free_port(), None
        self.config = os.path.join(folder, f"broker-{self.port}.conf")
        lines = {"listener": f"{self.port} 127.0.0.1", "user": getpass.getuser(),
                 "allow_anonymous": "true", **settings}
        with open(self.config, "w") as file:
            file.writelines(f"{name} {value}\n" for name, value in lines.items())
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        path = os.environ["PATH"] + ":/usr/sbin"
        self.process = subprocess.Popen([shutil.which("mosquitto", path=path), "-c", self.config],
                                        stderr=subprocess.DEVNULL)
        if not wait_for(self.listens):
            self.kill()
            raise RuntimeError("mosquitto does not listen")

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Message:
    def __init__(self, line):
        retain, self.topic, self.payload = line.rstrip("\n").split(" ", 2)
        self.retained = retain == "1"

    def json(self):
        return json.loads(self.payload)


class Listener:
    """All that a broker hands to a client, from when it subscribed."""

    def __init__(self, broker, *options):
        self.messages = []
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "#", "-d",
             "-F", "message: %r %t %p", *options], stdout=subprocess.PIPE, text=True, env=ENV)
        self.subscribed = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if not wait_for(lambda: self.subscribed):
            self.end()
            raise RuntimeError("no subscription")

    def read(self):
        with self.process.stdout as stream:
            for line in stream:
                if line.startswith("message: "):
                    self.messages.append(Message(line[len("message: "):]))
                self.subscribed |= "SUBACK" in line

    def of(self, topic, since=0):
        return [m for m in self.messages[since:] if re.fullmatch(topic, m.topic)]

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class MqttCase(BridgeCase):
    def broker(self, **settings):
        broker = Broker(self.folder.name, **settings)
        self.addCleanup(broker.kill)
        return broker

    def listener(self, broker, *options):
        listener = Listener(broker, *options)
        self.addCleanup(listener.end)
        return listener

    def config(self, **settings):
        """Two dots in a row stand for none: mqtt__url is mqtt.url."""
        lines = [f"{name.replace('__', '.')} = {value}\n" for name, value in settings.items()]
        lines += ["http.listen = 127.0.0.1:0\n",
                  f"[meter house]\nuri = {self.uri}\nkey = {KEY}\n"]
        return self.write("mepd.conf", "".join(lines).encode())

    def meter(self, *options):
        meter = super().meter(tcp=True, options=["--fast", *options])
        self.uri = meter.uri
        return meter

    def mepd(self, **settings):
        """With the simulated meter; settings as of config()."""
        self.config(**settings)
        return self.bridge("--config", self.path("mepd.conf"))

    def end(self, bridge):
        super().end(bridge)
        self.assertNotIn(MQTT_PASSWORD, bridge.log())

    def wait_messages(self, listener, topic, count=1, since=0, seconds=60):
        self.wait(lambda: len(listener.of(topic, since)) >= count, seconds, f"no {topic}")
        return listener.of(topic, since)

    def health(self, bridge):
        return bridge.ask("/api/v1/health").json()

    def wait_mqtt(self, bridge, state):
        self.wait(lambda: self.health(bridge)["mqtt"] == state, 60,
                  f"never {state}: {bridge.log()}")

    def publish(self, broker, topic, payload):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", topic,
                        "-m", payload], check=True, timeout=20, env=ENV)


# ---- Against the simulator's truth -------------------------------------------------------------


class Truth:
    """What the meter really had at each read."""

    def __init__(self, path):
        self.path = path

    def reads(self, table, since_ms=0):
        with open(self.path) as file:
            lines = [json.loads(line) for line in file if line.endswith("}\n")]
        return [line for line in lines
                if line.get("read") == table and line["unix_ms"] >= since_ms]

    def assert_true(self, case, state, since_ms=0):
        """What a state holds of a table was all there at one read of it. Returns how many."""
        registers = re.compile(r".*_(wh|varh)|power_outages?(_s)?|pulse_\d|error_count")
        numbers = {name for name, value in state.items() if isinstance(value, int)}
        numbers -= {"age_ms", "tariff"}
        of_bt23 = {name for name in numbers if registers.fullmatch(name)}
        for table, names in (("BT23", of_bt23), ("BT28", numbers - of_bt23)):
            reads = self.reads(table, since_ms)
            case.assertTrue(any(all(r.get(n) == state[n] for n in names) for r in reads),
                            f"{table}: no read was {state}")
        return len(numbers)


class Publishing(MqttCase):
    def setUp(self):
        super().setUp()
        self.truth = Truth(self.path("truth"))
        self.simulator = self.meter("--truth", self.truth.path)

    def test_discovery_and_state(self):
        broker = self.broker()
        listener = self.listener(broker)
        bridge = self.mepd(mqtt__url=broker.url)
        states = self.wait_messages(listener, "meplink/[^/]+/state", 4)
        announced = self.wait_messages(listener, "homeassistant/device/.+/config")
        found = Discovery(announced[-1].topic, announced[-1].payload)
        self.assertEqual(found.problems, [])
        latest = bridge.reading()
        topics = {c["state_topic"] for c in found.components.values()}
        self.assertEqual(topics, {states[0].topic, states[0].topic.replace("/state", "/link")})
        looked_at = set().union(*(found.members(name) for name in found.components))
        numbers = {name for name, value in latest.items() if isinstance(value, int)}
        self.assertLessEqual(numbers, looked_at)
        for state in states:
            # BT23 and BT28 of the reference meter have well over fifty values.
            self.assertGreater(self.truth.assert_true(self, state.json()), 50)
            shown = found.render(state.topic, state.payload)
            self.assertNotIn(None, shown.values())
            self.assertEqual(found.problems, [])
        energies = [state.json()["energy_import_wh"] for state in states]
        self.assertEqual(energies, sorted(energies))
        # Who comes later finds it announced, and whether we are there, but no old values.
        late = self.listener(broker)
        self.wait_messages(late, "homeassistant/device/.+/config")
        self.assertTrue(all(m.retained for m in late.of("homeassistant/device/.+/config")[:1]))
        self.assertEqual([m.payload for m in late.of("meplink/status")], ["online"])
        self.assertFalse(any(m.retained for m in late.of("meplink/[^/]+/.*")))

    def test_home_assistant_comes_back(self):
        broker = self.broker()
        listener = self.listener(broker)
        self.mepd(mqtt__url=broker.url)
        self.wait_messages(listener, "meplink/[^/]+/state")
        for payload in ("offline", "onlin", "online and more", ""):
            self.publish(broker, "homeassistant/status", payload)
        since = len(listener.messages)
        self.wait_messages(listener, "meplink/[^/]+/state", 3, since)
        self.assertEqual(listener.of("homeassistant/device/.+/config", since), [])
        self.publish(broker, "homeassistant/status", "online")
        again = self.wait_messages(listener, "homeassistant/device/.+/config", 1, since)
        self.assertEqual(Discovery(again[0].topic, again[0].payload).problems, [])

    def test_broker_killed_and_started_again(self):
        broker = self.broker()
        listener = self.listener(broker)
        bridge = self.mepd(mqtt__url=broker.url)
        before = self.wait_messages(listener, "meplink/[^/]+/state", 2)
        broker.kill()
        listener.end()
        self.wait_mqtt(bridge, "failed")
        self.assertTrue(self.health(bridge)["mqtt_problem"])
        # The meter goes on being read, and nothing is put aside for the broker.
        first = bridge.reading()["meter_time"]
        self.wait(lambda: bridge.reading()["meter_time"] > first)
        broker.start()
        started_ms = int(time.time() * 1000)
        after = self.listener(broker)
        self.wait_mqtt(bridge, "connected")
        state = self.wait_messages(after, "meplink/[^/]+/state")[0].json()
        newest = self.truth.reads("BT23", started_ms - 3000)[0]
        self.assertGreaterEqual(state["energy_import_wh"], newest["energy_import_wh"])
        self.assertGreaterEqual(state["energy_import_wh"], before[-1].json()["energy_import_wh"])
        self.truth.assert_true(self, state, started_ms - 3000)
        self.wait_messages(after, "meplink/status")
        self.wait_messages(after, "homeassistant/device/.+/config")
        lines = [line for line in bridge.lines if "mqtt:" in line]
        self.assertEqual(len([line for line in lines if line.endswith(": connected")]), 2, lines)

    def test_killed_and_ended(self):
        broker = self.broker()
        listener = self.listener(broker)
        bridge = self.mepd(mqtt__url=broker.url, mqtt__legacy_topic="dabbler")
        since = 0
        for number in (signal.SIGKILL, signal.SIGTERM):
            self.wait_messages(listener, "dabbler/lwt", 1, since)
            self.wait_messages(listener, "meplink/status", 1, since)
            self.wait_messages(listener, "meplink/[^/]+/state", 1, since)
            bridge.stop(number)
            self.wait_messages(listener, "dabbler/lwt", 2, since)
            self.wait_messages(listener, "meplink/status", 2, since)
            self.assertEqual([m.payload for m in listener.of("meplink/status", since)],
                             ["online", "offline"])
            self.assertEqual([m.payload for m in listener.of("dabbler/lwt", since)],
                             ["Online", "Offline"])
            since = len(listener.messages)
            bridge.start()

    def test_original_topics(self):
        broker = self.broker()
        listener = self.listener(broker)
        self.mepd(mqtt__url=broker.url, mqtt__legacy_topic="home/dabbler", mqtt__discovery="no")
        parts = {"sensors": {"ImportReactive_VAr", "ExportReactive_VAr"},
                 "meterConsumptionTotal": {"Fwd_Act_Wh", "Rev_Act_Wh"},
                 "meterConsumptionFwd": {"Fwd_W", "Fwd_Avg_W"},
                 "meterConsumptionRev": {"Rev_W", "Rev_Avg_W"}, "frequency": {"Freq_mHz"}}
        for n in (1, 2, 3):
            parts["sensors"] |= {f"L{n}_RMS_A", f"L{n}_RMS_V", f"L{n}_PF_Fac"}
            parts["meterConsumptionFwd"] |= {f"L{n}_Fwd_W", f"L{n}_Fwd_Avg_W"}
            parts["meterConsumptionRev"] |= {f"L{n}_Rev_W", f"L{n}_Rev_Avg_W"}
        for part, members in parts.items():
            message = self.wait_messages(listener, f"home/dabbler/{part}/mydatajson")[0]
            self.assertEqual(set(message.json()), members)
            self.assertTrue(all(type(v) is int for v in message.json().values()))
            self.assertFalse(message.retained)
        total = listener.of("home/dabbler/meterConsumptionTotal/mydatajson")[0].json()
        self.assertTrue(any((r["energy_import_wh"], r["energy_export_wh"])
                            == (total["Fwd_Act_Wh"], total["Rev_Act_Wh"])
                            for r in self.truth.reads("BT23")))
        self.assertEqual(listener.of("homeassistant/.*"), [])

    def meter_times(self, listener, count):
        """When, by its own clock, the meter was read for each message."""
        states = self.wait_messages(listener, "meplink/[^/]+/state", count, seconds=120)
        return [time.mktime(time.strptime(s.json()["meter_time"], "%Y-%m-%dT%H:%M:%SZ"))
                for s in states]

    def test_not_more_often(self):
        """Values change each second; a clock of whole seconds makes one of a difference."""
        broker = self.broker()
        listener = self.listener(broker)
        self.mepd(mqtt__url=broker.url, **{f"mqtt__{kind}_{end}_s": 4 for end in ("min", "max")
                                           for kind in ("power", "energy", "other")})
        times = self.meter_times(listener, 5)[2:]  # after those that come with the announcement
        self.assertGreaterEqual(min(b - a for a, b in zip(times, times[1:])), 3)

    def test_settings_changed(self):
        broker, other = self.broker(), self.broker()
        listener, there = self.listener(broker), self.listener(other)
        bridge = self.mepd(mqtt__url=broker.url)
        self.wait_messages(listener, "meplink/[^/]+/state")
        self.config(mqtt__url=broker.url, mqtt__topic="attic/meter")
        bridge.reload()
        self.wait_messages(listener, "attic/meter/[^/]+/state")
        self.assertEqual(listener.of("meplink/status")[-1].payload, "offline")
        self.config(mqtt__url=other.url, mqtt__topic="attic/meter")
        bridge.reload()
        self.wait_messages(there, "attic/meter/[^/]+/state")
        self.wait(lambda: listener.of("attic/meter/status")[-1].payload == "offline")
        # What is not about the connection leaves it alone.
        self.config(mqtt__url=other.url, mqtt__topic="attic/meter", mqtt__power_min_s=2)
        bridge.reload()
        self.config()
        bridge.reload()
        self.wait(lambda: there.of("attic/meter/status")[-1].payload == "offline")
        self.assertEqual([m.payload for m in there.of("attic/meter/status")],
                         ["online", "offline"])
        self.assertEqual(self.health(bridge)["mqtt"], "off")


# ---- Who may, and who is trusted ---------------------------------------------------------------


class Credentials(MqttCase):
    def setUp(self):
        super().setUp()
        self.meter()
        passwords = self.path("passwords")
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, USER, MQTT_PASSWORD],
                       check=True, capture_output=True, timeout=20)
        self.with_password = self.broker(allow_anonymous="false", password_file=passwords)

    def test_wrong_and_then_right(self):
        url = self.with_password.url
        bridge = self.mepd(mqtt__url=url, mqtt__user=USER, mqtt__password="guess")
        self.wait_mqtt(bridge, "refused")
        self.assertIn("user name or the password", self.health(bridge)["mqtt_problem"])
        self.wait(bridge.reading)
        self.config(mqtt__url=url)
        bridge.reload()
        self.wait_mqtt(bridge, "refused")
        listener = self.listener(self.with_password, "-u", USER, "-P", MQTT_PASSWORD)
        self.config(mqtt__url=url, mqtt__user=USER, mqtt__password=MQTT_PASSWORD)
        bridge.reload()
        self.wait_mqtt(bridge, "connected")
        self.wait_messages(listener, "meplink/[^/]+/state")
        self.assertNotIn("guess", bridge.log())


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60)


class Tls(MqttCase):
    def setUp(self):
        super().setUp()
        self.meter()
        for name in ("ca", "other"):
            openssl("req", "-x509", *self.new_key(name), "-out", self.path(name + ".pem"),
                    "-days", "2", "-subj", f"/CN=Test {name}")
        self.certificate("broker", "IP:127.0.0.1")
        self.certificate("elsewhere", "DNS:elsewhere.test")
        self.certificate("client", "DNS:client.test")

    def new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self.path(name + ".key")]

    def certificate(self, name, alternative):
        extensions = self.write(name + ".ext", f"subjectAltName={alternative}\n".encode())
        openssl("req", *self.new_key(name), "-out", self.path(name + ".csr"), "-subj",
                f"/CN={name}")
        openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path("ca.pem"),
                "-CAkey", self.path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
                extensions, "-out", self.path(name + ".pem"))

    def secure_broker(self, name="broker", **settings):
        broker = self.broker(cafile=self.path("ca.pem"), certfile=self.path(name + ".pem"),
                             keyfile=self.path(name + ".key"), **settings)
        broker.url = broker.url.replace("mqtt:", "mqtts:")
        return broker

    def settings(self, broker, **files):
        return {"mqtt__url": broker.url,
                **{f"mqtt__{key}": self.path(name) for key, name in files.items()}}

    def assert_refused(self, bridge, *words):
        self.wait(lambda: all(word in self.health(bridge).get("mqtt_problem", "")
                              for word in words), 60, f"never {words}: {bridge.log()}")
        self.assertEqual(self.health(bridge)["mqtt"], "refused")

    def test_only_who_is_trusted(self):
        broker = self.secure_broker()
        bridge = self.mepd(**self.settings(broker, ca="other.pem"))
        self.assert_refused(bridge, "certificate verify failed")
        self.config(**self.settings(broker))  # the system's authorities do not know it either
        bridge.reload()
        self.assert_refused(bridge, "certificate verify failed")
        self.config(**self.settings(broker, ca="none.pem"))
        bridge.reload()
        self.assert_refused(bridge, "mqtt.ca", "none.pem")
        self.config(**self.settings(broker, ca="ca.pem"))
        bridge.reload()
        self.wait_mqtt(bridge, "connected")
        listener = self.listener(broker, "--cafile", self.path("ca.pem"))
        self.wait_messages(listener, "meplink/[^/]+/state")

    def test_another_ones_certificate(self):
        bridge = self.mepd(**self.settings(self.secure_broker("elsewhere"), ca="ca.pem"))
        self.assert_refused(bridge, "verif")

    def test_client_certificates(self):
        broker = self.secure_broker(require_certificate="true")
        bridge = self.mepd(**self.settings(broker, ca="ca.pem"))
        self.assert_refused(bridge, "certificate")
        self.config(**self.settings(broker, ca="ca.pem", cert="client.pem"))
        bridge.reload()
        self.assertTrue(bridge.logged(r"mqtt\.key: is missing"), bridge.log())
        self.config(**self.settings(broker, ca="ca.pem", cert="client.pem", key="broker.key"))
        bridge.reload()
        self.assert_refused(bridge, "key values mismatch")
        self.config(**self.settings(broker, ca="ca.pem", cert="client.pem", key="client.key"))
        bridge.reload()
        self.wait_mqtt(bridge, "connected")


# ---- Brokers that are none ---------------------------------------------------------------------


class Unreachable(MqttCase):
    def setUp(self):
        super().setUp()
        self.meter()

    def assert_reads_on(self, bridge):
        self.wait(bridge.reading, 60)
        first = bridge.reading()["meter_time"]
        self.wait(lambda: bridge.reading()["meter_time"] > first)

    def test_nobody_there(self):
        bridge = self.mepd(mqtt__url=f"mqtt://127.0.0.1:{free_port()}", mqtt__legacy_topic="d")
        self.wait_mqtt(bridge, "failed")
        self.assertIn("refused", self.health(bridge)["mqtt_problem"])
        self.assert_reads_on(bridge)
        # Tried again and again, but said once for each connection.
        lines = [line for line in bridge.lines if "mqtt:" in line]
        self.assertEqual(len(lines), 2, lines)

    def test_no_such_name(self):
        bridge = self.mepd(mqtt__url="mqtt://no-such-broker.invalid")
        self.wait_mqtt(bridge, "failed")
        self.assert_reads_on(bridge)

    def test_somebody_who_says_nothing(self):
        for scheme in ("mqtt", "mqtts"):
            with socket.create_server(("127.0.0.1", 0)) as server:
                port = server.getsockname()[1]
                bridge = self.mepd(mqtt__url=f"{scheme}://127.0.0.1:{port}")
                with server.accept()[0]:
                    self.assert_reads_on(bridge)
                    self.assertEqual(self.health(bridge)["mqtt"], "connecting")
                    self.assertEqual(bridge.stop(), 0)

    def test_a_broker_that_stops_reading(self):
        """What it does not take is not kept for it; once it goes on, it gets the newest."""
        broker = self.broker()
        listener = self.listener(broker)
        bridge = self.mepd(mqtt__url=broker.url)
        self.wait_messages(listener, "meplink/[^/]+/state", 2)
        broker.process.send_signal(signal.SIGSTOP)
        try:
            self.assert_reads_on(bridge)
        finally:
            broker.process.send_signal(signal.SIGCONT)
        newest = bridge.reading()["meter_time"]
        self.wait(lambda: listener.of("meplink/[^/]+/state")[-1].json()["meter_time"] >= newest)


if __name__ == "__main__":
    main()
