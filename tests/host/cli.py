"""mep without a meter: decode, key, table, help, and every way to ask wrongly."""
import json

from harness import *

ONES = "01" * 16
REQUEST = "00143f0017000000002c77635b9113db85a135a0575e"
RESPONSE = ("003700002c00000000000000000000000000000000080000000300000000000000000000000000000000"
            "00000006000000addcb82c3d417f91")
COMMANDS = ["read", "watch", "profile", "table", "info", "decode", "capture", "key"]


def vectors(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return json.load(file)


def decode(request, response, *more, **how):
    return mep("decode", "--request", request, "--response", response, "--json", *more, **how)


class Vectors(TestCase):
    def test_field_exchanges(self):
        for exchange in vectors("field-exchanges.json")["exchanges"]:
            result = decode(exchange["request"], exchange["response"])
            got = json.loads(result.stdout)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(list(got), ["table", "response_code", "digest", "values"])
            self.assertEqual(got["table"], exchange["table"])
            self.assertEqual(got["digest"], "unchecked")
            self.assertEqual(got["values"], {**got["values"], **exchange["expect"]})

    def test_published_examples(self):
        for example in vectors("spec-examples.json")["examples"]:
            key = ["--key", example["key"]] if example["key"] else []
            result = decode(example["request"], example["response"], *key)
            got = json.loads(result.stdout)
            expect = example["expect"]
            self.assertEqual(result.returncode, 0, example["name"])
            self.assertEqual(got["digest"], "ok" if key else "unchecked")
            self.assertEqual(got["response_code"], expect["response_code"])
            self.assertEqual(got.get("sequence"), expect.get("sequence"))
            if "utc" in expect:
                self.assertEqual(got["values"]["meter_time"], expect["utc"])
            if example["name"].startswith("partial read") and expect["response_code"] == 0:
                self.assertIn("values", got)
            else:
                self.assertNotIn("values", got)

    def test_writes_show_what_was_written(self):
        for example in vectors("spec-examples.json")["examples"]:
            if "write" in example["name"]:
                got = json.loads(decode(example["request"], example["response"]).stdout)
                self.assertTrue(got["written"])


class Decode(TestCase):
    def test_digest(self):
        ok = json.loads(decode(REQUEST, RESPONSE, "--key", ONES).stdout)
        self.assertEqual(ok["digest"], "ok")
        self.assertEqual(ok["values"]["power_outages"], 3)
        for bit in range(16, len(RESPONSE) * 4, 13):
            damaged = f"{int(RESPONSE, 16) ^ 1 << (len(RESPONSE) * 4 - 1 - bit):0{len(RESPONSE)}x}"
            result = decode(REQUEST, damaged, "--key", ONES)
            got = json.loads(result.stdout)
            self.assertEqual((result.returncode, got["digest"]), (1, "bad"))
            self.assertNotIn("values", got)

    def test_key_from_environment_and_file(self):
        for content in (ONES, ONES + "\n", "hex:" + ONES, ONES + "99999999\n"):
            path = self.write("key", content.encode())
            result = decode(REQUEST, RESPONSE, "--key", "@" + path)
            self.assertEqual(json.loads(result.stdout)["digest"], "ok")
        result = decode(REQUEST, RESPONSE, env={"MEP_KEY": ONES})
        self.assertEqual(json.loads(result.stdout)["digest"], "ok")
        result = decode(REQUEST, RESPONSE, "--key", ONES, env={"MEP_KEY": "not used"})
        self.assertEqual(json.loads(result.stdout)["digest"], "ok")

    def test_hex_as_people_paste_it(self):
        spaced = " ".join(RESPONSE[i:i + 2] for i in range(0, len(RESPONSE), 2)).upper()
        result = decode(":".join((REQUEST[:4], REQUEST[4:])), spaced, "--key", ONES)
        self.assertEqual(json.loads(result.stdout)["digest"], "ok")

    def test_alert_before_the_response(self):
        result = decode(REQUEST, "0000" + RESPONSE, "--key", ONES)
        self.assertEqual(json.loads(result.stdout)["digest"], "ok")

    def test_partial_read_starts_at_its_offset(self):
        got = json.loads(decode("00143f0017000004000800000000" + "00" * 8,
                                "0013" "00" "0008" "0100000002000000" + "00" * 8).stdout)
        self.assertEqual(got["values"], {"energy_export_wh": 1, "reactive_energy_import_varh": 2})

    def test_dimensions(self):
        # One summation and two tiers: three blocks of one number.
        result = decode("00143f0017000000000c00000000" + "00" * 8,
                        "0017" "00" "000c" "010000000200000003000000" + "00" * 8,
                        "--dimensions", "00 00 00 01 00 00 00 02 00 00")
        self.assertEqual(json.loads(result.stdout)["values"],
                         {"energy_import_wh": 1, "energy_import_t1_wh": 2,
                          "energy_import_t2_wh": 3})

    def test_refusal_has_no_values(self):
        got = json.loads(decode(REQUEST, "0009" "04" + "00" * 8).stdout)
        self.assertEqual(got, {"table": "BT23", "response_code": 4, "digest": "unchecked"})
        got = json.loads(decode(REQUEST, "00010b").stdout)
        self.assertEqual(got["response_code"], 11)

    def test_unknown_table_keeps_its_bytes(self):
        got = json.loads(decode("00143f0863000000000200000000" + "00" * 8,
                                "000d" "00" "0002" "abcd" + "00" * 8).stdout)
        self.assertEqual((got["table"], got["values"], got["data"]), ("ET99", {}, "abcd"))

    def test_lines_for_people(self):
        result = mep("decode", "--request", REQUEST, "--response", RESPONSE, "--key", ONES)
        self.assertEqual(result.returncode, 0)
        self.assertIn("digest ok", result.stdout)
        self.assertRegex(result.stdout, r"power_outage_s +8 s\n")

    def test_contradictions_are_told(self):
        # The count says 45 bytes, the frame has 44.
        result = decode(REQUEST, RESPONSE.replace("00002c", "00002d", 1))
        self.assert_one_line(result, 1, "contradict")
        result = decode("0014ff0017000000002c77635b9113db85a135a0575e", RESPONSE)
        self.assert_one_line(result, 1, "encrypted")
        result = decode(REQUEST.replace("002c", "002b", 1), RESPONSE)
        self.assert_one_line(result, 1, "more bytes than were asked for")


class Wrong(TestCase):
    def test_every_way_to_ask_wrongly(self):
        text = self.write("text", b"no capture\n")
        empty = self.write("empty", b"")
        bad_key = self.write("key", ONES.encode() + b"\n\n")
        ok = ["--request", REQUEST, "--response", RESPONSE]
        for args, *words in [
                ([], "read, watch, profile, table"),
                (["frobnicate"], "frobnicate", "read, watch, profile, table"),
                (["decode"], "--request", "--response"),
                (["decode", *ok[:2]], "--request", "--response"),
                (["decode", *ok, text], "not both"),
                (["decode", "--request", "0", *ok[2:]], "--request", "odd number"),
                (["decode", "--request", "0g", *ok[2:]], "--request", "hex digit"),
                (["decode", "--request", "", *ok[2:]], "--request", "empty"),
                (["decode", "--request", "00", *ok[2:]], "--request", "too short"),
                (["decode", "--request", "0000", *ok[2:]], "--request", "too short"),
                (["decode", *ok[:3], RESPONSE[:-2]], "--response", "length field of 55", "54"),
                (["decode", *ok[:3], RESPONSE + "00"], "--response", "length field of 55", "56"),
                (["decode", *ok[:3], "ab" * 600], "--response", "longer"),
                (["decode", *ok, "--key", "x"], "--key", "16 or 20", "32 or 40"),
                (["decode", *ok, "--key", ONES[:-1] + "x"], "--key", "hex digit"),
                (["decode", *ok, "--key", "@/dev/null/x"], "/dev/null/x", "accepted"),
                (["decode", *ok, "--key", "@" + bad_key], "key has the wrong length"),
                (["decode", *ok, "--dimensions", "0"], "--dimensions", "odd"),
                (["decode", *ok, "--dimensions", "00"], "--dimensions", "BT21"),
                (["decode", *ok, "--frob"], "--frob", "--request"),
                (["decode", *ok, "-x"], "-x", "--request"),
                (["decode", *ok, "--json=yes"], "--json", "no value"),
                (["decode", *ok, "--key"], "--key", "needs a value"),
                (["decode", "/dev/null/x"], "/dev/null/x", "mep capture"),
                (["decode", text], text, "mep capture"),
                (["decode", empty], empty, "mep capture"),
                (["decode", self.folder.name], "mep capture"),
                (["decode", text, "again"], "1 argument too many"),
                (["key"], "MEP_KEY"),
                (["key", "too short"], "16 or 20"),
                (["key", "æøå-æøå-æø"], "16"),
                (["table", "BT99"], "BT99", "BT23", "ET13"),
                (["table", ""], "BT23"),
                (["table", "--meter", "sim:"], "which"),
                (["capture", "--meter", "sim:"], "FILE"),
                (["capture", "/dev/null/x", "--meter", "sim:"], "/dev/null/x"),
                *[([c, "--key", KEY], "no meter", "sim:") for c in ("read", "watch", "info")],
                *[([c, "--meter", "/dev/ttyUSB0"], "no key", "MEP_KEY")
                  for c in ("read", "watch", "info")],
                *[(["read", "--key", KEY, "--meter", uri], uri, "tcp://host:port")
                  for uri in ("ttyUSB0", "tcp://", "tcp://host", "tcp://host:0",
                              "tcp://host:99999", "http://host:1", "sim", "/dev/x?bits=7")],
                (["read", "--key", KEY, "--meter", "/dev/x?baud=9601"], "9600", "115200"),
                (["read", "--key", KEY, "--meter", "/" + "a" * 999], "too long"),
        ]:
            with self.subTest(args=args):
                result = mep(*args)
                self.assert_one_line(result, 2, *words)
                self.assertEqual(result.stdout, "")

    def test_bad_key_in_the_environment(self):
        result = decode(REQUEST, RESPONSE, env={"MEP_KEY": "x"})
        self.assert_one_line(result, 2, "MEP_KEY")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([MEP, "table"], stdout=full, stderr=subprocess.PIPE,
                                    text=True, env=ENV, check=False)
        self.assert_one_line(result, 1, "standard output")


class Key(TestCase):
    def test_understood_and_never_shown(self):
        for key, *words in [
                ("abcdefghijklmnop", "16 ASCII"),
                ("abcdefghijklmnopqrst", "20 ASCII", "first 16"),
                ("01234567890123456789", "20 ASCII", "hex digits"),
                (ONES, "32 hex"),
                ("hex:" + ONES, "32 hex"),
                ("1234567890" * 4, "40 hex"),
        ]:
            for result in (mep("key", key), mep("key", env={"MEP_KEY": key}),
                           mep("key", "@" + self.write("key", key.encode() + b"\n"))):
                self.assertEqual(result.returncode, 0)
                for word in words:
                    self.assertIn(word, result.stdout)
                self.assertNotIn(key[:8], result.stdout + result.stderr)

    def test_bad_keys_are_not_shown_either(self):
        for args in (["key", "SECRET"], ["read", "--meter", "sim:", "--key", "SECRET"],
                     ["read", "--meter", "sim:", "SECRET"], ["read", "--kye=SECRET"],
                     ["key", "SECRET", "-xy"], ["read", "--key", "SECRET", "-xy"]):
            result = mep(*args)
            self.assert_one_line(result, 2)
            self.assertNotIn("SECRET", result.stdout + result.stderr)

    def test_others_do_not_find_it_in_the_list_of_processes(self):
        for form in (["--key", KEY], ["--key=" + KEY]):
            watch = start("watch", "--meter", "sim:", "--json", *form, stdout=subprocess.PIPE)
            self.addCleanup(watch.stdout.close)
            self.addCleanup(watch.kill)
            watch.stdout.readline()
            with open(f"/proc/{watch.pid}/cmdline", "rb") as file:
                self.assertNotIn(KEY.encode(), file.read())
            self.assertEqual(stop(watch), 0)


class Schema(TestCase):
    def test_all_tables(self):
        result = mep("table")
        self.assertEqual(result.returncode, 0)
        for name in ("BT01", "BT23", "BT28", "ET03", "ET55"):
            self.assertRegex(result.stdout, rf"(?m)^{name} ")
        rows = [json.loads(line) for line in mep("table", "--json").stdout.splitlines()]
        self.assertEqual(len(rows), len(result.stdout.splitlines()))

    def test_fields(self):
        for name in ("BT28", "bt28", "28", "0x1c"):
            result = mep("table", name)
            self.assertRegex(result.stdout, r"(?m)^ +104 +INT32 +W +3\.50 +power_import_l1_w$")
        rows = [json.loads(line) for line in mep("table", "BT28", "--json").stdout.splitlines()]
        self.assertEqual(len(rows), 55)
        self.assertEqual(rows[26], {"name": "power_import_l1_w", "offset": 104, "type": "INT32",
                                    "unit": "W", "since": "3.50"})

    def test_every_table_lists(self):
        for row in mep("table", "--json").stdout.splitlines():
            name = json.loads(row)["table"]
            self.assertEqual(mep("table", name).returncode, 0)
            for line in mep("table", name, "--json").stdout.splitlines():
                json.loads(line)


class Help(TestCase):
    def test_help_and_version(self):
        top = mep("--help")
        self.assertEqual((top.returncode, top.stderr), (0, ""))
        for command in COMMANDS:
            self.assertRegex(top.stdout, rf"(?m)^  {command} +\w")
            result = mep(command, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn(f"usage: mep {command} ", result.stdout)
        self.assertRegex(mep("--version").stdout, r"\Amep \d+\.\d+\.\d+\n\Z")


if __name__ == "__main__":
    main()
