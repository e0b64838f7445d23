#!/usr/bin/env python3
"""Makes mepd.conf.5 from what the program says of its keys:

    mepd --manual | docs/man/mepd.conf.py > docs/man/mepd.conf.5
"""
import re
import sys

HEAD = """\
.\\" Made by mepd.conf.py from mepd --manual.
.Dd November 23, 2026
.Dt MEPD.CONF 5
.Os
.Sh NAME
.Nm mepd.conf
.Nd configuration of mepd
.Sh DESCRIPTION
A line sets a key:
.Pp
.Dl mqtt.url = mqtt://broker.local
.Pp
The keys of a meter stand below a line that names it, with 1 to 32 letters,
digits, hyphens and underscores, and after all other keys:
.Bd -literal -offset indent
[meter house]
uri = /dev/ttyUSB0
key = @/etc/mepd/house.key
.Ed
.Pp
Elsewhere, on the settings page and in messages, they are called
.Li meter.house.uri .
.Pp
A
.Ql #
begins a comment where a line or a value begins, and after white space.
A value in double quotes may hold it, and
.Ql \\e\\(dq
and
.Ql \\e\\e .
The settings page changes single lines of the file and leaves all others as they
are.
.Pp
.Xr mepd 8
does not start with a file that is wrong; one that is wrong on SIGHUP changes
nothing.
Either way it says which line, which key, and what is accepted.
"""

TAIL = """\
.Sh FILES
.Bl -tag -width Ds -compact
.It Pa mepd.conf
in the directory of the data, unless
.Fl -config
names another
.El
.Sh SEE ALSO
.Xr mepd 8
"""


def escaped(text):
    text = text.replace("\\", "\\e").replace('"', '\\(dq')
    return "\\&" + text if text[:1] in (".", "'") else text


def sentences(text):
    """mdoc wants each on a line of its own, and knows where words end by itself."""
    return re.sub(r"(?<=[.;]) (?=[A-Z])", "\n", escaped(text))


def entry(text, key, value):
    shown = f" = {value}" if value else " ="
    return f'.It Li "{escaped(key + shown)}"\n{sentences(text)}.\n'


def main():
    comment = []
    print(HEAD, end="")
    print(".Sh KEYS\nWith their defaults:\n.Bl -tag -width Ds")
    for line in sys.stdin.read().split("\n\n", 1)[1].splitlines():
        key = re.fullmatch(r"#([a-z_.0-9]+) =(.*)", line)
        if line.startswith("#[meter"):
            print(".El\n.Sh KEYS OF A METER\n.Bl -tag -width Ds")
            comment = []
        elif key:
            print(entry(" ".join(comment), key[1], key[2].strip()), end="")
            comment = []
        elif line.startswith("# "):
            comment.append(line[2:])
    print(".El")
    print(TAIL, end="")


main()
