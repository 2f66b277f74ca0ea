#!/usr/bin/python3
"""A mail server for tests: STARTTLS, AUTH, and refusals on demand. Debian's python3-aiosmtpd does the SMTP.

Each mail that is taken becomes MAILS/NNNNNN.json, its envelope, and then MAILS/NNNNNN.eml, the message as it came.
While the file REFUSALS says "CODE TIMES", with TIMES above zero, the next mail is answered with CODE instead, and
TIMES is counted down.
"""

import argparse
import asyncio
import json
import os
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def write(path, content):
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_bytes(content)
    os.rename(unfinished, path)


class Server(SMTP):
    # As most servers word it; clients look for these words, and aiosmtpd has others.
    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"


class MailFolder:
    """Takes the mails."""

    def __init__(self, folder, refusals):
        self.folder = folder
        self.refusals = refusals
        self.count = len(list(folder.glob("*.eml")))

    def refusal(self):
        if not self.refusals.exists():
            return None
        code, times = self.refusals.read_text().split()
        if int(times) == 0:
            return None
        write(self.refusals, f"{code} {int(times) - 1}".encode())
        return f"{code} refused by the test"

    async def handle_DATA(self, server, session, envelope):
        refused = self.refusal()
        if refused:
            return refused
        self.count += 1
        login = session.auth_data.login.decode() if session.auth_data else ""
        about = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None, "user": login}
        write(self.folder / f"{self.count:06}.json", json.dumps(about).encode())
        write(self.folder / f"{self.count:06}.eml", envelope.original_content)
        return "250 taken"


def authenticator(user, password):
    def check(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=good, handled=False, auth_data=data if good else None)

    return check


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mails", type=pathlib.Path, required=True)
    parser.add_argument("--refusals", type=pathlib.Path, required=True)
    parser.add_argument("--certificate", help="PEM; with it STARTTLS is offered and demanded")
    parser.add_argument("--key", help="PEM")
    parser.add_argument("--user", help="with it AUTH is demanded")
    parser.add_argument("--password", default="")
    options = parser.parse_args()

    settings = {"hostname": "localhost"}
    if options.certificate:
        settings["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        settings["tls_context"].load_cert_chain(options.certificate, options.key)
        settings["require_starttls"] = True
    if options.user:
        settings["auth_required"] = True
        settings["auth_require_tls"] = bool(options.certificate)
        settings["authenticator"] = authenticator(options.user, options.password)

    mails = MailFolder(options.mails, options.refusals)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(mails, loop=loop, **settings), "127.0.0.1", options.port)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
