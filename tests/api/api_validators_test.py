#!/usr/bin/env python3
"""Lets validators from the npm registry read the daemon's descriptions; they must also find what is made wrong.

usage: api_validators_test.py PROGRAM NPM SOURCE FOLDER
"""

import json
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77
program, npm, source, folder = sys.argv[1:]
folder = pathlib.Path(folder)


def install():
    """Once for each version of package.json."""
    wanted = (pathlib.Path(source) / "package.json").read_text()
    done = folder / "installed.json"
    if done.exists() and done.read_text() == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(wanted)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        print("skipped: npm takes too long")
        sys.exit(SKIPPED)
    if result.returncode != 0:
        print("skipped: npm cannot install the validators:\n" + result.stderr[-2000:])
        sys.exit(SKIPPED)
    done.write_text(wanted)


def describe(option):
    return json.loads(subprocess.run([program, option], check=True, capture_output=True, text=True).stdout)


def verdict(openapi, asyncapi):
    """The validators' exit code and what they print."""
    files = []
    for name, document in (("openapi.json", openapi), ("asyncapi.json", asyncapi)):
        files.append(folder / name)
        files[-1].write_text(json.dumps(document))
    result = subprocess.run(["node", folder / "validate.js", *files], capture_output=True, text=True, timeout=120)
    return result.returncode, result.stdout + result.stderr


install()
shutil.copy(pathlib.Path(source) / "validate.js", folder)
openapi, asyncapi = describe("--openapi"), describe("--asyncapi")

code, text = verdict(openapi, asyncapi)
print(text)
assert code == 0, "the descriptions are wrong"

wrong = json.loads(json.dumps(openapi))
next(iter(next(iter(wrong["paths"].values())).values()))["responses"] = {"200": {}}
assert verdict(wrong, asyncapi)[0] == 1, "a reply without a description was not found"

wrong = json.loads(json.dumps(asyncapi))
next(iter(wrong["operations"].values()))["action"] = "listen"
assert verdict(openapi, wrong)[0] == 1, "an action that does not exist was not found"
