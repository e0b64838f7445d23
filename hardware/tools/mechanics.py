"""The mechanical interface, the clear zones, nothing outside; and the Gerbers as another program reads them."""

import os
import re
import subprocess
import tempfile
import zipfile

import fab
import render
from board import overlap, pcbnew, union

TOLERANCE = 0.01
DPI = 508  # 20 pixels per mm
ORIGIN = (-2.54, -30.48)  # mm, lower left of the picture
SIZE = (76.2, 33.02)


def _near(a, b):
    return abs(a[0] - b[0]) <= TOLERANCE + 1e-6 and abs(a[1] - b[1]) <= TOLERANCE + 1e-6


def interface(p):
    want, board, bad = p.data("expected", "mechanics.json"), p.board, []
    outline = [tuple(q) for q in want["outline"]]
    got = render._outline(board)
    if len(got) != len(outline) or any(not any(_near(g, w) for g in got) for w in outline):
        bad.append(f"outline is {got}")
    parts = board.footprints()
    for ref, at in want["holes"].items():
        pad = list(parts[ref].Pads())[0]
        if not _near(board.xy(pad.GetPosition()), at) or pad.GetAttribute() != pcbnew.PAD_ATTRIB_NPTH or \
                abs(pad.GetDrillSize().x / 1e6 - want["hole_diameter"]) > TOLERANCE:
            bad.append(f"hole {ref} at {board.xy(pad.GetPosition())}")
    for ref, spec in want["pads"].items():
        pads = {q.GetNumber(): q for q in parts[ref].Pads()}
        for number, at in spec["at"].items():
            pad = pads[number]
            if not _near(board.xy(pad.GetPosition()), at):
                bad.append(f"{ref}.{number} at {board.xy(pad.GetPosition())}, not {at}")
            if "drill" in spec and abs(pad.GetDrillSize().x / 1e6 - spec["drill"]) > TOLERANCE:
                bad.append(f"{ref}.{number}: drill {pad.GetDrillSize().x / 1e6}")
            if "size" in spec:
                box = board.box(pad)
                if not _near((box[2] - box[0], box[3] - box[1]), spec["size"]):
                    bad.append(f"{ref}.{number}: pad size {box[2] - box[0]:.3f} x {box[3] - box[1]:.3f}")
                if pad.IsOnLayer(pcbnew.B_Cu) != (spec["side"] == "back"):
                    bad.append(f"{ref}.{number} is on the wrong side")
    for name in want["square"]:
        ref, number = name.split(".")
        if next(q for q in parts[ref].Pads() if q.GetNumber() == number).GetShape() != pcbnew.PAD_SHAPE_RECT:
            bad.append(f"{name} is not square")
    if abs(board.body(parts["J6"])[1] - want["j6_tips_y"]) > TOLERANCE:
        bad.append(f"J6's pins end at y {board.body(parts['J6'])[1]:.3f}")
    u2, spec = parts["U2"], want["u2"]
    if any(abs(a - b) > TOLERANCE for a, b in zip(board.body(u2), spec["body"])):
        bad.append(f"U2's body is {board.body(u2)}")
    if abs(min(board.box(q)[1] for q in u2.Pads()) - spec["first_pad_y"]) > TOLERANCE:
        bad.append("U2's first pads are elsewhere")
    if board.body(u2)[3] - spec["antenna_height"] < spec["antenna_from_y"]:
        bad.append("U2's antenna does not clear the notch")
    return bad


def _extent(board, f):
    return union([board.body(f)] + [board.box(q) for q in f.Pads()])


def clear_zones(p):
    want, board, bad = p.data("expected", "mechanics.json")["clear"], p.board, []
    listed = fab.load_parts(p.file("expected", "parts.csv"))
    front, back, antenna = want["front_no_parts"], want["back_buck"], want["antenna"]["box"]
    for ref, f in board.footprints().items():
        box = _extent(board, f)
        if not f.IsFlipped() and ref not in front["except"] and overlap(box, front["box"]):
            bad.append(f"{ref} is in the front's clear zone")
        bare = f.IsFlipped() or any(q.IsOnLayer(pcbnew.B_Mask) for q in f.Pads())
        if bare and ref not in back["except"] and overlap(box, back["box"]):
            bad.append(f"{ref} is under the buck module")
        if ref.startswith(("TP", "H")) or ref in want["height_except"]:
            continue
        height = float(fab.part_of(listed, f)["Height"])
        limit = want["height_back"] if f.IsFlipped() else want["height_front"]
        if height > limit:
            bad.append(f"{ref} is {height} mm high, {limit} allowed")
    for d in board.pcb.GetDrawings():
        if d.GetLayer() == pcbnew.B_Mask and overlap(board.box(d), back["box"]):
            bad.append("a mask opening bares copper under the buck module")
    items = [(q, f"{f.GetReference()}.{q.GetNumber()}") for f in board.pcb.GetFootprints() for q in f.Pads()
             if q.GetAttribute() != pcbnew.PAD_ATTRIB_NPTH]
    items += [(t, f"{t.GetClass()} {t.GetNetname()}") for t in board.pcb.GetTracks()]
    for item, name in items:
        if overlap(board.box(item), antenna):
            bad.append(f"{name} is in the antenna's clear zone")
    for zone in board.pcb.Zones():
        for layer in (pcbnew.F_Cu, pcbnew.B_Cu):
            if zone.GetIsRuleArea() or not zone.IsOnLayer(layer):
                continue
            if not zone.GetFilledPolysList(layer).OutlineCount():
                bad.append(f"zone {zone.GetZoneName()} is not filled")
            steps = range(1, 16)
            for i in range(int((antenna[2] - antenna[0]) / 0.2)):
                x = antenna[0] + 0.1 + 0.2 * i
                ys = [antenna[1] + 0.02] + [antenna[1] + 0.5 * k for k in steps]
                if any(zone.HitTestFilledArea(layer, pcbnew.wxPoint(round(x * 1e6) + board.ox, round(y * 1e6) + board.oy))
                       for y in ys):
                    bad.append(f"copper of {zone.GetZoneName()} is in the antenna's clear zone at x {x:.1f}")
                    break
    return bad


def inside(p):
    """No part, track or text beyond the edge; only U2's antenna may reach into the notch."""
    board, bad = p.board, []
    notch = (9, 20, 37, 28)

    def out(box):
        return box[0] < 0 or box[1] < 0 or box[2] > 70 or box[3] > 28 or overlap(box, notch)

    for ref, f in board.footprints().items():
        body, pads = board.body(f), [board.box(q) for q in f.Pads()]
        if ref == "U2":
            if body[0] < 14 - TOLERANCE or body[2] > 32 + TOLERANCE or body[3] > 28 or any(out(b) for b in pads):
                bad.append("U2 leaves its place in the notch")
        elif any(out(b) for b in [body] + pads):
            bad.append(f"{ref} reaches beyond the edge")
    bad += [f"track of {t.GetNetname()} beyond the edge" for t in board.pcb.GetTracks() if out(board.box(t))]
    for text, owner in board.texts():
        if out(board.text_box(text)) and owner != "U2":
            bad.append(f"text {text.GetShownText()!r} {owner} beyond the edge")
    return bad


def _read(path):
    """One file through gerbv; returns (picture as grey levels, messages)."""
    from PIL import Image
    png = path + ".png"
    run = subprocess.run(["gerbv", "-x", "png", "-D", str(DPI), "-B", "0", "-O", f"{ORIGIN[0] / 25.4:.4f}x{ORIGIN[1] / 25.4:.4f}",
                          "-W", f"{SIZE[0] / 25.4:.4f}x{SIZE[1] / 25.4:.4f}", "-b", "#000000", "-f", "#FFFFFF", "-o", png, path],
                         capture_output=True, text=True)
    said = [s for s in run.stderr.splitlines() if re.search("CRITICAL|ERROR|WARNING", s) and "Gtk" not in s]
    return Image.open(png).convert("L"), said


def _pixel(x, y):
    return (round((x - ORIGIN[0]) / 25.4 * DPI), round((ORIGIN[1] + SIZE[1] + y) / 25.4 * DPI))


def _count_blobs(picture):
    """Separate white spots: the holes that were drilled."""
    w, h = picture.size
    lit = {i for i, v in enumerate(picture.getdata()) if v > 127}
    count = 0
    while lit:
        count += 1
        stack = [lit.pop()]
        while stack:
            i = stack.pop()
            for j in (i - 1, i + 1, i - w, i + w):
                if j in lit:
                    lit.remove(j)
                    stack.append(j)
    return count


def gerbers(p):
    board, bad = p.board, []
    want = p.data("expected", "mechanics.json")
    with tempfile.TemporaryDirectory() as d:
        with zipfile.ZipFile(p.file("fab", "meplink-gerbers.zip")) as z:
            names = sorted(z.namelist())
            z.extractall(d)
        expected = sorted([f"meplink.{ext}" for _, ext in fab.LAYERS] + ["meplink-PTH.drl", "meplink-NPTH.drl"])
        if names != expected:
            return [f"the zip holds {names}"]
        pictures = {}
        for name in names:
            pictures[name], said = _read(os.path.join(d, name))
            bad += [f"gerbv on {name}: {s}" for s in said]
            if pictures[name].getbbox() is None:
                bad.append(f"{name} is empty")
    x1, y1, x2, y2 = pictures["meplink.gm1"].getbbox()
    size = [v * 25.4 / DPI for v in (x2 - x1, y2 - y1)]
    if abs(size[0] - 70.1) > 0.11 or abs(size[1] - 28.1) > 0.11:  # the 0.1 mm line adds half its width on each side
        bad.append(f"outline measures {size[0]:.2f} x {size[1]:.2f} in the Gerber")
    vias = [t for t in board.pcb.GetTracks() if t.GetClass() == "PCB_VIA"]
    drilled = [q for f in board.pcb.GetFootprints() for q in f.Pads() if q.GetDrillSize().x]
    plated = len(vias) + sum(q.GetAttribute() == pcbnew.PAD_ATTRIB_PTH for q in drilled)
    for name, count in (("meplink-PTH.drl", plated), ("meplink-NPTH.drl", len(drilled) + len(vias) - plated)):
        got = _count_blobs(pictures[name])
        if got != count:
            bad.append(f"{name} drills {got} holes, the board has {count}")
    for f in board.pcb.GetFootprints():
        for q in f.Pads():
            x, y = board.xy(q.GetPosition())
            for layer, ext in ((pcbnew.F_Cu, "gtl"), (pcbnew.B_Cu, "gbl"), (pcbnew.F_Mask, "gts"), (pcbnew.B_Mask, "gbs")):
                lit = pictures[f"meplink.{ext}"].getpixel(_pixel(x, -(-y))) > 127
                plain = q.GetAttribute() != pcbnew.PAD_ATTRIB_NPTH or ext in ("gts", "gbs")
                if q.IsOnLayer(layer) and plain and not lit:
                    bad.append(f"{f.GetReference()}.{q.GetNumber()} is missing in meplink.{ext}")
    ax1, ay1, ax2, ay2 = want["clear"]["antenna"]["box"]
    for ext in ("gtl", "gbl"):
        if pictures[f"meplink.{ext}"].crop(_pixel(ax1, ay1) + _pixel(ax2, ay2)).getbbox():
            bad.append(f"meplink.{ext} has copper at the antenna")
    buck = pictures["meplink.gbs"].copy()
    for ref in want["clear"]["back_buck"]["except"]:
        bx = board.box(list(board.footprints()[ref].Pads())[0])
        buck.paste(0, _pixel(bx[0] - 0.1, bx[1] - 0.1) + _pixel(bx[2] + 0.1, bx[3] + 0.1))
    bx1, by1, bx2, by2 = want["clear"]["back_buck"]["box"]
    if buck.crop(_pixel(bx1, by1) + _pixel(bx2, by2)).getbbox():
        bad.append("meplink.gbs bares copper under the buck module")
    return bad
