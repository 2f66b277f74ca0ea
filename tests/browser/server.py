"""The built daemon, started for a test on a port that the kernel chose, with a state folder of its own."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

PATIENCE = 60

# All is on this machine, whatever proxy leads out of it.
for _name in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)


class Server:
    def __init__(self, program, config, **settings):
        self._folder = tempfile.TemporaryDirectory(prefix="linkupd-browser-")
        self._log = pathlib.Path(self._folder.name) / "log"
        settings = {"paths.state": self._folder.name + "/state", "server.port": 0, "log.format": "json",
                    "auth.password.passes": 1, "auth.password.memory_bytes": 65536, **settings}
        self._command = [program, "--config", config]
        for key, value in settings.items():
            self._command += ["-D", f"{key}={value}"]
        self.port = self._start()
        self.url = f"http://localhost:{self.port}"

    def _start(self, *more):
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([*self._command, *more], stdout=log, stderr=subprocess.STDOUT)
        try:
            return self._ready_port("daemon")
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _end(self):
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        finally:
            self._process.kill()

    def restart(self):
        """Ends it and starts it again, with the same port and state."""
        self._end()
        self._start("-D", f"server.port={self.port}")

    def stop(self):
        """Ends it and returns the exit code."""
        try:
            return self._end()
        finally:
            self._folder.cleanup()

    def log(self):
        return self._log.read_text(errors="replace")

    def console_port(self):
        return self._ready_port("console")

    def _ready_port(self, source):
        """Where that part of the daemon listens, once it says so in the log."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in self.log().splitlines():
                entry = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
                if (entry.get("source"), entry.get("text")) == (source, "ready"):
                    return entry["fields"]["port"]
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"the {source} does not get ready; the daemon printed:\n" + self.log())

    def call(self, path, token=None, form=None, body=None, headers=None):
        """What a route answers, as JSON."""
        request = urllib.request.Request(self.url + path, headers=dict(headers or {}))
        if token:
            request.add_header("Authorization", "Bearer " + token)
        if form is not None:
            request.data = urllib.parse.urlencode(form).encode()
        elif body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.load(reply)

    def make_people(self, count):
        self.call("/try/people", body={"count": count}, headers={"X-Linkup-Try": "1"})

    def sign_in(self, number):
        """The tokens of a demo person."""
        form = {"username": f"demo{number}@example.com", "password": "Demo-pass1!"}
        return self.call("/api/v1/token", form=form)


def from_command_line():
    """Program and configuration file, which CTest gives first; takes them away, so that unittest does not see them."""
    program, config = sys.argv[1:3]
    del sys.argv[1:3]
    return program, config
