#!/usr/bin/env python3
"""Writes the exchanges of the JSON files beside it as a C header: vectors_to_c.py OUTPUT"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def load(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


def text(value):
    return "NULL" if value is None else json.dumps(str(value))


def main():
    examples = load("spec-examples.json")
    rows = []
    for e in examples["examples"] + load("field-exchanges.json")["exchanges"]:
        expect = e["expect"]
        rows.append("    {%s, %s, %s, %s, %d, %d, %s}," % (
            text(e["name"]), text(e.get("key")), text(e["request"]), text(e["response"]),
            expect.get("response_code", 0), expect.get("count", -1),
            text(expect.get("sequence"))))
    d = examples["digest"][0]
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write("/* Made by vectors_to_c.py. */\n"
                  "static const struct vector {\n"
                  "    const char *name, *key, *request, *response;\n"
                  "    int code, count;\n"
                  "    const char *sequence;\n"
                  "} vectors[] = {\n%s\n};\n\n"
                  "static const struct {\n"
                  "    const char *key, *message, *digest;\n"
                  "} digest_vector = {%s, %s, %s};\n" % (
                      "\n".join(rows), text(d["key"]), text(d["message"]), text(d["digest"])))


main()
