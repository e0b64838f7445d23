"""Connectivity of a single-sheet KiCad 6 schematic, computed from its own file."""

import sexpr


def _um(x):
    return round(float(x) * 1000)


def _place(px, py, symbol):
    """Library point (mm, y up) to sheet point (um, y down) for one placed symbol."""
    at = sexpr.first(symbol, "at")
    x, y, turn = float(px), float(py), round(float(at[3])) % 360
    for _ in range(turn // 90):
        x, y = -y, x
    mirror = sexpr.value(symbol, "mirror")
    if mirror == "x":
        y = -y
    elif mirror == "y":
        x = -x
    return _um(float(at[1]) + x), _um(float(at[2]) - y)


class Part:
    def __init__(self, symbol):
        self.properties = {p[1]: p[2] for p in sexpr.all_of(symbol, "property")}
        self.ref = self.properties["Reference"]
        self.value = self.properties["Value"]
        self.footprint = self.properties.get("Footprint", "")
        self.in_bom = sexpr.value(symbol, "in_bom") == "yes"
        self.on_board = sexpr.value(symbol, "on_board") == "yes"
        self.pins = {}


class Schematic:
    """parts: ref -> Part; nets: name -> sorted list of "REF.PIN" (single pins included)."""

    def __init__(self, path):
        sheet = sexpr.load(path)
        if sexpr.all_of(sheet, "sheet"):
            raise ValueError("this check reads single-sheet schematics only")
        self._library = {s[1]: s for s in sexpr.first(sheet, "lib_symbols")[1:]}
        self._parent = {}
        self.parts = {}
        self.problems = []
        names = []  # (point, name)
        pins = []   # (point, "REF.PIN", type)
        for symbol in sexpr.all_of(sheet, "symbol"):
            self._add_symbol(symbol, names, pins)
        wires = [[(_um(p[1]), _um(p[2])) for p in sexpr.first(w, "pts")[1:]] for w in sexpr.all_of(sheet, "wire")]
        for a, b in wires:
            self._join(a, b)
        points = [(_um(j[1]), _um(j[2])) for j in (sexpr.first(n, "at") for n in sexpr.all_of(sheet, "junction"))]
        for kind in ("label", "global_label"):
            for label in sexpr.all_of(sheet, kind):
                at = sexpr.first(label, "at")
                points.append((_um(at[1]), _um(at[2])))
                names.append((points[-1], label[1]))
        for p in points:
            for a, b in wires:
                if self._on(p, a, b):
                    self._join(p, a)
        self.no_connects = [(_um(n[1]), _um(n[2])) for n in (sexpr.first(x, "at") for x in sexpr.all_of(sheet, "no_connect"))]
        self._name_nets(names, pins)

    def _add_symbol(self, symbol, names, pins):
        lib_id = sexpr.value(symbol, "lib_id")
        definition = self._library[lib_id]
        power = sexpr.first(definition, "power") is not None
        part = Part(symbol)
        for unit in sexpr.all_of(definition, "symbol"):
            for pin in sexpr.all_of(unit, "pin"):
                at = sexpr.first(pin, "at")
                point = _place(at[1], at[2], symbol)
                number = sexpr.value(pin, "number")
                if power:
                    if part.ref.startswith("#PWR"):
                        names.append((point, part.value))
                    self._find(point)
                else:
                    pins.append((point, f"{part.ref}.{number}", pin[1]))
                    part.pins[number] = sexpr.value(pin, "name")
        if not power:
            if part.ref in self.parts:
                self.problems.append(f"{part.ref} is drawn twice")
            self.parts[part.ref] = part

    def _find(self, p):
        self._parent.setdefault(p, p)
        while self._parent[p] != p:
            self._parent[p] = self._parent[self._parent[p]]
            p = self._parent[p]
        return p

    def _join(self, a, b):
        self._parent[self._find(a)] = self._find(b)

    @staticmethod
    def _on(p, a, b):
        cross = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
        return cross == 0 and min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])

    def _name_nets(self, names, pins):
        by_name = {}
        for point, name in names:  # the same name anywhere on the sheet is the same net
            self._join(point, by_name.setdefault(name, point))
        label = {}
        for point, name in names:
            root = self._find(point)
            if label.setdefault(root, name) != name:
                self.problems.append(f"one net has two names: {label[root]} and {name}")
        groups = {}
        for point, pin, _ in pins:
            groups.setdefault(self._find(point), []).append(pin)
        marked = {self._find(p) for p in self.no_connects if p in self._parent}
        self.nets, self.unconnected = {}, []
        for root, members in groups.items():
            members.sort()
            if root in label:
                self.nets[label[root]] = members
            elif len(members) > 1:
                self.nets[f"Net-({members[0]})"] = members
            else:
                self.unconnected.append(members[0])
                kind = next(t for p, n, t in pins if n == members[0])
                if root not in marked and kind != "no_connect":
                    self.problems.append(f"{members[0]} is connected to nothing and not marked so")
        self.unconnected.sort()
