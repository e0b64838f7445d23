"""Run ngspice on the netlists here and count assertions. Values come from values.json alone."""
import json
import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = json.load(open(os.path.join(HERE, "values.json")))["parts"]
VALUES = {ref: part["value"] for ref, part in PARTS.items() if "value" in part}

counts = {"passed": 0, "failed": 0}


class SimError(Exception):
    pass


def text_of(name):
    with open(os.path.join(HERE, name)) as f:
        return f.read()


def ngspice(circuit, params, control, temp=25, data=None):
    """Run one netlist (its text) and return {name: number} of everything printed or measured.
    data: name of a wrdata file in the control block; its rows are returned under 'rows'."""
    if not shutil.which("ngspice"):
        raise SimError("ngspice is not installed (Debian package ngspice)")
    par = dict(VALUES, ks=1, kb=1, krb=1)
    par.update(params)
    deck = "* generated\n" + "".join(f".param {k}={v:.9g}\n" for k, v in par.items())
    deck += text_of("models.lib") + circuit + f".temp {temp}\n.control\n{control}\n.endc\n.end\n"
    with tempfile.TemporaryDirectory() as tmp:
        with open(os.path.join(tmp, "deck.cir"), "w") as f:
            f.write(deck)
        try:
            run = subprocess.run(["ngspice", "-b", "deck.cir"], cwd=tmp, text=True,
                                 capture_output=True, timeout=60)
        except subprocess.TimeoutExpired:
            raise SimError("ngspice did not finish within 60 s") from None
        out = {k.strip(): float(v) for k, v in
               re.findall(r"^(\S+(?: \S+)?)\s+=\s+([-+]?\d\S*)", run.stdout, re.M)}
        if data:
            path = os.path.join(tmp, data)
            if not os.path.exists(path):
                raise SimError(run.stdout[-1500:] + run.stderr[-1500:])
            with open(path) as f:
                out["rows"] = [[float(x) for x in line.split()] for line in f]
        if not out or "aborted" in run.stdout:
            raise SimError(run.stdout[-1500:] + run.stderr[-1500:])
    return out


def each(function, cases):
    """Run independent cases on both cores, results in order."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, cases))


def holds(value, op, limit):
    return {"<=": value <= limit, ">=": value >= limit, "<": value < limit, ">": value > limit}[op]


def verdict(ok, text):
    counts["passed" if ok else "failed"] += 1
    print(("ok    " if ok else "FAIL  ") + text, flush=True)


def number(value, unit):
    scale = {"mA": 1e3, "mW": 1e3, "mV": 1e3, "ms": 1e3, "us": 1e6, "uC": 1e6, "mJ": 1e3}.get(unit, 1)
    return f"{value * scale:.4g} {unit}"


def expect(what, value, op, limit, unit):
    verdict(holds(value, op, limit), f"{what}: {number(value, unit)} ({op} {number(limit, unit)})")


def must_fail(what, value, op, limit, unit):
    """Proof that an assertion can fail: a deliberate fault must break it."""
    verdict(not holds(value, op, limit),
            f"proof, {what}: {number(value, unit)} breaks {op} {number(limit, unit)}")


def report(what, text):
    print(f"note  {what}: {text}", flush=True)
