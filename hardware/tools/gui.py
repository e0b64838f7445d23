"""What only KiCad's schematic editor can make, driven by keyboard under a virtual display.

Writes fab/schematic.pdf, fab/erc.txt and fab/netlist.net, and the checksums that tell when they are stale.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import fab

HOTKEYS = {"common.Control.plot": "Ctrl+Shift+P", "eeschema.InspectionTool.runERC": "Ctrl+F10",
           "eeschema.EditorControl.exportNetlist": "Ctrl+Shift+N"}

MAIN = r"meplink \[meplink/\]"


class Editor:
    """eeschema on a copy of the project, in its own X display."""

    def __init__(self, smd, work):
        self.dir = os.path.join(work, "meplink")
        shutil.copytree(smd, self.dir)
        config = os.path.join(work, "config", "6.0")
        os.makedirs(os.path.join(config, "colors"))
        for name, text in (("sym-lib-table", "(sym_lib_table)"), ("fp-lib-table", "(fp_lib_table)"),
                           ("user.hotkeys", "".join(f"{a}\t{k}\n" for a, k in HOTKEYS.items())),
                           ("eeschema.json", json.dumps({"meta": {"version": 1}, "plot": {"format": 4, "color": True}})),
                           ("kicad_common.json", json.dumps({"meta": {"version": 1}}))):
            with open(os.path.join(config, name), "w", encoding="utf-8") as f:
                f.write(text)
        read, write = os.pipe()
        self.jobs = [subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1200x24"],
                                      pass_fds=[write], stderr=subprocess.DEVNULL)]
        display = os.read(read, 16).decode().strip()
        self.env = dict(os.environ, DISPLAY=":" + display, KICAD_CONFIG_HOME=os.path.dirname(config),
                        HOME=work, LANG="C.UTF-8", GDK_BACKEND="x11")
        for command in (["openbox"], ["eeschema", os.path.join(self.dir, "meplink.kicad_sch")]):
            self.jobs.append(subprocess.Popen(command, env=self.env, cwd=self.dir, stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL))

    def xdo(self, *args):
        return subprocess.run(["xdotool", *args], env=self.env, capture_output=True, text=True).stdout.strip()

    def window(self, title, seconds=20):
        """Wait for a window whose title matches, bring it up and return its id."""
        end = time.time() + seconds
        while time.time() < end:
            found = self.xdo("search", "--onlyvisible", "--name", title).splitlines()
            if found:
                time.sleep(1.0)
                self.xdo("windowactivate", "--sync", found[-1])
                return found[-1]
            time.sleep(0.3)
        raise RuntimeError(f"no window {title!r} appeared; open: {self.xdo('search', '--onlyvisible', '--name', '.')}")

    def key(self, *keys):
        for k in keys:
            self.xdo("key", k)
            time.sleep(0.5)

    def click(self, window, from_right, from_bottom):
        """Click at a distance from the window's lower right corner."""
        size = dict(re.findall(r"(WIDTH|HEIGHT)=(\d+)", self.xdo("getwindowgeometry", "--shell", window)))
        self.xdo("mousemove", "--window", window, str(int(size["WIDTH"]) - from_right),
                 str(int(size["HEIGHT"]) - from_bottom), "click", "1")
        time.sleep(1.0)

    def wait_file(self, name, seconds=30):
        path = os.path.join(self.dir, name)
        end = time.time() + seconds
        while time.time() < end:
            if os.path.exists(path) and os.path.getsize(path):
                time.sleep(0.7)
                return path
            time.sleep(0.3)
        raise RuntimeError(f"{name} was not written; windows: " + self.xdo(
            "search", "--onlyvisible", "--name", ".", "getwindowname", "%@"))

    def close(self):
        for job in reversed(self.jobs):
            job.kill()
            job.wait()


def erc(editor):
    """Run the electrical rule check in an open editor; returns the path of its report."""
    editor.key("ctrl+F10")
    rules = editor.window("Electrical Rules Checker")
    editor.click(rules, 78, 27)  # button "Run ERC"
    time.sleep(3)
    editor.click(rules, 61, 76)  # button "Save..."
    editor.window("Save Report|Save")
    editor.key("Return")
    return editor.wait_file("ERC.rpt")


def control(smd):
    """The same clicks on a schematic with a fault must report it, or a clean report would mean nothing."""
    with tempfile.TemporaryDirectory() as work:
        faulty = os.path.join(work, "faulty")
        shutil.copytree(smd, faulty)
        path = os.path.join(faulty, "meplink.kicad_sch")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.sub(r"^  \(no_connect .*\n", "", text, 1, re.M))
        editor = Editor(faulty, work)
        try:
            editor.window(MAIN)
            time.sleep(3)
            with open(erc(editor), encoding="utf-8") as f:
                if "Errors 1" not in f.read():
                    raise RuntimeError("the rule check did not report a pin left open on purpose")
        finally:
            editor.close()


def make(smd, out, date):
    control(smd)
    with tempfile.TemporaryDirectory() as work:
        editor = Editor(smd, work)
        try:
            editor.window(MAIN)
            time.sleep(3)
            editor.key("ctrl+shift+p")
            editor.click(editor.window("Plot Schematic Options"), 78, 27)  # button "Plot All Pages"
            pdf = editor.wait_file("meplink.pdf")
            editor.key("Escape")
            editor.window(MAIN)
            editor.key("ctrl+shift+n")
            editor.window("Export Netlist")
            editor.key("Return")
            editor.window("Save Netlist File")
            editor.key("Return")
            net = editor.wait_file("meplink.net")
            editor.window(MAIN)
            for source, name in ((pdf, "schematic.pdf"), (net, "netlist.net"), (erc(editor), "erc.txt")):
                with open(source, "rb") as f:
                    data = fab.undated(f.read(), date).replace(editor.dir.encode(), b"hardware/smd")
                fab.write(os.path.join(out, name), data)
            subprocess.run(["pdftoppm", "-r", "110", "-png", "-singlefile", os.path.join(out, "schematic.pdf"),
                            os.path.join(out, "schematic")], check=True)
        finally:
            editor.close()
