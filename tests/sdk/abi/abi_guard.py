#!/usr/bin/env python3
"""Keeps what crosses the border between host and plugins as the ABI policy of sdk/README.md says.

  abi_guard.py check  BASELINE INCLUDE LIBRARY WORK COMPILER...   compares; exit code 1 and the broken rules if they differ
  abi_guard.py record BASELINE INCLUDE LIBRARY WORK COMPILER...   makes what is here the baseline, unless it breaks a rule

BASELINE is a folder: `types.abi` is what abidw saw of all public types, `symbols.txt` what the library exports, `version`
the ABI that both are of. INCLUDE holds the public headers, LIBRARY is the built liblinkup-sdk.so.
"""
import re
import subprocess
import sys
from pathlib import Path

RULES = {
    1: 'within a major version nothing is removed, reordered or given another type',
    2: 'what the host implements or makes may grow at its end, and kAbiMinor is raised by one then',
    3: 'what a plugin implements or makes, and a value that both sides hold, never grows',
    7: 'the comment of each public class says who implements or makes it',
}
ADVICE = {
    1: 'Put it back as it was, and add what is new at the end or beside it; what cannot be had so waits for the next major.',
    2: 'Raise kAbiMinor in version.h, write "Since: ABI MAJOR.MINOR" to what is new, then record it: {record}',
    3: 'Undo it, and bring what is new as an interface, struct or overload of its own that is optional.',
    7: 'Write "Implemented by: host", "Implemented by: plugin", "Made by: host", "Held by: both sides" and so on.',
}
DECLARATION = re.compile(r'(class|struct|enum class) (?:LINKUP_SDK_API )?(\w+)(?: final)?(?: : [^;{]*)?(?: \{.*)?$')


class Headers:
    """The public headers: their types, and who implements or makes each."""

    def __init__(self, include):
        self.files = sorted(file for file in include.rglob('*.h') if 'testing' not in file.relative_to(include).parts)
        self.include = include
        self.types = []
        self.owners = {}
        self.unowned = []
        for file in self.files:
            self._read(file.read_text().splitlines(), file.relative_to(include))
        numbers = (include / 'linkup/sdk/version.h').read_text()
        self.version = tuple(int(re.search(rf'kAbi{part} = (\d+);', numbers)[1]) for part in ('Major', 'Minor'))

    def _read(self, lines, name):
        comment, before = [], ''
        for line in lines:
            if line.startswith('///'):
                comment.append(line[3:].strip())
                continue
            found = DECLARATION.match(line)
            if found and not line.endswith(';') and not before.startswith('template'):
                kind, type_name = found.groups()
                self.types.append(type_name)
                owner = re.search(r'(?:Implemented|Made|Held) by: (\w+)', ' '.join(comment))
                if owner:
                    self.owners[type_name] = owner[1]
                elif kind != 'enum class':
                    self.unowned.append(f'{type_name} in {name}')
            # A template's code is each side's own.
            comment, before = [], line

    def surface(self):
        """A source that makes the compiler describe every public type."""
        lines = [f'#include "{file.relative_to(self.include)}"' for file in self.files]
        lines.append('namespace linkup::sdk {')
        lines += [f'__attribute__((visibility("default"))) void surface_{name}({name}*) {{}}' for name in self.types]
        return '\n'.join(lines + ['}', ''])


def run(command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def describe_types(headers, work, compiler):
    """abidw's description of the public types, as a file below `work`."""
    work.mkdir(parents=True, exist_ok=True)
    (work / 'surface.cpp').write_text(headers.surface())
    # g++ describes a class in the unit of its key function only, unless it is told otherwise.
    run([*compiler, '-std=c++20', '-g', '-O0', '-femit-class-debug-always', '-fPIC', '-shared', '-fvisibility=hidden',
         f'-I{headers.include.resolve()}', 'surface.cpp', '-o', 'surface.so'], cwd=work)
    run(['abidw', '--headers-dir', str(headers.include), '--drop-private-types', '--no-show-locs', '--no-comp-dir-path',
         '--no-corpus-path', '--no-parameter-names', '--type-id-style', 'hash', str(work / 'surface.so'),
         '--out-file', str(work / 'types.abi')])
    return work / 'types.abi'


def describe_symbols(library):
    """What the library exports, without what the compiler may or may not have inlined."""
    lines = run(['nm', '--dynamic', '--defined-only', '--extern-only', str(library)]).splitlines()
    return sorted(name for _, kind, name in (line.split() for line in lines)
                  if kind in 'TDBR' and '6linkup3sdk' in name)


class Report:
    """What abidiff says, told as breaches of the rules, and as growth that is allowed."""

    # Said beside a fact, or of what a fact below says better.
    BESIDES = re.compile(r"type size |no (member function|base class) change|note that|.*(as|being) reported|.* changes summary")

    def __init__(self, headers):
        self.headers = headers
        self.broken = {}  # (rule, type): what was found
        self.growth = []

    def breach(self, rule, name, text):
        found = self.broken.setdefault((rule, name), [])
        if text not in found:
            found.append(text)

    def grow(self, name, text):
        outer = name
        while outer and outer not in self.headers.owners:
            outer = outer.rpartition('::')[0]
        owner = self.headers.owners.get(outer)
        if owner == 'host':
            self.growth.append(f'{name}: {text}')
        else:
            self.breach(3, name, f'{text}; it belongs to: {owner}')

    def read(self, text):
        """A line that ends in a colon is a heading of what stands deeper; every other line is a fact."""
        place, heading = [], ''
        for line in text.splitlines():
            indentation, line = len(line) - len(line.lstrip()), line.strip()
            while place and place[-1][0] >= indentation:
                place.pop()
            if line.endswith(':'):
                found = re.search(r"type '(?:const )?(?:class|struct) linkup::sdk::([\w:]+)", line) or \
                    re.match(r"type of '(?:const )?linkup::sdk::([\w:]+) \w+' changed", line)
                if found:
                    place.append((indentation, found[1]))
                heading = line
            elif line and not self.BESIDES.match(line):
                self._fact(place[-1][1] if place else '', heading, line)

    def _fact(self, name, heading, line):
        surface = re.search(r'surface_(\w+)\(', line)
        if line.startswith('[A]') and surface:
            self.growth.append(f'{surface[1]}: is new')
        elif line.startswith('[D]') and surface:
            self.breach(1, surface[1], 'is gone')
        # Where something stands before others, these have moved, which is a fact of its own.
        elif 'function insertion' in heading and 'virtual at voffset' in line:
            self.grow(name, 'a new virtual function ' + re.search(r'::(~?\w+)\(', line)[1] + '()')
        elif 'data member insertion' in heading:
            self.grow(name, 'a new member ' + re.search(r"(\w+)', at offset", line)[1])
        elif 'enumerator insertion' in heading:
            self.growth.append(f'{name}: a new value ' + re.search(r"(\w+)' value", line)[1])
        elif 'insertion' in heading and 'method ' in line:
            pass  # not virtual: code of whoever includes the header, or a new symbol
        else:
            self.breach(1, name, line if line.startswith(("'", 'the vtable')) else f'{heading} {line}')


def compare(baseline, headers, library, work, compiler):
    """The report, with the symbols, and the baseline's version."""
    report = Report(headers)
    for name in headers.unowned:
        report.breach(7, name, 'has no owner')
    types = describe_types(headers, work, compiler)
    found = subprocess.run(['abidiff', str(baseline / 'types.abi'), str(types)], capture_output=True, text=True)
    if found.returncode & 3:
        sys.exit(f'abidiff failed:\n{found.stdout}{found.stderr}')
    report.read(found.stdout)
    symbols, known = describe_symbols(library), (baseline / 'symbols.txt').read_text().split()
    for symbol in sorted(set(known) - set(symbols)):
        report.breach(1, library.name, f'no longer exports {symbol}')
    report.growth += [f'{library.name}: exports {symbol}' for symbol in sorted(set(symbols) - set(known))]
    return report, tuple(map(int, (baseline / 'version').read_text().split('.')))


def print_breaches(broken, record):
    for rule in sorted({rule for rule, _ in broken}):
        print(f'\nRule {rule} of the ABI policy (sdk/README.md) is broken: {RULES[rule]}.')
        for (of, name), found in sorted(broken.items()):
            if of == rule:
                print(*(f'    {name}: {text}' for text in found[:4]), sep='\n')
                if len(found) > 4:
                    print(f'    {name}: and {len(found) - 4} more')
        print('  ' + ADVICE[rule].format(record=record))


def main(arguments):
    action, baseline, include, library, work, *compiler = arguments
    baseline, library, work = Path(baseline), Path(library), Path(work)
    headers = Headers(Path(include))
    here = '.'.join(map(str, headers.version))
    command = 'cmake --build build/release --target record_abi'
    if not (baseline / 'version').exists():
        if action == 'check':
            sys.exit(f'{baseline} holds no baseline; record one: {command}')
        return record(baseline, headers, library, work, compiler)
    report, recorded = compare(baseline, headers, library, work, compiler)
    there = '.'.join(map(str, recorded))
    new_major = headers.version[0] > recorded[0]
    broken = {key: found for key, found in report.broken.items() if key[0] == 7 or not new_major}
    if report.growth and headers.version == recorded:
        for text in report.growth:
            name, _, what = text.partition(': ')
            broken.setdefault((2, name), []).append(f'{what}, but the ABI is still {there}')
    if headers.version < recorded:
        broken.setdefault((2, 'version.h'), []).append(f'the ABI is {here}, and was {there}')
    if broken:
        print_breaches(broken, command)
        return 1
    if action == 'record':
        return record(baseline, headers, library, work, compiler)
    if headers.version != recorded:
        print(f'The ABI is {here}, the baseline of {there}. Nothing broke; these are new:',
              *report.growth, f'Record it, and commit {baseline.name}: {command}', sep='\n  ')
        return 1
    print(f'ABI {here}: as recorded')
    return 0


def record(baseline, headers, library, work, compiler):
    baseline.mkdir(parents=True, exist_ok=True)
    (baseline / 'types.abi').write_text(describe_types(headers, work, compiler).read_text())
    (baseline / 'symbols.txt').write_text('\n'.join(describe_symbols(library)) + '\n')
    (baseline / 'version').write_text('.'.join(map(str, headers.version)) + '\n')
    print(f'recorded ABI {".".join(map(str, headers.version))}')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
