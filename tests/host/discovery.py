"""Home Assistant's rules for device-based MQTT discovery of sensors, as it documents them.

    found = Discovery(topic, payload)       what was retained on homeassistant/device/.../config
    found.problems                          what Home Assistant would reject or complain of
    found.components                        by id, with abbreviations and shared options resolved
    found.render(topic, payload)            what its entities would show after a message

Nothing of it knows our values: it would judge another device's messages alike.
"""
import json
import re

import jinja2

ABBREVIATIONS = {
    "avty": "availability", "avty_t": "availability_topic", "avty_mode": "availability_mode",
    "avty_tpl": "availability_template", "cmps": "components", "dev": "device",
    "dev_cla": "device_class", "en": "enabled_by_default", "ent_cat": "entity_category",
    "exp_aft": "expire_after", "frc_upd": "force_update", "ic": "icon", "o": "origin",
    "obj_id": "object_id", "ops": "options", "p": "platform", "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available", "stat_cla": "state_class", "stat_t": "state_topic",
    "sug_dsp_prc": "suggested_display_precision", "def_ent_id": "default_entity_id",
    "uniq_id": "unique_id", "unit_of_meas": "unit_of_measurement", "val_tpl": "value_template",
}
DEVICE_ABBREVIATIONS = {
    "cns": "connections", "cu": "configuration_url", "hw": "hw_version", "ids": "identifiers",
    "mdl": "model", "mdl_id": "model_id", "mf": "manufacturer", "sa": "suggested_area",
    "sn": "serial_number", "sw": "sw_version",
}
ORIGIN_ABBREVIATIONS = {"sw": "sw_version", "url": "support_url"}

DEVICE_MEMBERS = {"name", "via_device", *DEVICE_ABBREVIATIONS.values()}
SHARED = {"availability", "availability_mode", "availability_template", "availability_topic",
          "payload_available", "payload_not_available", "state_topic", "qos", "encoding"}
ROOT_MEMBERS = SHARED | {"device", "origin", "components"}
SENSOR_MEMBERS = SHARED | {
    "platform", "unique_id", "default_entity_id", "name", "device_class", "state_class",
    "unit_of_measurement", "suggested_display_precision", "value_template", "expire_after",
    "force_update", "enabled_by_default", "entity_category", "icon", "options",
}

# By device class: the units it may have (None: no unit) and the state classes.
TOTALS, MEASUREMENT = {"total", "total_increasing"}, {"measurement"}
DEVICE_CLASSES = {
    "apparent_power": ({"mVA", "VA", "kVA"}, MEASUREMENT),
    "current": ({"mA", "A"}, MEASUREMENT),
    "duration": ({"d", "h", "min", "s", "ms"}, TOTALS | MEASUREMENT),
    "energy": ({"J", "kJ", "MJ", "GJ", "mWh", "Wh", "kWh", "MWh", "GWh", "TWh", "cal", "kcal",
                "Mcal", "Gcal"}, TOTALS),
    "enum": ({None}, set()),
    "frequency": ({"Hz", "kHz", "MHz", "GHz"}, MEASUREMENT),
    "power": ({"mW", "W", "kW", "MW", "GW", "TW"}, MEASUREMENT),
    "power_factor": ({None, "%"}, MEASUREMENT),
    "reactive_energy": ({"varh", "kvarh"}, TOTALS),
    "reactive_power": ({"var", "kvar"}, MEASUREMENT),
    "timestamp": ({None}, set()),
    "voltage": ({"\u00b5V", "mV", "V", "kV", "MV"}, MEASUREMENT),
}
STATE_CLASSES = TOTALS | MEASUREMENT
TOPIC = re.compile(r"(?:[a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")
ENTITY_ID = re.compile(r"(?!.+__)(?!_)[a-z0-9_]+(?<!_)\.(?!_)[a-z0-9_]+(?<!_)")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def unique(pairs):
    """Names in an object must differ: a parser that takes the last one hides the first."""
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a name is given twice")
    return dict(pairs)


def strict_json(payload):
    def no_constant(name):
        raise ValueError(f"{name} is no JSON")

    text = payload.decode("utf-8") if isinstance(payload, bytes) else payload
    return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)


def is_topic(text):
    return (isinstance(text, str) and 0 < len(text.encode()) <= 65535 and "\0" not in text
            and "+" not in text and "#" not in text)


def is_url(text):
    return isinstance(text, str) and re.fullmatch(
        r"(https?|homeassistant)://[A-Za-z0-9.-]+(:\d{1,5})?(/\S*)?", text) is not None


class Discovery:
    def __init__(self, topic, payload, prefix="homeassistant"):
        self.problems = []
        self.components, self.removed, self.templates = {}, set(), {}
        start = prefix + "/device/"
        if not topic.startswith(start) or not TOPIC.fullmatch(topic[len(start):]):
            self.problem(f"topic {topic}")
        try:
            root = self.expand(strict_json(payload), ABBREVIATIONS, "the payload")
        except ValueError as error:
            self.problem(f"no JSON: {error}")
            return
        self.unknown(root, ROOT_MEMBERS, "the payload")
        self.device = self.expand(root.get("device"), DEVICE_ABBREVIATIONS, "device")
        self.origin = self.expand(root.get("origin"), ORIGIN_ABBREVIATIONS, "origin")
        self.check_device()
        self.check_origin()
        self.check_components(root)

    def problem(self, text):
        self.problems.append(text)

    def expand(self, mapping, names, where):
        if not isinstance(mapping, dict):
            self.problem(f"{where} is no object")
            return {}
        expanded = {}
        for name, value in mapping.items():
            if names.get(name, name) in expanded:
                self.problem(f"{where}: {name} is given in both its forms")
            expanded[names.get(name, name)] = value
        return expanded

    def unknown(self, mapping, names, where):
        for name in mapping.keys() - names:
            self.problem(f"{where}: {name} is not known")

    def texts(self, mapping, names, where):
        for name in names & mapping.keys():
            if not isinstance(mapping[name], str) or mapping[name] == "":
                self.problem(f"{where}: {name} is no text")

    def check_device(self):
        device = self.device
        self.unknown(device, DEVICE_MEMBERS, "device")
        ids = device.get("identifiers", [])
        ids = [ids] if isinstance(ids, str) else ids
        if not (ids or device.get("connections")):
            self.problem("device: neither identifiers nor connections")
        if not all(isinstance(text, str) and text for text in ids):
            self.problem("device: an identifier is no text")
        self.texts(device, DEVICE_MEMBERS - {"identifiers", "connections"}, "device")
        if "configuration_url" in device and not is_url(device["configuration_url"]):
            self.problem("device: configuration_url is no URL")

    def check_origin(self):
        self.unknown(self.origin, {"name", "sw_version", "support_url"}, "origin")
        self.texts(self.origin, set(self.origin), "origin")
        if "name" not in self.origin:
            self.problem("origin: no name")
        if "support_url" in self.origin and not is_url(self.origin["support_url"]):
            self.problem("origin: support_url is no URL")

    def check_components(self, root):
        components = root.get("components")
        if not isinstance(components, dict) or not components:
            self.problem("no components")
            return
        shared = {name: root[name] for name in SHARED & root.keys()}
        for name, component in components.items():
            config = self.expand(component, ABBREVIATIONS, name)
            if config.get("platform") != "sensor":
                self.problem(f"{name}: platform is {config.get('platform')}")
            elif len(config) == 1:
                self.removed.add(name)
            else:
                self.components[name] = {**shared, **config}
                self.check_sensor(name, self.components[name])
        for member in ("unique_id", "default_entity_id", "name"):
            given = [c.get(member) for c in self.components.values()]
            if len(given) != len(set(given)):
                self.problem(f"two components have one {member}")

    def check_sensor(self, name, config):
        if "object_id" in config:
            self.problem(f"{name}: object_id was removed, default_entity_id took its place")
        self.unknown(config, SENSOR_MEMBERS, name)
        for member in ("unique_id", "state_topic"):
            if not config.get(member):
                self.problem(f"{name}: no {member}")
        self.texts(config, {"unique_id", "name", "device_class", "state_class", "entity_category",
                            "unit_of_measurement", "value_template", "icon"}, name)
        for member in ("state_topic", "availability_topic"):
            if member in config and not is_topic(config[member]):
                self.problem(f"{name}: {member} is no topic")
        entity = config.get("default_entity_id", "sensor.x")
        if not ENTITY_ID.fullmatch(str(entity)) or not entity.startswith("sensor."):
            self.problem(f"{name}: default_entity_id {entity}")
        if config.get("entity_category", "diagnostic") != "diagnostic":
            self.problem(f"{name}: a sensor's entity_category is diagnostic or none")
        if not isinstance(config.get("enabled_by_default", True), bool):
            self.problem(f"{name}: enabled_by_default is no bool")
        expire = config.get("expire_after", 0)
        if type(expire) is not int or expire < 0:
            self.problem(f"{name}: expire_after {expire}")
        self.check_classes(name, config)
        self.compile(name, config)

    def check_classes(self, name, config):
        device_class, state_class = config.get("device_class"), config.get("state_class")
        unit, options = config.get("unit_of_measurement"), config.get("options")
        precision = config.get("suggested_display_precision")
        if state_class not in STATE_CLASSES | {None}:
            self.problem(f"{name}: state_class {state_class}")
        if precision is not None and (type(precision) is not int or precision < 0):
            self.problem(f"{name}: suggested_display_precision {precision}")
        if (options is not None) != (device_class == "enum"):
            self.problem(f"{name}: options belong to enum, and enum to options")
        if device_class is None:
            return
        if device_class not in DEVICE_CLASSES:
            self.problem(f"{name}: device_class {device_class}")
            return
        units, state_classes = DEVICE_CLASSES[device_class]
        if unit not in units:
            self.problem(f"{name}: {device_class} has unit {unit}")
        if state_class is not None and state_class not in state_classes:
            self.problem(f"{name}: {device_class} is {state_class}")
        if not state_classes and precision is not None:
            self.problem(f"{name}: {device_class} has a precision")
        if device_class == "energy" and state_class is None:
            self.problem(f"{name}: the energy dashboard wants a state_class")

    def compile(self, name, config):
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
        try:
            self.templates[name] = environment.from_string(
                config.get("value_template", "{{ value }}"))
        except jinja2.TemplateError as error:
            self.problem(f"{name}: {error}")

    def is_numeric(self, name):
        config = self.components[name]
        return config.get("device_class") not in ("enum", "timestamp") and any(
            member in config for member in ("device_class", "state_class", "unit_of_measurement",
                                            "suggested_display_precision"))

    def members(self, name):
        """Of the JSON, that a component looks at."""
        return set(re.findall(r"value_json\.(\w+)", self.components[name]["value_template"]))

    def render(self, topic, payload):
        """What each component that listens to a topic would show; None: unknown."""
        shown = {}
        state = strict_json(payload)
        for name, template in self.templates.items():
            if self.components[name]["state_topic"] != topic:
                continue
            try:
                text = template.render(value=payload, value_json=state)
            except (jinja2.TemplateError, TypeError) as error:
                self.problem(f"{name}: {error}")
                continue
            shown[name] = self.shown(name, text)
        return shown

    def shown(self, name, text):
        if text == "None":
            return None
        device_class = self.components[name].get("device_class")
        if device_class == "enum" and text not in self.components[name]["options"]:
            self.problem(f"{name}: {text} is none of its options")
        if device_class == "timestamp" and not TIMESTAMP.fullmatch(text):
            self.problem(f"{name}: {text} is no time with its zone")
        if not self.is_numeric(name):
            return text
        try:
            return float(text)
        except ValueError:
            self.problem(f"{name}: {text!r} is no number")
            return None
