"""One deliberate fault of each class, in a copy of the project; each must be noticed by its own check."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import checks
import mechanics
from board import Board, pcbnew


def _mm(v):
    return round(v * 1e6)


def edit(path, old, new, count=1):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    changed = text.replace(old, new, count)
    if changed == text:
        raise ValueError(f"{old!r} is not in {os.path.basename(path)}")
    with open(path, "w", encoding="utf-8") as f:
        f.write(changed)


def board_edit(change):
    """A fault made with KiCad's own functions and saved."""
    def apply(p):
        path = p.file("smd", "meplink.kicad_pcb")
        board = Board(path)
        change(board)
        pcbnew.SaveBoard(path, board.pcb)
    return apply


def move(ref, dx, dy):
    return board_edit(lambda b: b.footprints()[ref].Move(pcbnew.wxPoint(_mm(dx), _mm(dy))))


def cut_track(board):
    long = max((t for t in board.pcb.GetTracks() if t.GetClass() == "PCB_TRACK" and t.GetNetname() == "ENABLE"),
               key=lambda t: t.GetLength())
    board.pcb.Remove(long)


def add_track(x1, y1, x2, y2, width, net):
    def change(board):
        t = pcbnew.PCB_TRACK(board.pcb)
        t.SetStart(pcbnew.wxPoint(_mm(x1) + board.ox, _mm(y1) + board.oy))
        t.SetEnd(pcbnew.wxPoint(_mm(x2) + board.ox, _mm(y2) + board.oy))
        t.SetWidth(_mm(width))
        t.SetLayer(pcbnew.F_Cu)
        t.SetNet(board.pcb.FindNet(net))
        board.pcb.Add(t)
    return board_edit(change)


def swap_nets(one, two):
    def change(board):
        pads = {f"{f.GetReference()}.{q.GetNumber()}": q for f in board.pcb.GetFootprints() for q in f.Pads()}
        a, b = pads[one].GetNet(), pads[two].GetNet()
        pads[one].SetNet(b)
        pads[two].SetNet(a)
    return board_edit(change)


def small_text(board):
    board.footprints()["U1"].Reference().SetTextSize(pcbnew.wxSize(_mm(0.8), _mm(0.8)))


def text_out(board):
    label = next(t for t, owner in board.texts() if not owner and t.GetShownText() == "GND")
    label.SetPosition(pcbnew.wxPoint(_mm(69.8) + board.ox, _mm(3) + board.oy))


def thin_web(board):
    pads = {q.GetNumber(): q for q in board.footprints()["U1"].Pads()}
    pads["2"].SetSize(pcbnew.wxSize(_mm(1.6), _mm(1.65)))


def drill(board):
    list(board.footprints()["H1"].Pads())[0].SetDrillSize(pcbnew.wxSize(_mm(3.0), _mm(3.0)))


def to_back(board):
    f = board.footprints()["C9"]
    f.Flip(f.GetPosition(), False)
    f.SetPosition(pcbnew.wxPoint(_mm(20) + board.ox, _mm(9) + board.oy))


def sch(old, new):
    return lambda p: edit(p.file("smd", "meplink.kicad_sch"), old, new)


def header(old, new):
    return lambda p: edit(p.header, old, new)


def fab_line(name, pattern):
    def apply(p):
        text = p.text("fab", name)
        changed = re.sub(pattern, "", text, 1, re.M)
        if changed == text:
            raise ValueError(f"{pattern} not in {name}")
        with open(p.file("fab", name), "w", encoding="utf-8") as f:
            f.write(changed)
    return apply


def via_extra(board):
    v = pcbnew.PCB_VIA(board.pcb)
    v.SetPosition(pcbnew.wxPoint(_mm(60.05) + board.ox, _mm(9.05) + board.oy))
    v.SetWidth(_mm(0.6))
    v.SetDrill(_mm(0.3))
    v.SetNet(board.pcb.FindNet("GND"))
    board.pcb.Add(v)


def small_via(board):
    via = next(t for t in board.pcb.GetTracks() if t.GetClass() == "PCB_VIA")
    via.SetWidth(_mm(0.5))
    via.SetDrill(_mm(0.2))


def close_holes(board):
    via_extra(board)
    v = [t for t in board.pcb.GetTracks() if t.GetClass() == "PCB_VIA"][-1].Duplicate()
    v.Move(pcbnew.wxPoint(_mm(0.7), 0))
    board.pcb.Add(v)


def severity(p):
    edit(p.file("smd", "meplink.kicad_pro"), '"clearance": "error"', '"clearance": "ignore"')


def rule(p):
    edit(p.file("smd", "meplink.kicad_pro"), '"min_hole_to_hole": 0.45', '"min_hole_to_hole": 0.25')


def touch_pdf(p):
    with open(p.file("fab", "schematic.pdf"), "ab") as f:
        f.write(b"%")


FAULTS = [  # what is wrong, how it is made, which check must say so, a word of what it must say
    ("a cut track (ENABLE)", board_edit(cut_track), checks.drc, "unconnected|dangling"),
    ("a track 0.1 mm wide", add_track(60, 4, 64, 4, 0.1, "GND"), checks.drc, "track_width"),
    ("a track 0.1 mm from the edge", add_track(46, 0.2, 50, 0.2, 0.2, "GND"), checks.drc, "edge"),
    ("a via of 0.5 mm, drill 0.2", board_edit(small_via), checks.drc, "via_dia|padstack|drill"),
    ("two holes 0.4 mm apart", board_edit(close_holes), checks.drc, "hole_near_hole|hole_to_hole"),
    ("a severity turned off", severity, checks.drc_rules, "severit|clearance"),
    ("a looser rule", rule, checks.drc_rules, "hole_to_hole"),
    ("text 0.8 mm high", board_edit(small_text), checks.silk, "U1"),
    ("a mask web of 0.045 mm", board_edit(thin_web), checks.mask_webs, "U1"),
    ("TXD and RXD swapped on the board", swap_nets("J6.5", "J6.2"), checks.netlist, "board: net"),
    ("TXD and RXD swapped in the schematic", sch('(global_label "TXD2_TTL"', '(global_label "RXD2_TTL"'), checks.netlist, "schematic: net"),
    ("a wire removed from the schematic", sch("(no_connect", "(unknown"), checks.netlist, "not marked"),
    ("a value changed on the board", board_edit(lambda b: b.footprints()["R9"].SetValue("22k")), checks.parts_agree, "R9"),
    ("a part missing on the board", board_edit(lambda b: b.pcb.Remove(b.footprints()["C8"])), checks.parts_agree, "C8"),
    ("R4 fitted together with R3", sch('(property "Fit" "DNP"', '(property "Fit" "yes"'), checks.parts_agree, "R3 and R4|fitted"),
    ("an ERC finding", lambda p: edit(p.file("fab", "erc.txt"), "Errors 0", "Errors 1"), checks.erc, "ERC"),
    ("a schematic newer than its PDF", sch("TXD: to the meter.", "TXD: to the meter!"), checks.gui_fresh, "stale"),
    ("a PDF that is not the one made", touch_pdf, checks.gui_fresh, "schematic.pdf"),
    ("a wrong GPIO in board_pins.h", header("METER_RXD_GPIO       16", "METER_RXD_GPIO       17"), checks.pin_map, "METER_RXD"),
    ("a wrong module pin in board_pins.h", header("STATUS_LED_MODULE_PIN 37", "STATUS_LED_MODULE_PIN 36"), checks.pin_map, "STATUS_LED"),
    ("a wrong polarity in board_pins.h", header("BOARD_SMD_ENABLE_ACTIVE     0", "BOARD_SMD_ENABLE_ACTIVE     1"), checks.pin_map, "ENABLE"),
    ("J6 moved by 0.02 mm", move("J6", 0.02, 0), mechanics.interface, "J6"),
    ("a hole moved by 0.02 mm", move("H2", 0, 0.02), mechanics.interface, "H2"),
    ("a hole of 3.0 mm", board_edit(drill), mechanics.interface, "H1"),
    ("U2 moved towards the edge", move("U2", 0, -0.05), mechanics.interface, "U2"),
    ("a part in the front's clear zone", move("C5", 6, 0), mechanics.clear_zones, "C5"),
    ("a part under the buck module", board_edit(to_back), mechanics.clear_zones, "C9"),
    ("a polymer capacitor's height on the back", board_edit(lambda b: b.footprints()["C13"].Flip(b.footprints()["C13"].GetPosition(), False)), mechanics.clear_zones, "C13"),
    ("copper at the antenna", add_track(20, 19.5, 24, 19.5, 0.3, "GND"), mechanics.clear_zones, "antenna"),
    ("a part beyond the edge", move("F1", 1.5, 0), mechanics.inside, "F1"),
    ("text beyond the edge", board_edit(text_out), mechanics.inside, "GND"),
    ("a via that the Gerbers lack", board_edit(via_extra), mechanics.gerbers, "drills"),
    ("a part missing in the BOM", fab_line("bom.csv", r"^.*\bD5\b.*\n"), checks.order_files, "BOM"),
    ("a part missing in the CPL", fab_line("cpl.csv", r"^U2,.*\n"), checks.order_files, "CPL"),
    ("an outdated fabrication file", fab_line("cpl.csv", r"^U2,.*\n"), checks.rebuilt, "cpl"),
]


def one(index, hardware, header_path):
    """Make one fault in a copy and return (noticed, what was said)."""
    _, make, check, word = FAULTS[index]
    with tempfile.TemporaryDirectory() as d:
        copy = os.path.join(d, "hardware")
        shutil.copytree(hardware, copy, ignore=shutil.ignore_patterns("sim", "__pycache__"))
        shutil.copy(header_path, os.path.join(d, "board_pins.h"))
        project = checks.Project(copy, os.path.join(d, "board_pins.h"))
        pid = os.fork()  # KiCad's module does not survive a removed item, so the fault is made elsewhere
        if pid == 0:
            status = 1
            try:
                make(project)
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(pid, 0)[1]:
            return False, "the fault could not be made"
        said = check(project)
    hits = [s for s in said if re.search(word, s)]
    return bool(hits), (hits or said or ["nothing"])[0]


def run(hardware, header_path):
    """Yield (fault, noticed, what was said), each fault in a process of its own."""
    for index, (name, _, check, _) in enumerate(FAULTS):
        done = subprocess.run([sys.executable, "-B", os.path.abspath(__file__), str(index), hardware, header_path],
                              capture_output=True, text=True)
        line = next((s for s in done.stdout.splitlines() if s.startswith("{")), None)
        result = json.loads(line) if line else {"noticed": False, "said": done.stderr.strip()[-200:]}
        yield f"{name}: {check.__name__} says", result["noticed"], result["said"]


if __name__ == "__main__":
    noticed, said = one(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    print(json.dumps({"noticed": noticed, "said": said}), flush=True)
    os._exit(0)
