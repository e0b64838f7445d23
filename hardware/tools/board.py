"""Open the board with KiCad's own Python module; coordinates are mm from the auxiliary origin, y down."""

import os
import tempfile

os.environ.setdefault("KICAD_CONFIG_HOME", os.path.join(tempfile.gettempdir(), "meplink-kicad-config"))
os.makedirs(os.path.join(os.environ["KICAD_CONFIG_HOME"], "6.0", "colors"), exist_ok=True)

import pcbnew  # noqa: E402  (reads the environment when imported)

HERE = os.path.dirname(os.path.abspath(__file__))
HARDWARE = os.path.dirname(HERE)


class Board:
    def __init__(self, path):
        self.path = path
        self.pcb = pcbnew.LoadBoard(path)
        origin = self.pcb.GetDesignSettings().GetAuxOrigin()
        self.ox, self.oy = origin.x, origin.y

    def xy(self, point):
        return ((point.x - self.ox) / 1e6, (point.y - self.oy) / 1e6)

    def box(self, item):
        r = item.GetBoundingBox()
        x, y = (r.GetX() - self.ox) / 1e6, (r.GetY() - self.oy) / 1e6
        return (x, y, x + r.GetWidth() / 1e6, y + r.GetHeight() / 1e6)

    def footprints(self):
        """ref -> footprint"""
        return {f.GetReference(): f for f in self.pcb.GetFootprints()}

    def nets(self):
        """Net name -> sorted list of "REF.PIN"; repeated pads of one pin count once."""
        nets = {}
        for f in self.pcb.GetFootprints():
            for p in f.Pads():
                if p.GetNumber() and p.GetNetname():
                    nets.setdefault(str(p.GetNetname()).lstrip("/"), set()).add(f"{f.GetReference()}.{p.GetNumber()}")
        return {n: sorted(p) for n, p in nets.items()}

    def graphics(self, footprint, layers):
        return [g for g in footprint.GraphicalItems() if g.GetLayer() in layers]

    def body(self, footprint):
        """Box around the part itself: its outline on the fabrication layer, else its courtyard."""
        for layers in ((pcbnew.F_Fab, pcbnew.B_Fab), (pcbnew.F_CrtYd, pcbnew.B_CrtYd)):
            boxes = [self.shape_box(g) for g in self.graphics(footprint, layers) if g.GetClass() != "MTEXT"]
            if boxes:
                return union(boxes)
        return self.box(footprint)

    def shape_box(self, shape):
        """Box of a graphic without its line width, so that an outline drawn to size measures to size."""
        half = shape.GetWidth() / 2e6
        x1, y1, x2, y2 = self.box(shape)
        return (x1 + half, y1 + half, x2 - half, y2 - half)

    def texts(self):
        """Every visible text on the board, with its owner's reference or ''."""
        found = [(d, "") for d in self.pcb.GetDrawings() if d.GetClass() == "PTEXT"]
        for f in self.pcb.GetFootprints():
            for t in [f.Reference(), f.Value()] + [g for g in f.GraphicalItems() if g.GetClass() == "MTEXT"]:
                if t.IsVisible():
                    found.append((t, f.GetReference()))
        return found

    def text_box(self, text):
        """The inked box of a text: KiCad's own box adds a line's spacing above and below."""
        x1, y1, x2, y2 = self.box(text)
        ink = (text.GetTextHeight() + text.GetTextThickness()) / 1e6
        angle = (text.GetDrawRotation() if text.GetClass() == "MTEXT" else text.GetTextAngle()) / 10 % 180
        if 45 < angle < 135:
            cut = max(0.0, (x2 - x1 - ink) / 2)
            return (x1 + cut, y1, x2 - cut, y2)
        cut = max(0.0, (y2 - y1 - ink) / 2)
        return (x1, y1 + cut, x2, y2 - cut)


def union(boxes):
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def natural(ref):
    head = ref.rstrip("0123456789")
    return (head, int(ref[len(head):] or 0))
