"""What a bridge publishes, judged by programs and rules that are not ours.

argv[1]: where reader_documents is.
"""
import copy
import json
import os
import re
import subprocess
import sys
import unittest

from prometheus_client.parser import text_string_to_metric_families

from discovery import Discovery, strict_json

BIN = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "build/debug/bin"
SCALES = {"Wh": 1, "varh": 1, "W": 1, "var": 1, "VA": 1, "A": 1000, "V": 1000, "Hz": 1000}


def setUpModule():
    done = subprocess.run([os.path.join(BIN, "reader_documents")], capture_output=True,
                          timeout=120, check=True)
    for line in done.stdout.decode().splitlines():
        message = json.loads(line)
        METERS.setdefault(message["meter"], {}).setdefault(message["kind"], []).append(message)


METERS = {}


def of(meter, kind):
    return METERS[meter][kind][0]


def found(meter):
    message = of(meter, "discovery")
    return Discovery(message["topic"], message["payload"].encode())


class HomeAssistant(unittest.TestCase):
    def each_meter(self):
        for meter in METERS:
            with self.subTest(meter=meter):
                yield meter

    def test_there_are_meters(self):
        self.assertGreaterEqual(len(METERS), 6)

    def test_it_takes_every_discovery(self):
        for meter in self.each_meter():
            self.assertEqual(found(meter).problems, [])

    def test_discovery_is_retained_and_states_are_not(self):
        for meter in self.each_meter():
            self.assertTrue(of(meter, "discovery")["retain"])
            self.assertTrue(of(meter, "online")["retain"])
            self.assertFalse(of(meter, "state")["retain"])
            self.assertFalse(of(meter, "link")["retain"])

    def test_availability_is_where_the_last_will_goes(self):
        for meter in self.each_meter():
            topic = of(meter, "online")["topic"]
            for config in found(meter).components.values():
                self.assertEqual(config["availability_topic"], topic)
            self.assertEqual(of(meter, "online")["payload"], "online")

    def test_every_component_shows_its_value(self):
        for meter in self.each_meter():
            discovery = found(meter)
            shown = {}
            for kind in ("state", "link"):
                message = of(meter, kind)
                shown.update(discovery.render(message["topic"], message["payload"]))
            self.assertEqual(discovery.problems, [])
            self.assertEqual(shown.keys(), discovery.components.keys())
            self.assertNotIn(None, shown.values())

    def test_every_value_is_shown_and_to_scale(self):
        ours = {"serial", "manufacturer", "model", "firmware", "age_ms"}
        for meter in self.each_meter():
            discovery, message = found(meter), of(meter, "state")
            state = strict_json(message["payload"])
            shown = discovery.render(message["topic"], message["payload"])
            self.assertEqual(state.keys() - ours, shown.keys())
            for name in shown:
                config = discovery.components[name]
                self.assertEqual(discovery.members(name), {name})
                if not discovery.is_numeric(name):
                    self.assertEqual(shown[name], str(state[name]))
                    continue
                scale = 1000 if name.endswith("_permille") else SCALES.get(
                    config.get("unit_of_measurement"), 1)
                self.assertAlmostEqual(shown[name], state[name] / scale, places=3)

    def test_power_factors_are_between_minus_one_and_one(self):
        message = of("usual", "state")
        state = strict_json(message["payload"])
        state["power_factor_l2_permille"] = -987
        shown = found("usual").render(message["topic"], json.dumps(state))
        self.assertAlmostEqual(shown["power_factor_l2_permille"], -0.987)

    def test_what_is_missing_is_unknown(self):
        message = of("usual", "state")
        discovery = found("usual")
        shown = discovery.render(message["topic"], "{}")
        self.assertEqual(set(shown.values()), {None})
        self.assertEqual(discovery.problems, [])

    def test_stale_values_become_unavailable(self):
        for config in found("usual").components.values():
            self.assertGreater(config["expire_after"], 0)

    def test_the_energy_dashboard_finds_import_and_export(self):
        for name in ("energy_import_wh", "energy_export_wh"):
            config = found("usual").components[name]
            self.assertEqual((config["device_class"], config["state_class"]),
                             ("energy", "total_increasing"))

    def test_diagnostics_are_marked(self):
        marked = {name for name, config in found("usual").components.items()
                  if config.get("entity_category") == "diagnostic"}
        self.assertEqual(marked, {"link", "quality", "age", "meter_time"})

    def test_what_a_meter_lacks_is_removed(self):
        everything = found("usual").components.keys() | found("usual").removed
        for meter in self.each_meter():
            discovery = found(meter)
            self.assertEqual(discovery.components.keys() | discovery.removed, everything)
        self.assertIn("energy_import_t1_wh", found("old").removed)
        self.assertFalse({n for n in found("full").removed if n.startswith("energy")})

    def test_a_bridge_that_others_can_reach_is_linked(self):
        self.assertEqual(found("odd").device["configuration_url"], "http://pi.local:8080/")
        self.assertNotIn("configuration_url", found("usual").device)


class TheRules(unittest.TestCase):
    """They find what is wrong: each change to a good payload must be a problem."""

    CHANGES = {
        "no device": lambda d: d.pop("dev"),
        "no origin": lambda d: d.pop("o"),
        "no origin name": lambda d: d["o"].pop("name"),
        "no identifiers": lambda d: d["dev"].pop("ids"),
        "a bad URL": lambda d: d["dev"].update(cu="pi:8080"),
        "no components": lambda d: d.update(cmps={}),
        "an unknown member": lambda d: d.update(colour="red"),
        "no state topic": lambda d: d.pop("stat_t"),
        "a wildcard": lambda d: d.update(avty_t="meplink/#"),
        "no platform": lambda d: d["cmps"]["frequency_mhz"].pop("p"),
        "no unique id": lambda d: d["cmps"]["frequency_mhz"].pop("uniq_id"),
        "one unique id for two": lambda d: d["cmps"]["frequency_mhz"].update(
            uniq_id=d["cmps"]["tariff"]["uniq_id"]),
        "an object id": lambda d: d["cmps"]["frequency_mhz"].update(object_id="x"),
        "a bad entity id": lambda d: d["cmps"]["tariff"].update(default_entity_id="sensor.a__b"),
        "another domain": lambda d: d["cmps"]["tariff"].update(default_entity_id="light.a"),
        "an unknown class": lambda d: d["cmps"]["tariff"].update(device_class="tariff"),
        "a wrong unit": lambda d: d["cmps"]["frequency_mhz"].update(unit_of_measurement="mHz"),
        "a unit too many": lambda d: d["cmps"]["link"].update(unit_of_measurement="W"),
        "a wrong state class": lambda d: d["cmps"]["energy_import_wh"].update(
            state_class="measurement"),
        "no state class": lambda d: d["cmps"]["energy_import_wh"].pop("state_class"),
        "options alone": lambda d: d["cmps"]["tariff"].update(options=["1"]),
        "enum alone": lambda d: d["cmps"]["link"].pop("options"),
        "a negative expiry": lambda d: d["cmps"]["tariff"].update(exp_aft=-1),
        "an expiry as text": lambda d: d["cmps"]["tariff"].update(exp_aft="60"),
        "another category": lambda d: d["cmps"]["link"].update(ent_cat="config"),
        "a broken template": lambda d: d["cmps"]["link"].update(value_template="{{ value_json."),
    }

    def test_each_is_found(self):
        message = of("usual", "discovery")
        for name, change in self.CHANGES.items():
            with self.subTest(change=name):
                payload = copy.deepcopy(strict_json(message["payload"]))
                change(payload)
                problems = Discovery(message["topic"], json.dumps(payload)).problems
                self.assertEqual(len(problems) > 0, True)

    def test_bad_topics_and_no_json_are_found(self):
        message = of("usual", "discovery")
        for topic in ("homeassistant/device/a b/config", "homeassistant/device/a/state",
                      "other/device/a/config", "homeassistant/sensor/a/config"):
            self.assertTrue(Discovery(topic, message["payload"]).problems)
        for payload in ("", "[]", '{"dev":{},"dev":{}}', message["payload"][:-1]):
            self.assertTrue(Discovery(message["topic"], payload).problems)

    def test_bad_states_are_found(self):
        message = of("usual", "link")
        for payload in ('{"link":"fine"}', '{"age_ms":"x","link":"ok"}',
                        '{"quality_percent":"high"}'):
            discovery = found("usual")
            discovery.render(message["topic"], payload)
            self.assertTrue(discovery.problems)


class OriginalTopics(unittest.TestCase):
    def test_five_messages_that_agree_with_the_dashboards_document(self):
        for meter in METERS:
            with self.subTest(meter=meter):
                dash = strict_json(of(meter, "dash")["payload"])
                topics = {m["topic"]: m for m in METERS[meter]["legacy"]}
                self.assertEqual(topics.keys(), {
                    f"dabbler/{t}/mydatajson" for t in (
                        "sensors", "meterConsumptionTotal", "meterConsumptionFwd",
                        "meterConsumptionRev", "frequency")})
                for message in topics.values():
                    for name, value in strict_json(message["payload"]).items():
                        self.assertIs(type(value), int)
                        self.assertEqual(dash.get(name, value), value)

    def test_phases_agree_with_the_total(self):
        for meter in METERS:
            dash = strict_json(of(meter, "dash")["payload"])
            phases = sum(dash[f"L{n}_Fwd_W"] - dash[f"L{n}_Rev_W"] for n in (1, 2, 3))
            self.assertLessEqual(abs(dash["Fwd_W"] - dash["Rev_W"] - phases), 3)


class Prometheus(unittest.TestCase):
    """Read by Prometheus' own client library."""

    def test_all_values_with_their_labels(self):
        for meter in METERS:
            with self.subTest(meter=meter):
                state = strict_json(of(meter, "state")["payload"])
                families = list(text_string_to_metric_families(of(meter, "metrics")["payload"]))
                names = [family.name for family in families]
                self.assertEqual(len(names), len(set(names)))
                # The library calls what a counter X counts X_total.
                samples = {s.name.removesuffix("_total"): s
                           for family in families for s in family.samples}
                for name, value in state.items():
                    if type(value) is not int or name == "age_ms":
                        continue
                    sample = samples["meplink_" + name]
                    self.assertEqual(sample.value, value)
                    self.assertEqual(sample.labels["id"], "house")
                    self.assertRegex(sample.labels["meter"], "ACME|A")
                self.assertEqual(samples["meplink_link_ok"].value, 1)

    def test_labels_survive(self):
        families = text_string_to_metric_families(of("odd", "metrics")["payload"])
        labels = next(s.labels for f in families for s in f.samples
                      if s.name == "meplink_meter_info")
        self.assertEqual(labels["meter"], ' A"\\/+#{{\u00e6\ufffd\ufffd b')
        self.assertEqual(labels["model"], '"\\\ufffd')

    def test_types_and_help(self):
        text = of("usual", "metrics")["payload"]
        for family in text_string_to_metric_families(text):
            self.assertIn(family.type, ("counter", "gauge"))
            self.assertTrue(family.documentation)
            self.assertTrue(re.fullmatch(r"meplink_[a-z0-9_]+", family.name))


if __name__ == "__main__":
    unittest.main()
