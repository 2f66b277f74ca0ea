#!/usr/bin/env python3
"""What no file of ours may hold: paths of one person's machine, marks of unfinished work, spaces at a line's end.

usage: forbidden_words.py ROOT
"""

import pathlib
import re
import sys

import tree

# Each is written so that this file does not match itself.
FORBIDDEN = {
    re.compile(r"(?<![\w.$}])/(?:wor[k]|hom[e]|roo[t]|Users|tm[p])/"): "a path of one machine",
    re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b"): "a mark of unfinished work",
    re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)"): "a mark of a merge conflict",
    re.compile(r"[ \t]+$"): "space at the end of the line",
}
BINARY = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".ico", ".woff2", ".so"}
# Markdown says a line break with two spaces; recorded exchanges and test data are as they came.
SPACE_MATTERS = {".md", ".eml", ".http", ".patch"}


def faults_of(root, path):
    faults = []
    text = (pathlib.Path(root) / path).read_text(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in FORBIDDEN.items():
            if "space" in what and path.suffix in SPACE_MATTERS:
                continue
            found = pattern.search(line)
            if found:
                faults.append(f"{path}:{number}: {what}: {line.strip()[:100]}")
    return faults


def check(root):
    paths = [path for path in tree.files(root) if path.suffix not in BINARY]
    return [fault for path in paths for fault in faults_of(root, path)], len(paths)


if __name__ == "__main__":
    tree.report("forbidden words", *check(sys.argv[1]))
