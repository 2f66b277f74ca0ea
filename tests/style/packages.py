#!/usr/bin/env python3
"""etc/packages.txt: known sections, each package once, each with what it is for.

usage: packages.py FILE
"""

import pathlib
import re
import sys

import tree

SECTION = re.compile(r"^\[([a-z]+)\]$")
PACKAGE = re.compile(r"^([a-z0-9][a-z0-9+.-]+)\s+# \S.*$")


def check(file):
    faults, packages, section = [], set(), None
    for number, line in enumerate(pathlib.Path(file).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if SECTION.match(line):
            section = line
            continue
        package = PACKAGE.match(line)
        if not package or not section:
            faults.append(f"{file}:{number}: neither [section] nor `package  # what for`: {line}")
        elif package.group(1) in packages:
            faults.append(f"{file}:{number}: named twice: {package.group(1)}")
        else:
            packages.add(package.group(1))
    return faults, len(packages)


if __name__ == "__main__":
    tree.report("packages", *check(sys.argv[1]))
