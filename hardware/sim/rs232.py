"""RS-232 levels with the protection parts, and U1 supplied by IO32 through R4."""
from sim import VALUES, expect, must_fail, ngspice, report, text_of

SUPPLY = text_of("rs232.cir")
RUN = """tran 20n 3m 0 20n uic
let amps=i(Vio)
meas tran ipeak max amps
meas tran iload avg amps from=2.5m to=3m
meas tran vcc avg v(vcc) from=2.5m to=3m
meas tran t40 when amps=40m fall=last
meas tran t1 avg v(t1out) from=2.5m to=3m
meas tran t2 avg v(t2out) from=2.5m to=3m
meas tran charge integ amps from=0 to=0.2m
"""


def io32():
    expect("capacitance on the transceiver's supply (C3 + C5)", (VALUES["C3"] + VALUES["C5"]) * 1e6, "<=", 1, "uF")
    base = dict(vdd=3.4, rio=33, iq=1e-3, rpump=100, rdrv=55, rl1=9e3, rl2=3e3)
    for what, ch in (("ENABLE option, default drive", {}), ("R7, ENABLE 3 kohm, default drive", dict(rl1=3e3)),
                     ("R7, ENABLE 3 kohm, weak pin (37 ohm)", dict(rl1=3e3, rio=37)),
                     ("R7, ENABLE 3 kohm, strongest drive (16 ohm)", dict(rl1=3e3, rio=16.5))):
        got = ngspice(SUPPLY, {**base, **ch}, RUN)
        expect(f"R4, {what}: current from IO32, steady", got["iload"], "<=", 20e-3, "mA")
        expect(f"R4, {what}: U1's supply at 3V3 = 3.4 V", got["vcc"], ">=", 3.0, "V")
        expect(f"R4, {what}: current above 40 mA after switching on for", max(0, got.get("t40", 10e-6) - 10e-6), "<=", 100e-6, "us")
        report(f"R4, {what}", f"peak {got['ipeak'] * 1e3:.0f} mA, {got['charge'] * 1e6:.1f} uC in the first 0.2 ms, "
               f"T1OUT {got['t1']:.2f} V, T2OUT {got['t2']:.2f} V")
    got = ngspice(SUPPLY, {**base, "rio": 132, "rl1": 1e6}, RUN)
    expect("R4, IO32 at its weakest drive (132 ohm) for the first 2 ms, ENABLE off: peak current", got["ipeak"],
           "<=", 28e-3, "mA")
    report("R4, weakest drive", f"U1's supply reaches {got['vcc']:.2f} V; then the firmware raises the drive")
    got = ngspice(SUPPLY, {**base, "C5": 10e-6}, RUN)
    must_fail("10 uF at U1, IO32 above 40 mA for", got.get("t40", 10e-6) - 10e-6, "<=", 100e-6, "us")


TXD = """Vt t 0 {v}
Rt t t2out {rdrv}
R5 t2out txd {R5}
XD4 txd 0 esd
Rm txd 0 {rm}
"""
RXD = """Vm m 0 {v}
Rm m rxd 300
XD3 rxd 0 esd
R6 rxd r2in {R6}
Rin r2in 0 {rin}
"""


def levels():
    for sign in (1, -1):
        got = ngspice(TXD, dict(v=5.5 * sign, rdrv=300, rm=3e3), "op\nprint v(txd) v(t2out)")
        expect(f"TXD at J6.5, weakest driver, 3 kohm, {'+' if sign > 0 else '-'}", abs(got["v(txd)"]), ">=", 4.99, "V")
        for volts, need in ((5, 3), (15, 3)):
            v = ngspice(RXD, dict(v=volts * sign, rin=5e3), "op\nprint v(r2in)")["v(r2in)"]
            ideal = volts * 5000 / (5300 + VALUES["R6"])
            expect(f"RXD at R2IN from {volts * sign:+d} V: level", abs(v), ">=", need, "V")
            expect(f"RXD at R2IN from {volts * sign:+d} V: lost to D3", ideal - abs(v), "<=", .05, "V")
    edge = "tran 10n 60u\nmeas tran t3 trig v(txd) val=3 fall=1 targ v(txd) val=-3 fall=1"
    got = ngspice(TXD.replace("Vt t 0 {v}", "Vt t 0 pulse(5.5 -5.5 10u 10n 10n 1 2)") + "Cl txd 0 2.5n\n",
                  dict(rdrv=300, rm=3e3), edge)
    expect("TXD edge +3 V to -3 V with 2.5 nF of cable and D4, 4 % of a bit at 9600 baud", got["t3"], "<=", 4.17e-6, "us")
    got = ngspice(RXD.replace("XD3 rxd 0 esd", "XD3 rxd 0 esd vbr=6"), dict(v=15, rin=5e3), "op\nprint v(r2in)")
    must_fail("a 5 V protection diode on RXD, level lost at 15 V", 15 * 5000 / 5300 - got["v(r2in)"], "<=", .05, "V")


def main():
    io32()
    levels()


if __name__ == "__main__":
    main()
