"""packaging/need with a package manager of our own: what it installs, and what it makes of faults.

    need.py
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

NEED = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "need"

# Notes what it is asked; one package is there, and each command fails whose name is in FAILS.
FAKE = """#!/bin/sh
name=${0##*/}
echo "$name $*" >>"$NOTES"
case $name in
id) echo 0 ;;
dpkg-query) case $* in *here) printf 'ii ' ;; *) exit 1 ;; esac ;;
apt-get) for word in $FAILS; do case " $* " in *" $word "*) exit 100 ;; esac; done ;;
esac
exit 0
"""


class Need(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ("apt-get", "dpkg", "dpkg-query", "id"):
            (self.folder / name).write_text(FAKE)
            (self.folder / name).chmod(0o755)
        (self.folder / "list").write_text("here # a remark\nabsent absent:i386\n")

    def need(self, fails="", packages=None):
        if packages is not None:
            (self.folder / "list").write_text(packages)
        notes = self.folder / "notes"
        notes.write_text("")
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "NOTES": str(notes), "FAILS": fails}
        run = subprocess.run([NEED, self.folder / "list"], env=environment, capture_output=True, text=True, timeout=60)
        asked = [line for line in notes.read_text().splitlines() if not line.startswith(("dpkg-query", "id"))]
        return run, asked

    def test_only_what_is_missing_is_installed(self):
        run, asked = self.need()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(asked[0], "dpkg --add-architecture i386")
        self.assertTrue(asked[1].startswith("apt-get update"))
        self.assertTrue(asked[2].endswith(" absent absent:i386"), asked[2])
        self.assertEqual(len(asked), 3)

    def test_nothing_missing_nothing_done(self):
        run, asked = self.need(packages="here\n")
        self.assertEqual((run.returncode, asked), (0, []))

    def test_a_list_that_a_mirror_has_wrong_is_not_the_end(self):
        run, asked = self.need(fails="update")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("not every list of packages", run.stderr)
        self.assertTrue(asked[-1].endswith(" absent absent:i386"))

    def test_a_package_that_does_not_come_is(self):
        run, _ = self.need(fails="install")
        self.assertNotEqual(run.returncode, 0)


unittest.main()
