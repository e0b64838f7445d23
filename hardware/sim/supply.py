"""The supply: bursts, start-up and inrush on ports A and B, and the power budget."""
from sim import PARTS, VALUES, each, expect, must_fail, ngspice, report, text_of

BOARD = text_of("supply.cir")
BULK = [r for r, p in PARTS.items() if p.get("text", "").startswith("33u") and p["fitted"]]
AGED = dict(F1=6.5, kc=.8, rbulk=.2 / len(BULK), rcan=3, rmod=.6, kr=1.05)      # capacitors -20 %, ESR doubled or worse
FRESH = dict(F1=1.4, kc=1.2, rbulk=.03 / len(BULK), rcan=.3, rmod=.1, kr=.95)
BASE = dict(vport=24, pa=1, ilim=.0417, ten=10, ien=0, cbulk=sum(VALUES[r] for r in BULK), ccan=22e-6,
            uvon=4.5, uvoff=4.0, vtrim=3.45, rdc=.03, lloop=2e-6, eff=.65, iq=5e-3, cmod=100e-6,
            vthr=2.93, tsup=.14, usup=1, trom=5e-3, ibase=.12, iburst=.4, ipulse=.379, irst=.01,
            tb1=.1, tp0=.15, **AGED)
PORT_B = dict(vport=28, pa=0)
EFFICIENCIES = (.65, .70, .80)
MEASURE = """let minv=0
meas tran tone when v(run)=0.002 rise=1
meas tran v33min min v(v33) from=$&tone to={tend}
meas tran v33max max v(v33) from=0 to={tend}
meas tran vinmin min v(vin) from=$&tone to={tend}
meas tran vinend find v(vin) at={tlast}
meas tran v33end find v(v33) at={tlast}
meas tran runend find v(run) at={tlast}
"""


def simulate(changes, tend=.6, extra="", data=None):
    params = {k: v for k, v in {**BASE, **changes}.items() if k != "tend"}
    control = f"tran 20u {tend} 0 20u uic\n" + MEASURE.format(tend=tend, tlast=tend - 1e-4) + extra
    return ngspice(BOARD, params, control, data=data)


def name(changes):
    return "port B (28 V, 1 ohm)" if "pa" in changes else "port A (24 V, 41.7 mA)"


def bursts():
    """Plug in, start, 400 mA for 15 ms, then 379 mA for 1 ms every 100 ms, on 120 mA."""
    cases = [{**port, "eff": eff, "vtrim": trim} for port in ({}, PORT_B) for eff in EFFICIENCIES for trim in (3.4, 3.5)]
    for case, got in zip(cases, each(simulate, cases)):
        what = f"{name(case)}, efficiency {case['eff']:.2f}, 3V3 trimmed to {case['vtrim']} V"
        expect(f"{what}: lowest 3V3 from start through the bursts", got.get("v33min", 0), ">=", 3.0, "V")
        expect(f"{what}: highest 3V3", got["v33max"], "<=", 3.6, "V")
        expect(f"{what}: running without a reset at 0.6 s for", got["runend"], ">=", .3, "s")
        expect(f"{what}: VIN recovered after the burst", got["vinend"], ">=", 22.0, "V")
    for what, ch in (("22 uF, ceramic", dict(cmod=22e-6, rmod=.02)), ("470 uF, 0.1 ohm", dict(cmod=470e-6, rmod=.1))):
        got = simulate(ch)
        report(f"port A, efficiency 0.65, buck module with another output capacitor ({what})",
               f"lowest 3V3 {got.get('v33min', 0):.2f} V, highest {got['v33max']:.2f} V")
    # The stricter reading of the burst, 400 mA on top of 120 mA: how many pieces would it take?
    for eff in EFFICIENCIES:
        for n in range(len(BULK), 10):
            got = simulate({"iburst": .52, "eff": eff, "cbulk": n * VALUES["C10"]})
            if got.get("v33min", 0) >= 3.0:
                break
        report(f"port A, efficiency {eff:.2f}, burst of 520 mA (400 on top of 120)",
               f"3V3 >= 3.0 V takes {n} x {VALUES['C10'] * 1e6:.0f} uF; fitted: {len(BULK)}")
    for eff in EFFICIENCIES:
        got = simulate({"eff": eff, "ten": .3, "ien": .0122, "tb1": .25},
                       extra="meas tran p24min min v(p24) from=0.35 to=0.6")
        report(f"port A, efficiency {eff:.2f}, 15 ms burst while ENABLE gives 10 mA",
               f"lowest 3V3 {got.get('v33min', 0):.2f} V, lowest +24V {got['p24min']:.1f} V (ENABLE needs 20 V for 9 V)")


def fate(changes):
    got = simulate(changes, changes.get("tend", .6))
    if got["runend"] > .05 and got.get("v33min", 0) >= 3.0:
        return f"starts, EN released after {(got['tone'] - 2e-3) * 1e3:.0f} ms"
    return f"does not start, VIN stays at {got['vinend']:.1f} V, 3V3 at {got['v33end']:.1f} V"


def startup():
    none = dict(usup=0, C7=1e-9, tend=.2)
    quiet = dict(tb1=9, tp0=9)              # start-up alone, no burst
    variants = (("reference (no bulk, no R8, no U3)", dict(cbulk=1e-9, rbulk=1, R8=.1, **none)),
                ("bulk alone (no U3)", none),
                ("bulk and C7 of 1 uF, no U3", dict(usup=0, tend=.2)),
                ("cure 1: bulk and a lock-out of the buck below 18 V, no U3", dict(uvon=18, uvoff=8, **none)),
                ("cure 2: bulk and C7 of 22 uF, no U3", dict(usup=0, C7=22e-6)))
    for (what, ch), text in zip(variants, each(lambda v: fate({**quiet, **v[1]}), variants)):
        report(f"port A start-up at efficiency 0.65, {what}", text)
    boot = [ma for ma in (20, 25, 30, 35, 40, 50) if fate({**quiet, **none, "ibase": ma / 1e3}).startswith("starts")]
    report("port A start-up at efficiency 0.65, bulk alone, largest load right after reset that starts",
           f"{max(boot, default=0)} mA")
    report("port A start-up at efficiency 0.65, as drawn (bulk and U3)", fate(quiet))


def inrush():
    fine = "let pr8=(v(p24)-v(vin))*(v(p24)-v(vin))/{r8}\nmeas tran imax max i(Vport)\nmeas tran pmax max pr8\n" \
           "meas tran energy integ pr8\nmeas tran vmax max v(vin)"
    p = {**BASE, **FRESH, **PORT_B}
    got = ngspice(BOARD, p, "tran 2u 40m 0 2u uic\n" + fine.format(r8=VALUES["R8"] * p["kr"]))
    expect("port B, inrush when plugged in (fresh capacitors +20 %)", got["imax"], "<=", 1.2, "A")
    expect("port B, highest VIN, 80 % of C10-C14's 35 V", got["vmax"], "<=", 28.0, "V")
    report("R8 when plugged in", f"{got['pmax']:.0f} W peak, {got['energy'] * 1e3:.0f} mJ in all")
    bare = ngspice(BOARD, {**p, "R8": .1}, "tran 1u 5m 0 1u uic\n" + fine.format(r8=.1))
    must_fail("R8 0.1 ohm, inrush", bare["imax"], "<=", 1.2, "A")


def budget(enable_amps, enable_amps_28):
    """Mean power at the port: 120 mA base, 379 mA pulses, ENABLE at 10 mA."""
    def case(c):
        p = {**c, "vtrim": 3.5, "tb1": 9, "tp0": .05, "ten": .3}
        return simulate(p, .9, "meas tran iavg avg i(Vport) from=0.6 to=0.9\nmeas tran p24min min v(p24) from=0.31 to=0.9")
    cases = [{"eff": eff, "ien": amps} for amps in (0, enable_amps) for eff in EFFICIENCIES]
    for c, got in zip(cases, each(case, cases)):
        what = f"port A, efficiency {c['eff']:.2f}, " + (f"ENABLE at 10 mA ({c['ien'] * 1e3:.1f} mA taken)" if c["ien"]
                                                         else "ENABLE not loaded")
        expect(f"{what}: mean power", 24 * got["iavg"], "<=", 1.0, "W")
        if c["ien"]:
            expect(f"{what}: lowest +24V, for ENABLE >= 9 V", got["p24min"], ">=", 20.0, "V")
            expect(f"{what}: lowest 3V3", got["v33min"], ">=", 3.0, "V")
    got = case({**PORT_B, "ien": enable_amps_28})
    report(f"port B, 28 V, efficiency 0.65, ENABLE at 10 mA ({enable_amps_28 * 1e3:.1f} mA taken)", f"{28 * got['iavg']:.2f} W")


def proofs():
    got = simulate({"cbulk": 10e-6})
    must_fail("10 uF in all as bulk, port A, efficiency 0.65, lowest 3V3", got.get("v33min", 0), ">=", 3.0, "V")
    got = simulate({"cbulk": 10e-6, "cmod": 1000e-6})
    must_fail("10 uF bulk and 1000 uF on 3V3 instead, lowest 3V3", got.get("v33min", 0), ">=", 3.0, "V")


def main(enable_amps, enable_amps_28):
    bursts()
    startup()
    inrush()
    budget(enable_amps, enable_amps_28)
    proofs()


if __name__ == "__main__":
    main(.0122, .0128)
