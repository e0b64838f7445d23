"""Read KiCad's s-expressions into nested lists; strings and atoms both become str."""

import re

_TOKEN = re.compile(r'\(|\)|"((?:[^"\\]|\\.)*)"|([^\s()"]+)')


def parse(text):
    stack = [[]]
    for m in _TOKEN.finditer(text):
        token = m.group(0)
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        elif m.group(1) is not None or token == '""':
            stack[-1].append(re.sub(r"\\(.)", lambda e: "\n" if e.group(1) == "n" else e.group(1), m.group(1)))
        else:
            stack[-1].append(token)
    if len(stack) != 1 or not stack[0]:
        raise ValueError("unbalanced parentheses")
    return stack[0][0]


def load(path):
    with open(path, encoding="utf-8") as f:
        return parse(f.read())


def all_of(node, name):
    """The children of `node` that are lists starting with `name`."""
    return [c for c in node if isinstance(c, list) and c and c[0] == name]


def first(node, name, default=None):
    found = all_of(node, name)
    return found[0] if found else default


def value(node, name, default=None):
    """The single value of child (name value), or default."""
    child = first(node, name)
    return child[1] if child and len(child) > 1 else default
