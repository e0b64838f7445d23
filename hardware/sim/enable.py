"""ENABLE: the option over supply, temperature, load, tolerance and every single fault; R7 variant."""
import itertools
import re

from sim import VALUES, each, expect, must_fail, ngspice, report, text_of

NOMINAL = dict(supply=24, t1v=5.9, t1r=300, ileak=0, it1leak=0, kr=1, krb=1, ks=1, kb=1,
               vz7=11, rz7=10, tc7=7.4e-3, vz5=11, rz5=10, tc5=7.4e-3)
TC_LO, TC_HI = 5.4e-3, 9.0e-3      # zener 11 V, V/K
V_LO, V_HI = 10.78, 11.22          # 2 %
# power each part may dissipate at 60 C ambient: package rating derated to 150 C (resistors: full to 70 C)
RATED = {"R11": .1, "R15": .1, "R16": .1, "R17": .1, "R20": .1, "R21": .1, "R22": .1, "R18": .25, "R19": .25,
         "Q1": .108, "Q2": .36, "Q3": .144, "D5": .266, "D7": .266, "D1": .5}
BOARD = text_of("enable.cir")
POWER = "\n".join(f"print @{r.lower()}[p]" for r in RATED if r[0] == "R") + """
print v(t1out,d1k)*i(vt1)
print v(enable)*i(v.xd5.vi)
print (v(ref)-v(d7a))*i(v.xd7.vi)
print @q.xq2.q1[p]
print @q.xq3.q1[p]
print @q.xq1.q1[p]+@q.xq1.q2[p]+@r.xq1.r1[p]+@r.xq1.r2[p]+@r.xq1.r3[p]+@r.xq1.r4[p]
"""


def powers(out):
    """Power per part out of a run with POWER."""
    key = {f"@{r.lower()}[p]": r for r in RATED if r[0] == "R"}
    key.update({"v(t1out,d1k)*i(vt1)": "D1", "v(enable)*i(v.xd5.vi)": "D5", "@q.xq2.q1[p]": "Q2",
                "@q.xq3.q1[p]": "Q3", "(v(ref)-v(d7a))*i(v.xd7.vi)": "D7"})
    got = {}
    for name, value in out.items():
        if name in key:
            got[key[name]] = abs(value)
        elif name.startswith("@q.xq1.q1[p]+"):
            got["Q1"] = abs(value)
    return got


def sweep(case):
    """Highest and lowest ENABLE over 0 to 10 mA, supply current at 10 mA."""
    params, temp = case
    out = ngspice(BOARD + "Iload enable 0 0\n", {**NOMINAL, **params},
                  "dc Iload 0 10m 1m\nlet hi=vecmax(v(enable))\nlet lo=vecmin(v(enable))\n"
                  "let amps=-i(V24)[10]\nlet idle=-i(V24)[0]\nprint hi lo amps idle", temp)
    return out["hi"], out["lo"], out["amps"], out["idle"]


def operating(case):
    """One operating point: (params, temperature, extra elements, board text)."""
    params, temp, extra, board = case
    out = ngspice(board + extra, {**NOMINAL, **params}, "op\nprint v(enable) i(V24)\n" + POWER, temp)
    return out["v(enable)"], -out["i(v24)"], powers(out)


def corners():
    for supply, temp, vz, vz5, tc, ks, kb, kr in itertools.product(
            (20, 28), (-10, 60), (V_LO, V_HI), (V_LO, V_HI), (TC_LO, TC_HI), (1 / 3, 3), (.5, 2), (.99, 1.01)):
        yield dict(supply=supply, vz7=vz, tc7=tc, ks=ks, kb=kb, kr=kr, rz7=20 if vz == V_LO else 10,
                   vz5=vz5, tc5=tc, krb=1.3 if kr > 1 else .7, t1v=5.5 if kr > 1 else 6.3), temp


def normal():
    got = each(sweep, list(corners()) + [(dict(supply=s), t) for s in (20, 24, 28) for t in (-10, 25, 60)])
    lo = min(g[1] for g in got)
    hi = max(g[0] for g in got)
    expect(f"ENABLE option, lowest of {len(got)} corners x 0-10 mA", lo, ">=", 9, "V")
    expect(f"ENABLE option, highest of {len(got)} corners x 0-10 mA", hi, "<=", 12, "V")
    typ = sweep(({}, 25))
    report("ENABLE option, typical at 24 V, 25 C", f"{typ[0]:.2f} V open, {typ[1]:.2f} V at 10 mA, "
           f"takes {typ[3] * 1e3:.2f} mA open, {typ[2] * 1e3:.2f} mA at 10 mA")
    # what the power budget must count: 10 mA load, resistors low, zener at either end
    return [max(got[2] for got in each(sweep, [
        (dict(supply=volts, kr=.99, krb=.7, vz7=v, vz5=V_LO, kb=.5), t) for v in (V_LO, V_HI) for t in (-10, 60)]))
        for volts in (24, 28)]


def short_circuit():
    cases = [(dict(supply=28, ks=ks, kb=2, kr=kr, krb=kr, t1v=6.3), t, "Rshort enable 0 1m\n", BOARD)
             for ks in (1 / 3, 1, 3) for kr in (.99, 1.01) for t in (-10, 25, 60)]
    got = each(operating, cases)
    amps = max(v / 1e-3 for v, _, _ in got)
    expect("ENABLE option, short-circuit current, 28 V, -10..60 C", amps, "<=", 20e-3, "mA")
    report("ENABLE option, lowest short-circuit current", f"{min(v / 1e-3 for v, _, _ in got) * 1e3:.1f} mA")
    for part, rated in RATED.items():
        expect(f"ENABLE shorted at 28 V, power in {part}, rating at 60 C",
               max(p[part] for _, _, p in got), "<=", rated, "mW")


def off_states():
    # 6 uA: Q1's and Q2's leakage at 60 C; T1OUT: driven low, unpowered (300 ohm), open, leaking 25 uA
    for what, extra in (("T1OUT low (reset, firmware off)", dict(t1v=-5.9)),
                        ("U1 unpowered, 300 ohm to ground", dict(t1v=0)),
                        ("no 3V3, T1OUT open", dict(t1v=0, t1r=1e12)),
                        ("no 3V3, T1OUT leaking 25 uA", dict(t1v=0, t1r=1e12, it1leak=25e-6))):
        got = each(operating, [(dict(supply=28, ks=ks, kb=2, ileak=6e-6, **extra), t, "", BOARD)
                               for ks in (1 / 3, 3) for t in (-10, 60)])
        expect(f"ENABLE option, off: {what}", max(abs(g[0]) for g in got), "<", .5, "V")


def faults(board):
    """Every short between two pins and every open pin of every part between *BOARD and *END."""
    head, rest = board.split("*BOARD\n")
    body, tail = rest.split("*END")
    lines = [x for x in body.splitlines() if x and x[0] != "*"]
    seen = set()
    for i, line in enumerate(lines):
        words = line.split()
        pins = []
        for word in words[1:]:
            if "{" in word or word in ("zener", "qpass", "qsmall", "prebias", "d1n4007"):
                break
            pins.append(word)
        ref = words[0].lstrip("X")

        def with_line(new):
            return head + "*BOARD\n" + "\n".join(lines[:i] + new + lines[i + 1:]) + "\n*END" + tail

        for a, b in itertools.combinations(range(len(pins)), 2):
            pair = (ref, *sorted((pins[a], pins[b])))
            if pins[a] != pins[b] and pair not in seen:
                seen.add(pair)
                yield f"{ref} short {pins[a]}-{pins[b]}", ref, with_line([line, f"Rfault {pins[a]} {pins[b]} 1m"])
        for a, pin in enumerate(pins):
            if len(pins) == 2 and a:
                break       # either end of a two-pin part is the same open
            new = words[:]
            new[1 + a] = "cut"
            yield f"{ref} open {pin}", ref, with_line([" ".join(new), f"Rfault cut {pin} 1g"])
    yield "R7 fitted beside the option", "R7", head + "*BOARD\n" + "\n".join(lines) + \
        "\nRfault d1k enable 1m\n*END" + tail


def fault_case(board, t1v, temp, ks):
    return dict(supply=28, vz5=V_HI, tc5=TC_HI, rz5=20, vz7=V_HI, tc7=TC_HI, rz7=20, ks=ks, t1v=t1v), temp, "", board


def single_faults():
    every = list(faults(BOARD))
    keys = [(name, ref, board, *c) for name, ref, board in every
            for c in ((6.3, -10, 1), (6.3, 60, 1), (-6.3, 60, 3))]
    got = each(operating, [fault_case(board, t1v, temp, ks) for _, _, board, t1v, temp, ks in keys])
    worst = max(range(len(keys)), key=lambda i: got[i][0])
    expect(f"ENABLE option, highest under {len(every)} single faults ({keys[worst][0]}, {keys[worst][4]} C)",
           got[worst][0], "<=", 13, "V")
    # A fault may overload another part: then that part's own failure must not lift ENABLE either.
    follow = []
    for key, (_, _, power) in zip(keys, got):
        for part, watts in power.items():
            if watts > RATED[part] and part != key[1]:
                follow.append((key, part, watts))
    lines = []
    for key, part, watts in follow:
        for name, ref, board in faults(re.sub(r"Rfault", "Rfirst", key[2]).replace(" cut", " gap")):
            if ref == part:
                lines.append((f"{key[0]} then {name}", fault_case(board, *key[3:])))
    if lines:
        overloaded = sorted({f"{p} by {k[0]} ({w * 1e3:.0f} mW)" for k, p, w in follow})
        report("ENABLE option, parts overloaded by a fault", "; ".join(overloaded))
        second = each(operating, [c for _, c in lines])
        i = max(range(len(lines)), key=lambda n: second[n][0])
        expect(f"ENABLE option, highest of {len(lines)} consequent second faults ({lines[i][0]})",
               second[i][0], "<=", 13, "V")
    else:
        report("ENABLE option", "no single fault overloads another part")


def transient(name, extra, tend, params, what):
    out = ngspice(BOARD + extra, {**NOMINAL, **params}, f"tran 0.2u {tend} 0 0.2u\n{what}\n"
                  f"wrdata rows {name}", 25, "rows")
    return out


def dynamics():
    for cap in (1e-12, 1e-9, 100e-9):
        extra = f"Cline enable 0 {cap}\nSsh enable 0 ctl 0 sw\n.model sw sw(vt=0.5 ron=0.1 roff=1e9)\n" \
                "Vctl ctl 0 pulse(0 1 0.5m 1u 1u 1m 10m)\n"
        out = transient("v(enable)", extra, "3m", dict(supply=28), "meas tran peak max v(enable) from=1.5m to=3m\n"
                        "meas tran ripple pp v(enable) from=2.8m to=3m\nlet drop=v(q2e)-v(enable)\nmeas tran lim pp drop from=1.3m to=1.49m")
        expect(f"ENABLE option, overshoot after a short, {cap * 1e9:.3g} nF line", out["peak"], "<=", 12, "V")
        expect(f"ENABLE option, ripple after it, {cap * 1e9:.3g} nF line", out["ripple"], "<=", 20e-3, "mV")
        expect(f"ENABLE option, ripple of the limited current, {cap * 1e9:.3g} nF line",
               out["lim"] / VALUES["R20"], "<=", .5e-3, "mA")
    hot = ngspice(BOARD.replace("V24  p24 0 {supply}", "V24 p24 0 pwl(0 0 1u 0 2u 28)"),
                  {**NOMINAL, "t1v": 0}, "tran 0.1u 2m 0 0.1u\nmeas tran peak max v(enable)", 60)
    expect("ENABLE option, plugged in within 1 us with U1 unpowered: peak", hot["peak"], "<", .5, "V")


def reference():
    """R7 fitted: T1OUT through D1 and R7, clamp D5 in place."""
    def circuit(load):
        return "Vt1 t1i 0 {t1v}\nRt1 t1i t1out {t1r}\nXD1 t1out d1k d1n4007\nR7 d1k enable 1m\n" \
               f"XD5 0 enable zener vz={V_LO} tc={TC_HI}\n{load}\n"

    def level(t1v, load, temp=25, t1r=300):
        return ngspice(circuit(load), dict(t1v=t1v, t1r=t1r), "op\nprint v(enable)", temp)["v(enable)"]

    typ = level(5.94, "Rl enable 0 3k")
    low = level(5.5, "Rl enable 0 3k", -10)
    report("ENABLE with R7 (reference), 3 kohm", f"{typ:.2f} V typical, {low:.2f} V with the weakest driver at -10 C")
    expect("ENABLE with R7, 3 kohm, weakest driver", low, ">=", 4.0, "V")
    report("ENABLE with R7, typical driver", ", ".join(
        f"{level(5.94, f'Il enable 0 {ma}m'):.2f} V at {ma} mA" for ma in (.01, 1, 2, 5, 10)))
    expect("ENABLE with R7, D5's influence at 5.4 V", level(6.3, "Rl enable 0 1meg"), ">=", 5.3, "V")
    expect("ENABLE with R7, off", abs(level(-5.94, "Rl enable 0 22k", 60)), "<", .5, "V")


def proofs():
    cut = BOARD.replace("XD5 ", "*XD5 ").replace("XD7 ", "*XD7 ")
    high = ngspice(cut + "Iload enable 0 0\n", {**NOMINAL, "supply": 28}, "op\nprint v(enable)")["v(enable)"]
    must_fail("both clamps missing", high, "<=", 13, "V")
    amps = operating((dict(supply=28, R20=1), 25, "Rshort enable 0 1m\n", BOARD))[0] / 1e-3
    must_fail("R20 1 ohm, short-circuit current", amps, "<=", 20e-3, "mA")
    must_fail("a 9.1 V zener as D7, 20 V, 10 mA", sweep((dict(vz7=9.1, supply=20), -10))[1], ">=", 9, "V")


def main():
    supply_amps = normal()
    short_circuit()
    off_states()
    single_faults()
    dynamics()
    reference()
    proofs()
    return supply_amps


if __name__ == "__main__":
    main()
