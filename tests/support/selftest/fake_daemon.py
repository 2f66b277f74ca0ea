#!/usr/bin/env python3
"""Stands in for the daemon in the test of LinkupDaemon: takes the same options, gets ready late, writes mails.

Setting `fake.fail` makes it end at its start with exit code 3.
"""

import http.server
import pathlib
import signal
import sys

arguments = sys.argv[1:]
settings = dict(arguments[i + 1].split("=", 1) for i, word in enumerate(arguments) if word == "-D")
print("arguments", *arguments, flush=True)
if "fake.fail" in settings:
    print("fake.fail: not allowed", flush=True)
    sys.exit(3)

requests = 0


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global requests
        requests += 1
        if self.path.startswith("/mail/"):
            outbox = pathlib.Path(settings["paths.state"]) / "outbox"
            outbox.mkdir(exist_ok=True)
            text = f"To: ann@example.com\nSubject: Code\n\nYour code is {self.path[6:]}.\n"
            (outbox / f"{requests:06}.eml").write_text(text)
        self.send_response(200 if requests > 2 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


signal.signal(signal.SIGTERM, lambda *arguments: sys.exit(5))
address = (settings["server.address"], int(settings["server.port"]))
http.server.HTTPServer(address, Handler).serve_forever()
