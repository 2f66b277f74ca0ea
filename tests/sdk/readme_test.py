#!/usr/bin/env python3
"""Does what sdk/README.md says work, word for word, for somebody who has nothing yet?

usage: readme_test.py README BUILD_FOLDER COMPILER LAUNCHER

Runs the commands of the part "From nothing to a running plugin" one after the other in a home of its own. What the test has to
do otherwise stands in `Reader.adapted`: the server is built already, nothing is installed in /usr, and the port is a free one.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path


def commands(readme):
    """The indented lines of the part."""
    part = readme.read_text().split('## From nothing to a running plugin')[1].split('\n## ')[0]
    return [line.strip() for line in part.splitlines() if line.startswith('    ')]


class Reader:
    def __init__(self, home, build, compiler, launcher):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        self.home, self.build, self.folder, self.server = home, build, home, None
        self.environment = {**os.environ, 'HOME': str(home), 'PATH': f'{build}:{os.environ["PATH"]}', 'CXX': compiler,
                            'CMAKE_CXX_COMPILER_LAUNCHER': launcher}

    def adapted(self, line):
        if line == './dev build':
            return 'true'
        line = line.replace('build/release', str(self.build)).replace('sudo cmake', 'cmake').replace('/usr', str(self.home / 'usr'))
        line = line.replace('localhost:8002', f'localhost:{self.port}')
        if line.startswith('linkupd -D'):
            line += f' -D server.port={self.port} -D paths.state={self.home}/state'
        if 'auth,hello' in line:
            plugins = next((self.home / 'usr').rglob('hello.so')).parent
            shutil.copy(self.build / 'plugins/auth.so', plugins)
            line += f' -D paths.plugins={plugins}'
        return line

    def serves(self, line):
        return line.startswith('linkupd -D') and '--check' not in line

    def run(self, line):
        command = self.adapted(line)
        if self.serves(line):
            self.server = subprocess.Popen(['bash', '-c', f'exec {command}'], cwd=self.folder, env=self.environment,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.wait_until_ready()
            return ''
        done = subprocess.run(['bash', '-c', f'{command} || exit\npwd >"$HOME/folder"'], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True)
        if done.returncode:
            sys.exit(f'{line}\nended with {done.returncode}:\n{done.stdout}{done.stderr}')
        self.folder = Path((self.home / 'folder').read_text().strip())
        return done.stdout

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/readyz') as answer:
                    if answer.status == 200:
                        return
            except OSError:
                if self.server.poll() is not None or time.monotonic() > deadline:
                    sys.exit('linkupd does not serve')
            time.sleep(0.05)

    def end(self):
        if self.server:
            self.server.terminate()
            if self.server.wait(30):
                sys.exit(f'linkupd ended with {self.server.returncode}')


def main():
    readme, build, compiler, launcher = sys.argv[1:]
    lines = commands(Path(readme))
    with tempfile.TemporaryDirectory() as home:
        reader = Reader(Path(home), Path(build), compiler, launcher)
        said = {line: reader.run(line) for line in lines}
        reader.end()
    for start, expected in (('cmake --build', '100% tests passed'), ('linkupd plugin check', 'GET /api/v1/hello'),
                            ('curl', '{"message":"Hello, Ada!"}'), ('linkupd -D plugins.enabled=auth,hello', 'hello 1.0.0')):
        found = [text for line, text in said.items() if line.startswith(start)]
        if not found or expected not in found[0]:
            sys.exit(f'"{start} …" did not say "{expected}", but: {found}')
    print(f'{len(lines)} commands of the README work')


if __name__ == '__main__':
    main()
