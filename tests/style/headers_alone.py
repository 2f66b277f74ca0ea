#!/usr/bin/env python3
"""Each public header of the SDK compiles alone, with nothing but the SDK's include folder and the standard library.

usage: headers_alone.py INCLUDE_FOLDER WORK_FOLDER COMPILER...

COMPILER may begin with ccache: the work folder keeps the sources that it makes, so that it finds them again.
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

import tree

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def compile_alone(include_folder, work_folder, compiler, header):
    """What the compiler says; nothing if all is well."""
    source = pathlib.Path(work_folder) / header.with_suffix(".cpp")
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(f"#include <{header.as_posix()}>\n")
    command = [*compiler, *FLAGS, "-I", str(include_folder), "-c", str(source), "-o", str(source.with_suffix(".o"))]
    result = subprocess.run(command, capture_output=True, text=True)
    return "" if result.returncode == 0 else f"{header} does not compile alone:\n{result.stderr}"


def check(include_folder, work_folder, compiler):
    headers = tree.files(include_folder, {".h"})
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda header: compile_alone(include_folder, work_folder, compiler, header), headers)
    return [fault for fault in results if fault], len(headers)


if __name__ == "__main__":
    tree.report("headers alone", *check(sys.argv[1], sys.argv[2], sys.argv[3:]))
