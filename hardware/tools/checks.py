"""What the board must fulfil. Every check takes a Project and returns a list of problems (empty: passed)."""

import csv
import filecmp
import hashlib
import io
import json
import os
import re
import subprocess
import tempfile

import fab
import schematic
from board import Board, overlap, pcbnew

JLC = {"min_track_width": 0.127, "min_clearance": 0.127, "min_via_diameter": 0.6, "min_through_hole_diameter": 0.3,
       "min_copper_edge_clearance": 0.3, "min_hole_to_hole": 0.45}
LEVEL = {"ignore": 0, "warning": 1, "error": 2}
GUI_FILES = ("schematic.pdf", "schematic.png", "erc.txt", "netlist.net")


class Project:
    def __init__(self, hardware, header):
        self.hardware, self.header = hardware, header
        self._board = self._schematic = None

    def file(self, *parts):
        return os.path.join(self.hardware, *parts)

    def text(self, *parts):
        with open(self.file(*parts), encoding="utf-8") as f:
            return f.read()

    def data(self, *parts):
        return json.loads(self.text(*parts))

    @property
    def board(self):
        if self._board is None:
            self._board = Board(self.file("smd", "meplink.kicad_pcb"))
        return self._board

    @property
    def schematic(self):
        if self._schematic is None:
            self._schematic = schematic.Schematic(self.file("smd", "meplink.kicad_sch"))
        return self._schematic


def drc(p):
    with tempfile.TemporaryDirectory() as d:
        text = fab.drc_report(p.file("smd", "meplink.kicad_pcb"), os.path.join(d, "drc.txt"), "2000-01-01")
    counts = re.findall(r"\*\* Found (\d+) ", text)
    bad = re.findall(r"^\[\w+\]: .*", text, re.M)
    if len(counts) != 3:
        bad.append("the report lacks one of its three parts")
    elif any(c != "0" for c in counts) and not bad:
        bad.append("findings: " + " ".join(counts))
    return bad


def drc_rules(p):
    settings = p.data("smd", "meplink.kicad_pro")["board"]["design_settings"]
    bad = [f"{k} is {settings['rules'].get(k)}, JLCPCB needs {v}" for k, v in JLC.items()
           if settings["rules"].get(k, 0) < v - 1e-9]
    if settings.get("drc_exclusions"):
        bad.append("the project excludes findings")
    ours = settings.get("rule_severities", {})
    for name, default in p.data("expected", "severities.json")["severities"].items():
        if LEVEL[ours.get(name, "ignore")] < LEVEL[default]:
            bad.append(f"{name} is {ours.get(name)}, KiCad's default is {default}")
    rules = p.text("smd", "meplink.kicad_dru")
    for constraint, low in (("track_width", 0.127), ("clearance", 0.127), ("via_diameter", 0.6), ("hole_size", 0.3),
                            ("edge_clearance", 0.3), ("hole_to_hole", 0.45)):
        found = re.search(rf"\(constraint {constraint} \(min ([\d.]+)mm\)\)", rules)
        if not found or float(found.group(1)) < low:
            bad.append(f"meplink.kicad_dru has no {constraint} >= {low}")
    return bad


def silk(p):
    bad = []
    layers = (pcbnew.F_SilkS, pcbnew.B_SilkS)
    for text, owner in p.board.texts():
        if text.GetLayer() in layers:
            height, pen = text.GetTextHeight() / 1e6, text.GetTextThickness() / 1e6
            if height < 0.999 or text.GetTextWidth() / 1e6 < 0.999 or pen < 0.1499:
                bad.append(f"text {text.GetShownText()!r} {owner}: {height:.2f} high, pen {pen:.2f}")
    shapes = [d for d in p.board.pcb.GetDrawings() if d.GetClass() == "PCB_SHAPE"]
    for f in p.board.pcb.GetFootprints():
        shapes += [g for g in f.GraphicalItems() if g.GetClass() != "MTEXT"]
    bad += [f"silkscreen line {s.GetWidth() / 1e6:.3f} wide" for s in shapes
            if s.GetLayer() in layers and s.GetWidth() < 149000]
    return bad


def mask_webs(p, least=0.1):
    """Solder mask left between two openings: JLCPCB keeps webs of 0.1 mm and more."""
    bad = []
    margin = p.board.pcb.GetDesignSettings().m_SolderMaskMargin / 1e6
    for layer in (pcbnew.F_Mask, pcbnew.B_Mask):
        pads = [(q, f.GetReference()) for f in p.board.pcb.GetFootprints() for q in f.Pads() if q.IsOnLayer(layer)]
        boxes = [(p.board.box(q), q, r) for q, r in pads]
        for i, (a, qa, ra) in enumerate(boxes):
            for b, qb, rb in boxes[i + 1:]:
                gap = max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3]) - 2 * margin
                if gap < least - 1e-6 and not (ra == rb and qa.GetNumber() == qb.GetNumber()):
                    bad.append(f"{ra}.{qa.GetNumber()} and {rb}.{qb.GetNumber()}: mask web {gap:.3f}")
    return bad


def expected_nets(data):
    nets = {n: list(pins) for n, pins in data["reference"].items()}
    for split in data["splits"]:
        whole = sorted(nets.pop(split["net"]))
        parts = sorted(pin for pins in split["into"].values() for pin in pins)
        if whole != parts:
            raise ValueError(f"split of {split['net']} loses or invents pins")
        nets.update({n: list(pins) for n, pins in split["into"].items()})
    for name, pins in data["additions"].items():
        nets.setdefault(name, []).extend(pins)
    return {n: sorted(pins) for n, pins in nets.items()}


def compare_nets(what, nets, expected, unnamed=("Net-",)):
    bad = []
    by_pins = {tuple(pins): n for n, pins in nets.items()}
    for name, pins in expected.items():
        got = by_pins.pop(tuple(pins), None)
        if got is None:
            holders = sorted({n for n, q in nets.items() if set(q) & set(pins)})
            bad.append(f"{what}: net {name} should be {' '.join(pins)}; found " +
                       "; ".join(f"{h}: {' '.join(nets[h])}" for h in holders)[:300])
        elif got != name and not got.startswith(unnamed):
            bad.append(f"{what}: net {name} is called {got}")
    bad += [f"{what}: unexpected net {n}: {' '.join(pins)}" for pins, n in by_pins.items() if len(pins) > 1]
    return bad


def kicad_netlist(path):
    import sexpr
    nets = {}
    for net in sexpr.all_of(sexpr.first(sexpr.load(path), "nets"), "net"):
        pins = sorted(f"{sexpr.value(n, 'ref')}.{sexpr.value(n, 'pin')}" for n in sexpr.all_of(net, "node"))
        nets[sexpr.value(net, "name").lstrip("/")] = pins
    return nets


def netlist(p):
    data = p.data("expected", "netlist.json")
    expected = expected_nets(data)
    bad = list(p.schematic.problems)
    bad += compare_nets("schematic", p.schematic.nets, expected)
    loose = [pin for pin in p.schematic.unconnected if not pin.startswith("H")]
    if sorted(loose) != sorted(data["not_connected"]):
        bad.append(f"not connected differs: {sorted(set(loose) ^ set(data['not_connected']))}")
    for what, nets in (("board", p.board.nets()), ("KiCad's netlist", kicad_netlist(p.file("fab", "netlist.net")))):
        single = {pins[0] for pins in nets.values() if len(pins) == 1}
        if single - set(data["not_connected"]):
            bad.append(f"{what}: pins alone on a net: {sorted(single - set(data['not_connected']))}")
        bad += compare_nets(what, {n: q for n, q in nets.items() if len(q) > 1}, expected)
    return bad


def parts_agree(p):
    """The same designators, values and footprints in schematic and board; every part complete."""
    bad = []
    placed = p.board.footprints()
    bad += [f"{r} is only in one of schematic and board" for r in sorted(set(placed) ^ set(p.schematic.parts))]
    listed = fab.load_parts(p.file("expected", "parts.csv"))
    for ref, part in sorted(p.schematic.parts.items()):
        f = placed.get(ref)
        if f is None:
            continue
        if not part.value or not part.footprint:
            bad.append(f"{ref} lacks value or footprint")
        if part.footprint != f"meplink:{f.GetFPID().GetLibItemName()}" or part.value != f.GetValue():
            bad.append(f"{ref}: {part.value} {part.footprint} drawn, {f.GetValue()} {f.GetFPID().GetLibItemName()} placed")
        if not 0 <= f.GetOrientationDegrees() % 360 < 360 or f.GetOrientationDegrees() % 90:
            bad.append(f"{ref}: orientation {f.GetOrientationDegrees()}")
        out = bool(f.GetAttributes() & pcbnew.FP_EXCLUDE_FROM_BOM)
        if out != (part.properties.get("Fit") == "DNP" or not part.in_bom):
            bad.append(f"{ref}: fitted in one of schematic and board only")
        if part.in_bom and (part.value, part.footprint[8:]) not in listed:
            bad.append(f"{ref}: {part.value} {part.footprint} is not in expected/parts.csv")
    fits = {r for r, q in p.schematic.parts.items() if q.properties.get("Fit") != "DNP"}
    if len(fits & {"R3", "R4"}) != 1:
        bad.append("exactly one of R3 and R4 must be fitted")
    option = {"Q1", "Q2", "Q3", "D7", "C6", "R11", "R15", "R16", "R17", "R18", "R19", "R20", "R21", "R22"}
    if not (fits & option == set() and "R7" in fits):
        bad.append("the default order has R7 and nothing of the ENABLE option")
    return bad


def erc(p):
    text = p.text("fab", "erc.txt")
    found = re.search(r"ERC messages: (\d+)\s+Errors (\d+)\s+Warnings (\d+)", text)
    bad = [] if found and set(found.groups()) == {"0"} else ["KiCad's ERC report has findings or no summary"]
    if "rule_severities" in p.data("smd", "meplink.kicad_pro").get("erc", {}) and \
            "ignore" in p.data("smd", "meplink.kicad_pro")["erc"]["rule_severities"].values():
        bad.append("the project ignores electrical rules")
    return bad


def checksum(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def gui_sums(p):
    names = [("smd", "meplink.kicad_sch"), ("smd", "meplink.kicad_sym")] + [("fab", n) for n in GUI_FILES]
    return "".join(f"{checksum(p.file(*n))}  {'/'.join(n)}\n" for n in names)


def gui_fresh(p):
    """schematic.pdf, ERC report and netlist were made from the schematic as it is now."""
    wanted, now = p.text("fab", "schematic.sha256").splitlines(), gui_sums(p).splitlines()
    return [f"stale: {line.split()[1]} changed since hardware/build --gui" for line in now if line not in wanted]


PIN_MAP = {  # name in board_pins.h -> (net, GPIO name of the symbol's pin, level that turns it on or None)
    "METER_RXD": ("RXD2_TTL", None), "METER_TXD": ("TXD2_TTL", None), "ENABLE": ("ENABLE_TTL", 0),
    "TRANSCEIVER": ("RS3232_ENABLE", 1), "PROGRAM": ("ESP_PROGRAM", 0), "DEBUG_RXD": ("ESP_RXD0", None),
    "DEBUG_TXD": ("ESP_TXD0", None), "STATUS_LED": ("STATUS_LED", 1)}


def pin_map(p):
    """board_pins.h against the netlist: function, GPIO, module pin, polarity."""
    with open(p.header, encoding="utf-8") as f:
        text = re.sub(r"\\\n", " ", f.read())
    have = {n: int(v) for n, v in re.findall(r"^#define BOARD_SMD_(\w+)\s+(-?\d+)\b", text, re.M)}
    expected = expected_nets(p.data("expected", "netlist.json"))
    pads = {f"U2.{q.GetNumber()}": str(q.GetNetname()) for q in p.board.footprints()["U2"].Pads()}
    bad = []
    for name, (net, level) in PIN_MAP.items():
        gpio, pin = have.get(name + "_GPIO"), have.get(name + "_MODULE_PIN")
        if f"U2.{pin}" not in expected[net]:
            bad.append(f"{name}: module pin {pin} is not on net {net}")
        symbol = p.schematic.parts["U2"].pins.get(str(pin), "")
        if f"IO{gpio}" not in symbol.split("/"):
            bad.append(f"{name}: GPIO {gpio} is not module pin {pin} ({symbol})")
        if not any(q in expected[net] for q, n in pads.items() if q == f"U2.{pin}" and n):
            bad.append(f"{name}: the board does not connect module pin {pin}")
        if level is not None and have.get(name + "_ACTIVE") != level:
            bad.append(f"{name}: active level {have.get(name + '_ACTIVE')}, the circuit needs {level}")
    # where the levels come from, so that a changed circuit cannot keep an old polarity
    drawn = {pin: n for n, pins in expected.items() for pin in pins}
    same = lambda a, b: drawn.get(a) == drawn.get(b)
    facts = [("ENABLE: T1 inverts into T1OUT, D1 anode there", same("U2.29", "U1.11") and same("U1.14", "D1.2")),
             ("TRANSCEIVER: R4 from its pin to U1's supply", same("U2.8", "R4.2") and same("R4.1", "U1.16")),
             ("PROGRAM: J7 1-2 pulls to GND, R2 to +3V3", drawn["J7.2"] == "GND" and drawn["R2.2"] == "+3V3"),
             ("STATUS_LED: D9 cathode at GND", drawn["D9.1"] == "GND" and same("U2.37", "R9.1"))]
    return bad + [f"polarity, {text}: no longer so" for text, ok in facts if not ok]


def rebuilt(p):
    """Building again gives the committed files, byte for byte."""
    with tempfile.TemporaryDirectory() as d:
        fab.build(p.file("smd", "meplink.kicad_pcb"), p.file("expected", "parts.csv"), d)
        return [f"fab/{n} is not what hardware/build makes" for n in fab.GENERATED
                if not os.path.exists(p.file("fab", n)) or not filecmp.cmp(p.file("fab", n), os.path.join(d, n), False)]


def order_files(p):
    """The committed BOM and CPL list exactly the parts that the schematic says are fitted."""
    parts = {r: q for r, q in p.schematic.parts.items() if q.in_bom and q.properties.get("Fit") != "DNP"}
    by_hand = {"J1", "J2", "J3", "J4", "J5", "J6"}
    bom = list(csv.reader(io.StringIO(p.text("fab", "bom.csv"))))
    cpl = list(csv.reader(io.StringIO(p.text("fab", "cpl.csv"))))
    bad = []
    if bom[0] != ["Comment", "Designator", "Footprint", "LCSC Part #"] or \
            cpl[0] != ["Designator", "Mid X", "Mid Y", "Layer", "Rotation"]:
        bad.append("columns are not JLCPCB's")
    refs = [r for row in bom[1:] for r in row[1].split(",")]
    placed = [row[0] for row in cpl[1:]]
    for name, got, want in (("BOM", refs, set(parts)), ("CPL", placed, set(parts) - by_hand)):
        if sorted(got) != sorted(want):
            bad.append(f"{name} differs from the fitted parts: {sorted(set(got) ^ want) or 'a part twice'}")
    for row in bom[1:]:
        if not row[0] or not row[2] or (row[3] and not re.fullmatch(r"C\d+", row[3])):
            bad.append(f"BOM line incomplete: {row}")
    for row in cpl[1:]:
        if row[3] not in ("Top", "Bottom") or not re.fullmatch(r"\d+", row[4]):
            bad.append(f"CPL line incomplete: {row}")
    sources = fab.load_parts(p.file("expected", "parts.csv")).values()
    bad += [f"LCSC number {q['LCSC']} without a source" for q in sources if q["LCSC"] and not q["Source"]]
    return bad
