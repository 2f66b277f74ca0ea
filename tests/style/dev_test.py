#!/usr/bin/env python3
"""The `dev` script: what it lists works, what it does not know it says.

usage: dev_test.py ROOT
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()


def dev(*arguments, path=None):
    environment = dict(os.environ, PATH=path) if path else None
    return subprocess.run(["/bin/bash", ROOT / "dev", *arguments], capture_output=True, text=True, env=environment)


class Dev(unittest.TestCase):
    def test_every_listed_command_exists_and_the_other_way_round(self):
        result = dev("help")
        self.assertEqual(result.returncode, 0)
        listed = set(re.findall(r"^  ([a-z]+)\b", result.stdout, re.MULTILINE)) - {"help"}
        defined = set(re.findall(r"^command_([a-z]+)\(\)", (ROOT / "dev").read_text(), re.MULTILINE))
        self.assertEqual(listed, defined)
        self.assertLessEqual({"run", "build", "test", "check"}, listed)

    def test_unknown_command_is_refused_with_the_list(self):
        result = dev("fly")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no such command: fly", result.stderr)
        self.assertIn("usage: ./dev", result.stderr)

    def test_missing_package_that_cannot_be_installed_is_named(self):
        # A Debian of our own making, on which the compiler is missing and nobody may install.
        with tempfile.TemporaryDirectory() as folder:
            tools = pathlib.Path(folder)
            for name in ("awk", "comm", "sort", "dirname", "env", "cat"):
                (tools / name).symlink_to(f"/usr/bin/{name}")
            for name, script in {
                "dpkg-query": 'for p in "$@"; do case $p in -*|\'${P\'*|g++) ;; *) echo "$p installed" ;; esac; done',
                "sudo": 'exec "$@"',
                "apt-get": "exit 100",
            }.items():
                (tools / name).write_text(f"#!/bin/bash\n{script}\n")
                (tools / name).chmod(0o755)
            result = dev("build", path=folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn("Installing: g++\n", result.stderr)
        self.assertIn("could not install: g++\n", result.stderr)


if __name__ == "__main__":
    unittest.main()
