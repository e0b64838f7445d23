"""Coloured pictures of the board, composed from KiCad's own plots of each layer."""

import os
import re
import subprocess

from board import pcbnew

MASK, COPPER, GOLD, SILK, HOLE = "#0b5d2e", "#13803f", "#d9b45b", "#f4f4ee", "#20242a"
SCALE = 26  # pixels per mm
MARGIN = 1.5


def _inner(svg_path, colour):
    """The drawing inside an SVG that KiCad plotted in black, painted in one colour; and its units per mm."""
    with open(svg_path, encoding="utf-8") as f:
        text = f.read()
    width_mm = float(re.search(r'width="([\d.]+)(cm|mm)"', text).group(1)) * (10 if 'cm"' in text else 1)
    units = float(re.search(r'viewBox="0 0 ([\d.]+)', text).group(1)) / width_mm
    text = re.sub(r"<text.*?</text>", "", text, flags=re.S)  # invisible copies of the strokes, for searching
    text = text[text.index(">", text.index("<svg")) + 1:text.rindex("</svg>")]
    text = re.sub(r"<title>.*?</title>|<desc>.*?</desc>", "", text, flags=re.S)
    return re.sub("#000000", colour, text, flags=re.I), units, width_mm


def _outline(board):
    """Points of the board edge, in order."""
    lines = [(board.xy(d.GetStart()), board.xy(d.GetEnd())) for d in board.pcb.GetDrawings()
             if d.GetLayer() == pcbnew.Edge_Cuts]
    points = [lines[0][0], lines[0][1]]
    rest = lines[1:]
    while rest:
        i = next(i for i, (a, b) in enumerate(rest) if points[-1] in (a, b))
        a, b = rest.pop(i)
        points.append(b if a == points[-1] else a)
    return points[:-1]


def _png(svg, png, width):
    path = png[:-4] + ".render.svg"
    with open(path, "w", encoding="utf-8") as f:
        f.write(svg)
    subprocess.run(["rsvg-convert", "-w", str(width), path, "-o", png], check=True)
    os.remove(path)


def picture(board, work, png, back, plot):
    pick = (lambda f, b: b) if back else (lambda f, b: f)
    layers = [(pick(pcbnew.F_Cu, pcbnew.B_Cu), COPPER), (pick(pcbnew.F_Mask, pcbnew.B_Mask), GOLD),
              (pick(pcbnew.F_SilkS, pcbnew.B_SilkS), SILK)]
    drawn = []
    for layer, colour in layers:
        svg = plot(board, work, f"render{layer}", pcbnew.PLOT_FORMAT_SVG, [layer], SetUseAuxOrigin=False)
        inner, units, _ = _inner(svg, colour)
        drawn.append(inner)
    ox, oy = board.ox / 1e6, board.oy / 1e6
    points = _outline(board)
    edge = " ".join(f"{(x + ox) * units:.0f},{(y + oy) * units:.0f}" for x, y in points)
    holes = []
    items = [(t.GetPosition(), t.GetDrill()) for t in board.pcb.GetTracks() if t.GetClass() == "PCB_VIA"]
    for f in board.pcb.GetFootprints():
        for p in f.Pads():
            if p.GetDrillSize().x:
                items.append((p.GetPosition(), p.GetDrillSize().x))
    for at, drill in items:
        small = drill < 5e5  # covered vias: only a hint of the hole
        holes.append(f'<circle cx="{at.x / 1e6 * units:.0f}" cy="{at.y / 1e6 * units:.0f}" r="{drill / 2e6 * units:.0f}" '
                     f'fill="{MASK if small else HOLE}"/>')
    holes.sort()
    w = max(x for x, _ in points) + 2 * MARGIN
    h = max(y for _, y in points) + 2 * MARGIN
    view = f"{(ox - MARGIN) * units:.0f} {(oy - MARGIN) * units:.0f} {w * units:.0f} {h * units:.0f}"
    flip = f'transform="translate({(2 * ox + w - 2 * MARGIN) * units:.0f} 0) scale(-1 1)"' if back else ""
    body = "\n".join(drawn[:2]) + "\n".join(holes) + drawn[2]
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">'
           f'<rect x="0" y="0" width="{300 * units:.0f}" height="{300 * units:.0f}" fill="#ffffff"/>'
           f'<clipPath id="board"><polygon points="{edge}"/></clipPath><g {flip}><g clip-path="url(#board)">'
           f'<polygon points="{edge}" fill="{MASK}"/>{body}</g>'
           f'<polygon points="{edge}" fill="none" stroke="#06351a" stroke-width="{0.1 * units:.0f}"/></g></svg>')
    _png(svg, png, round(w * SCALE))


def drawing(svg_path, png, board, back):
    """A black drawing on white, cropped to the board."""
    inner, units, width_mm = _inner(svg_path, "#000000")
    points = _outline(board)
    w = max(x for x, _ in points) + 2 * MARGIN
    h = max(y for _, y in points) + 2 * MARGIN
    left = board.ox / 1e6 - MARGIN
    if back:  # KiCad mirrors about the page
        left = width_mm - board.ox / 1e6 - w + MARGIN
    view = f"{left * units:.0f} {(board.oy / 1e6 - MARGIN) * units:.0f} {w * units:.0f} {h * units:.0f}"
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">'
           f'<rect x="0" y="0" width="{300 * units:.0f}" height="{300 * units:.0f}" fill="white"/>{inner}</svg>')
    _png(svg, png, round(w * SCALE))
