#!/usr/bin/env python3
"""The deepest path of calls from main, by gcc's -fcallgraph-info=su files: stack.py FILE...

Calls through pointers (the caller's own callbacks) and the C library count nothing."""
import re
import sys

frames, calls = {}, {}
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        text = file.read()
    for title, size in re.findall(r'node: { title: "([^"]+)" label: "[^"]*?(\d+) bytes', text):
        frames[title] = int(size)
    for source, target in re.findall(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"', text):
        calls.setdefault(source, set()).add(target)


def deepest(function, above=()):
    """Bytes and path of the deepest chain of calls from a function."""
    if function in above:
        sys.exit("recursion: " + function)
    below = [deepest(f, above + (function,)) for f in calls.get(function, ()) if f in frames]
    size, path = max(below, default=(0, []))
    return frames[function] + size, [function] + path


size, path = deepest("main")
print("RESULT deepest path of calls: %d bytes of stack: %s" % (
    size, " > ".join("%s %d" % (f.split(":")[-1], frames[f]) for f in path)))
