#!/usr/bin/env python3
"""A plugin exports one symbol, its descriptor, and nothing else.

usage: exported_symbols.py FOLDER    looks at each FOLDER/*.so
"""

import pathlib
import subprocess
import sys

import tree

DESCRIPTOR = "linkup_plugin_descriptor"


def exported(library):
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", "--format=posix", str(library)], capture_output=True, text=True, check=True)
    return sorted(line.split()[0] for line in listing.stdout.splitlines())


def check(folder):
    faults = []
    libraries = sorted(pathlib.Path(folder).glob("*.so"))
    for library in libraries:
        symbols = exported(library)
        if symbols != [DESCRIPTOR]:
            demangled = subprocess.run(["c++filt"], input="\n".join(symbols[:10]), capture_output=True, text=True)
            shown = demangled.stdout.replace("\n", "\n    ") if symbols else "nothing"
            faults.append(f"{library.name}: exports {len(symbols)} symbols, not {DESCRIPTOR} alone:\n    {shown}")
    return faults, len(libraries)


if __name__ == "__main__":
    tree.report("exported symbols", *check(sys.argv[1]))
