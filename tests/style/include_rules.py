#!/usr/bin/env python3
"""Who may include whom.

usage: include_rules.py ROOT

    sdk             only itself; its public headers only the standard library beside, one of the test kit SQLite
    daemon          itself and sdk
    plugins/X       itself and sdk
    X_service       neither HTTP nor sockets of the SDK, nor Poco::Data or Poco::Net
    Boost.Beast     only daemon/gateway, and tests that build a server or client of their own with it
    Boost.DLL       only daemon/plugins/plugin_library*
"""

import collections
import pathlib
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD_HEADER = re.compile(r"^[a-z_]+$")
BEAST_FOLDERS = ("daemon/gateway/", "tests/bench/", "tests/fuzz/")


def area(path):
    """The part of the house that a file belongs to: `sdk`, `daemon`, `plugins/X`, `tests`."""
    parts = pathlib.PurePath(path).parts
    if parts[0] == "plugins" and len(parts) > 2:
        return f"plugins/{parts[1]}"
    if parts[:2] == ("sdk", "template"):
        return "sdk/template"
    return parts[0]


ALLOWED = {
    "sdk": {"sdk"},
    "sdk/template": {"sdk", "sdk/template"},
    "daemon": {"sdk", "daemon"},
}


def allowed_areas(where):
    if where.startswith("plugins/"):
        return {"sdk", where}
    return ALLOWED.get(where)


def headers_by_ending(paths):
    """All endings of our headers' paths, each with the areas that have such a header: how an #include may name it."""
    found = collections.defaultdict(set)
    for path in paths:
        parts = path.parts
        for start in range(len(parts)):
            found["/".join(parts[start:])].add(area(path))
    return found


def area_fault(path, target, ours):
    """Includes a header of an area that is closed to it?"""
    open_to_it = allowed_areas(area(path))
    owners = ours.get(target.removeprefix("../"), set())
    if open_to_it is None or not owners or owners & open_to_it:
        return None
    return f"{area(path)} may not include {', '.join(sorted(owners))}"


def library_fault(path, target):
    """Includes a library that only some may use?"""
    name = path.as_posix()
    if target.startswith("boost/beast") and not name.startswith(BEAST_FOLDERS):
        return "only daemon/gateway may include Boost.Beast"
    if target.startswith("boost/dll") and not name.startswith("daemon/plugins/plugin_library"):
        return "only daemon/plugins/plugin_library may include Boost.DLL"
    if name == "sdk/include/linkup/sdk/testing/sqlite_database.h" and target == "sqlite3.h":
        return None
    if name.startswith("sdk/include/") and not target.startswith("linkup/sdk/") and not STANDARD_HEADER.match(target):
        return "a public header of the SDK includes the standard library and the SDK only"
    return None


def layer_fault(path, target):
    """A service that looks at the network or the database?"""
    if path.parts[0] != "plugins" or not (path.stem.endswith("_service") or "_service_" in path.stem):
        return None
    forbidden = target.startswith(("Poco/Data/", "Poco/Net/")) or target.rsplit("/", 1)[-1] in ("http.h", "socket.h")
    return "a service knows neither HTTP, sockets, Poco::Data nor Poco::Net" if forbidden else None


def check(root):
    """All faults of the tree, and how many files were looked at."""
    sources = tree.files(root, {".h", ".cpp"})
    ours = headers_by_ending(path for path in sources if path.suffix == ".h")
    faults = []
    for path in sources:
        for number, line in enumerate((pathlib.Path(root) / path).read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(2)
            for fault in (area_fault(path, target, ours), library_fault(path, target), layer_fault(path, target)):
                if fault:
                    faults.append(f"{path}:{number}: {fault}: {target}")
    return faults, len(sources)


if __name__ == "__main__":
    tree.report("include rules", *check(sys.argv[1]))
