"""Make everything a board house and an assembler need, the same bytes every time (dates become the board's)."""

import csv
import io
import os
import re
import shutil
import subprocess
import tempfile
import zipfile

from board import HARDWARE, Board, natural, pcbnew
import render

LAYERS = [("F_Cu", "gtl"), ("B_Cu", "gbl"), ("F_Mask", "gts"), ("B_Mask", "gbs"), ("F_SilkS", "gto"),
          ("B_SilkS", "gbo"), ("F_Paste", "gtp"), ("B_Paste", "gbp"), ("Edge_Cuts", "gm1")]
GENERATED = ("meplink-gerbers.zip", "bom.csv", "cpl.csv", "drc.txt", "top.png", "bottom.png",
             "assembly-top.pdf", "assembly-bottom.pdf", "assembly-top.png", "assembly-bottom.png")


def load_parts(path):
    with open(path, newline="", encoding="utf-8") as f:
        return {(r["Value"], r["Footprint"]): r for r in csv.DictReader(f)}


def part_of(parts, footprint):
    return parts[(footprint.GetValue(), str(footprint.GetFPID().GetLibItemName()))]


def fitted(board):
    """Parts of the default order, hand-soldered ones included."""
    return {r: f for r, f in board.footprints().items() if not f.GetAttributes() & pcbnew.FP_EXCLUDE_FROM_BOM}


def bom_csv(board, parts):
    groups = {}
    for ref, f in fitted(board).items():
        part = part_of(parts, f)
        groups.setdefault((part["Part"], part["Package"], part["LCSC"]), []).append(ref)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["Comment", "Designator", "Footprint", "LCSC Part #"])
    rows = [(p, sorted(refs, key=natural), package, lcsc) for (p, package, lcsc), refs in groups.items()]
    for comment, refs, package, lcsc in sorted(rows, key=lambda r: natural(r[1][0])):
        writer.writerow([comment, ",".join(refs), package, lcsc])
    return out.getvalue()


def cpl_csv(board, parts):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["Designator", "Mid X", "Mid Y", "Layer", "Rotation"])
    for ref, f in sorted(fitted(board).items(), key=lambda i: natural(i[0])):
        if f.GetAttributes() & pcbnew.FP_EXCLUDE_FROM_POS_FILES:
            continue
        x, y = board.xy(f.GetPosition())
        turn = (f.GetOrientationDegrees() + float(part_of(parts, f)["Rotation"])) % 360
        writer.writerow([ref, f"{x:.3f}mm", f"{-y:.3f}mm", "Bottom" if f.IsFlipped() else "Top", f"{turn:.0f}"])
    return out.getvalue()


def plot_options(controller):
    o = controller.GetPlotOptions()
    o.SetPlotFrameRef(False)
    o.SetUseAuxOrigin(True)
    o.SetPlotReference(True)
    o.SetPlotValue(False)
    o.SetPlotInvisibleText(False)
    o.SetPlotViaOnMaskLayer(False)  # vias are covered: nothing bare under the buck module
    o.SetSubtractMaskFromSilk(True)
    o.SetDrillMarksType(pcbnew.PCB_PLOT_PARAMS.NO_DRILL_SHAPE)
    o.SetColorSettings(pcbnew.GetSettingsManager().GetColorSettings("_builtin_default"))
    return o


def plot(board, directory, name, fmt, layers, **more):
    """Plot `layers` on top of each other into one file; returns its path."""
    controller = pcbnew.PLOT_CONTROLLER(board.pcb)
    options = plot_options(controller)
    options.SetOutputDirectory(directory)
    for key, value in more.items():
        getattr(options, key)(value)
    controller.SetLayer(layers[0])
    controller.OpenPlotfile(name, fmt, "")
    for layer in layers:
        controller.SetLayer(layer)
        controller.PlotLayer()
    controller.ClosePlot()
    return controller.GetPlotFileName()


def gerbers(board, directory):
    files = []
    for layer, ext in LAYERS:
        path = plot(board, directory, layer, pcbnew.PLOT_FORMAT_GERBER, [getattr(pcbnew, layer)],
                    SetUseGerberProtelExtensions=True, SetGerberPrecision=6, SetUseGerberX2format=False,
                    SetIncludeGerberNetlistInfo=False, SetCreateGerberJobFile=False)
        final = os.path.join(directory, f"meplink.{ext}")
        os.rename(path, final)
        files.append(final)
    writer = pcbnew.EXCELLON_WRITER(board.pcb)
    writer.SetFormat(True, pcbnew.EXCELLON_WRITER.DECIMAL_FORMAT, 3, 3)
    writer.SetOptions(False, False, board.pcb.GetDesignSettings().GetAuxOrigin(), False)
    writer.CreateDrillandMapFilesSet(directory, True, False)
    files += [os.path.join(directory, f"meplink-{kind}.drl") for kind in ("PTH", "NPTH")]
    return files


def undated(data, date):
    """Replace the moment of making by the board's own date, keeping lengths in PDF files."""
    text = data.decode("latin-1")
    text = re.sub(r"\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}:\d{2}([+-]\d{2}:\d{2})?", date + r"\g<1>00:00:00", text)
    text = re.sub(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}", date, text)
    text = re.sub(r"D:\d{14}", "D:" + date.replace("-", "") + "000000", text)
    text = re.sub(r"DRILL file (\{.*?\}) date .*", r"DRILL file \1 date " + date, text)
    return text.encode("latin-1")


def write(path, data):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode("utf-8"))


def make_zip(path, files, date):
    year, month, day = map(int, date.split("-"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for file in files:
            info = zipfile.ZipInfo(os.path.basename(file), (year, month, day, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with open(file, "rb") as f:
                z.writestr(info, undated(f.read(), date))


def drc_report(board_path, out, date):
    """KiCad's design rule check with the project's rules; returns the report's text."""
    pcb = pcbnew.LoadBoard(board_path)
    pcbnew.WriteDRCReport(pcb, out, pcbnew.EDA_UNITS_MILLIMETRES, True)
    with open(out, encoding="utf-8") as f:
        text = f.read().replace(board_path, os.path.basename(board_path))
    text = undated(text.encode("latin-1", "replace"), date).decode("latin-1")
    write(out, text)
    return text


def assembly(board_path, directory, date):
    """Drawing of each side: outlines, pads, designators inside the parts; parts not fitted are named in brackets."""
    for side, fab, back in (("top", pcbnew.F_Fab, False), ("bottom", pcbnew.B_Fab, True)):
        board = Board(board_path)
        default = fitted(board)
        for ref, f in board.footprints().items():
            f.Value().SetVisible(False)
            label = f.Reference()
            label.SetVisible(f.IsFlipped() == back)
            label.SetLayer(fab)
            label.SetMirrored(back)
            label.SetHorizJustify(pcbnew.GR_TEXT_HJUSTIFY_CENTER)
            x1, y1, x2, y2 = board.body(f)
            tall = y2 - y1 > x2 - x1 + 0.05
            if ref not in default and not ref.startswith(("TP", "H")):
                f.SetReference(f"({ref})")
            size = min(1.1, max(0.6, max(x2 - x1, y2 - y1) / len(f.GetReference()) * 0.95), max(0.6, min(x2 - x1, y2 - y1) * 0.8))
            label.SetTextSize(pcbnew.wxSize(round(size * 1e6), round(size * 1e6)))
            label.SetTextThickness(round(size * 1.2e5))
            label.SetPosition(pcbnew.wxPoint(round((x1 + x2) / 2 * 1e6) + board.ox, round((y1 + y2) / 2 * 1e6) + board.oy))
            label.SetTextAngle(((90 if tall else 0) - f.GetOrientationDegrees()) % 360 * 10)
            label.SetKeepUpright(True)
        silk = pcbnew.B_SilkS if back else pcbnew.F_SilkS
        for text, owner in board.texts():
            if not owner and text.GetLayer() == silk:
                text.SetLayer(pcbnew.Cmts_User)  # the board's own writing stays off the drawing
        layers = [fab, pcbnew.Edge_Cuts, silk]
        common = dict(SetMirror=back, SetSketchPadsOnFabLayers=True, SetUseAuxOrigin=False)
        pdf = plot(board, directory, "assembly-" + side, pcbnew.PLOT_FORMAT_PDF, layers, SetAutoScale=True, **common)
        svg = plot(board, directory, "assembly-" + side, pcbnew.PLOT_FORMAT_SVG, layers, **common)
        final = os.path.join(directory, f"assembly-{side}.pdf")
        with open(pdf, "rb") as f:
            data = undated(f.read(), date)
        write(final, data)
        render.drawing(svg, final[:-3] + "png", board, back)


def build(board_path, parts_path, out):
    """Everything in GENERATED from the board file, into directory `out`."""
    parts = load_parts(parts_path)
    board = Board(board_path)
    date = board.pcb.GetTitleBlock().GetDate()
    os.makedirs(out, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        make_zip(os.path.join(out, "meplink-gerbers.zip"), gerbers(board, work), date)
        write(os.path.join(out, "bom.csv"), bom_csv(board, parts))
        write(os.path.join(out, "cpl.csv"), cpl_csv(board, parts))
        for side, back in (("top", False), ("bottom", True)):
            render.picture(board, work, os.path.join(out, side + ".png"), back, plot)
        drc_report(board_path, os.path.join(out, "drc.txt"), date)
        assembly(board_path, work, date)
        for name in os.listdir(work):
            if name in GENERATED:
                shutil.copy(os.path.join(work, name), out)
