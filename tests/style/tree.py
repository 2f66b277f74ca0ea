"""The files of the repository, and how a rule reports what it finds."""

import pathlib
import sys

# `.git` is a file in a worktree.
SKIPPED = {".git", "build", "var", "node_modules", "__pycache__"}


def files(root, suffixes=None):
    """All files below `root`, as paths relative to it, in order; with `suffixes`, only such."""
    found = []
    folders = [pathlib.Path(root)]
    while folders:
        for entry in folders.pop().iterdir():
            if entry.name in SKIPPED:
                continue
            if entry.is_dir() and not entry.is_symlink():
                folders.append(entry)
            elif entry.is_file() and (suffixes is None or entry.suffix in suffixes):
                found.append(entry.relative_to(root))
    return sorted(found)


def report(name, faults, looked_at):
    """Prints the faults and ends the program. To have looked at nothing is a fault too."""
    for fault in faults:
        print(fault)
    if not looked_at:
        print(f"{name}: nothing to look at")
    print(f"{name}: {looked_at} looked at, {len(faults)} faults")
    sys.exit(1 if faults or not looked_at else 0)
