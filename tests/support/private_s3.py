#!/usr/bin/python3
"""An S3 store for tests: OpenStack Swift with its S3 interface, from Debian's python3-swift, in one process.

It checks signatures, hashes and expiry as Amazon's does. Proxy, account, container and object servers are Swift's own;
the proxy listens on PORT, the others where the kernel puts them, all on the loopback address. BUCKET is made at the start.
"""

import argparse
import array
import os
import pathlib
import socket
import ssl

import eventlet
import eventlet.wsgi
import xattr
from swift.common import ring, utils

PROXY = """
[DEFAULT]
swift_dir = {folder}

[pipeline:main]
pipeline = catch_errors s3api tempauth proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:s3api]
use = egg:swift#s3api
location = {region}

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin
"""

STORAGE = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}
mount_check = false
disable_fallocate = true
recon_cache_path = {folder}

[pipeline:main]
pipeline = {kind}-server

[app:{kind}-server]
use = egg:swift#{kind}
"""


class Forgetful:
    """Stands for the memcached that Swift's authentication wants: one that has always just forgotten."""

    def get(self, key, **kwargs):
        return None

    def set(self, key, value, **kwargs):
        pass


def listen(port=0):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(100)
    return listener


def remember_attributes():
    """For a file system without extended attributes, where Swift keeps what it knows of an object."""
    known = {}

    def key(file):
        found = os.stat(file.fileno() if hasattr(file, "fileno") else file)
        return found.st_dev, found.st_ino

    def read(file, name):
        try:
            return known[key(file), name]
        except KeyError:
            raise OSError(61, "no such attribute") from None

    xattr.setxattr = lambda file, name, value: known.__setitem__((key(file), name), value)
    xattr.getxattr = read


def has_attributes(folder):
    try:
        os.setxattr(folder, "user.linkup", b"x" * 1000)
        return True
    except OSError:
        return False


class Store:
    def __init__(self, options):
        self.options = options
        self.folder = options.folder

    def serve(self, listener, kind, text):
        from swift.common.http_protocol import SwiftHttpProtocol
        from swift.common.wsgi import loadapp

        conf = self.folder / f"{kind}.conf"
        conf.write_text(text.format(kind=kind, **vars(self.options)))
        app = loadapp(str(conf))

        def with_cache(environment, start_response):
            environment["swift.cache"] = Forgetful()
            return app(environment, start_response)

        eventlet.spawn(eventlet.wsgi.server, listener, with_cache, utils.NullLogger(), protocol=SwiftHttpProtocol)
        return app

    def start(self):
        for kind in ("account", "container", "object"):
            listener = listen()
            port = listener.getsockname()[1]
            device = {"id": 0, "region": 1, "zone": 1, "device": "device", "ip": "127.0.0.1", "port": port,
                      "replication_ip": "127.0.0.1", "replication_port": port, "weight": 1}
            ring.RingData([array.array("H", [0])], [device], 32).save(str(self.folder / f"{kind}.ring.gz"))
            self.serve(listener, kind, STORAGE)
        listener = listen(self.options.port)
        if self.options.certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.options.certificate, self.options.key)
            listener = eventlet.green.ssl.GreenSSLSocket(listener, server_side=True, _context=context)
        self.make_bucket(self.serve(listener, "proxy", PROXY))

    def make_bucket(self, app):
        from swift.common.swob import Request
        from swift.common.wsgi import make_env

        # Past the authentication, as Swift's own parts ask each other.
        environment = {"REQUEST_METHOD": "PUT", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80"}
        request = Request(make_env(environment, method="PUT", path=f"/v1/AUTH_test/{self.options.bucket}",
                                   agent="test"))
        request.environ.update({"swift.authorize": lambda _: None, "swift.authorize_override": True})
        response = request.get_response(app)
        if response.status_int not in (201, 202):
            raise SystemExit(f"the bucket cannot be made: {response.status} {response.body}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--secret", required=True, help="of the access key test:tester")
    parser.add_argument("--certificate", help="PEM; with it the store speaks HTTPS")
    parser.add_argument("--key", help="PEM")
    options = parser.parse_args()

    (options.folder / "device").mkdir(exist_ok=True)
    (options.folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = test\n")
    utils.eventlet_monkey_patch()
    utils.SWIFT_CONF_FILE = str(options.folder / "swift.conf")
    utils.validate_hash_conf()
    if not has_attributes(options.folder):
        remember_attributes()
    Store(options).start()
    print("ready", flush=True)
    while True:
        eventlet.sleep(3600)


main()
