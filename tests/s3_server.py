"""A real S3 service for the tests: OpenStack Swift with its S3 interface, which checks every signature, in one process.

It lives in a virtual environment of its own (requirements/s3-test.txt, `make s3-venv`), so two Pythons read this file:
ours starts the server, the other one is the server.

    python tests/s3_server.py --folder var/test/s3 --port 9000      runs one by hand
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

HOST = "127.0.0.1"
ACCESS_KEY_ID = "test:tester"
SECRET_ACCESS_KEY = "testing"
REGION = "us-east-1"
DEFAULT_VENV = Path(__file__).parents[1] / "var" / "test" / "s3-venv"
FILTERS = {
    "catch_errors": {},
    "listing_formats": {},
    "bulk": {},
    "slo": {},
    "dlo": {},
    "tempauth": {"user_test_tester": f"{SECRET_ACCESS_KEY} .admin"},
    "s3api": {
        "location": REGION,
        "dns_compliant_bucket_names": "no",
        "cors_preflight_allow_origin": "*",
        "cors_preflight_expose_headers": "etag",
    },
}


def venv_python() -> Path | None:
    """The other Python, or None where that environment was not made."""
    python = Path(os.environ.get("TADWIN_S3_VENV", DEFAULT_VENV)) / "bin" / "python"
    return python if python.exists() else None


class S3Server:
    """`with S3Server() as server:` gives a running service at `server.endpoint_url`; its files go when it does."""

    access_key_id = ACCESS_KEY_ID
    secret_access_key = SECRET_ACCESS_KEY
    region = REGION

    def __init__(self, folder: Path | None = None, port: int = 0) -> None:
        self._folder, self._port = folder, port
        self._temporary: Path | None = None
        self._process: subprocess.Popen[str] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def public_endpoint_url(self) -> str:
        """The same service under another name, as behind a proxy."""
        return f"http://localhost:{self._port}"

    def __enter__(self) -> S3Server:
        python = venv_python()
        if python is None:
            raise RuntimeError("There is no environment for the S3 server. Make it with `make s3-venv`.")
        if self._folder is None:
            self._folder = self._temporary = Path(tempfile.mkdtemp(prefix="s3-"))
        command = [str(python), "-W", "ignore", __file__, "--serve", "--folder", str(self._folder)]
        command += ["--port", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = self._read_port(self._process.stdout)
        return self

    def _read_port(self, output: IO[str]) -> int:
        line = output.readline()
        if not line.startswith("ready "):
            self.__exit__()
            raise RuntimeError("The S3 server did not start.")
        return int(line.split()[1])

    def __exit__(self, *exception: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def wait(self) -> None:
        if self._process is not None:
            self._process.wait()


# What follows runs in the other Python.


def serve(folder: Path, port: int) -> None:
    import eventlet

    eventlet.monkey_patch()
    from eventlet import wsgi

    configuration, devices = folder / "etc", folder / "srv"
    configuration.mkdir(parents=True, exist_ok=True)
    (devices / "sdb1").mkdir(parents=True, exist_ok=True)
    _configure_swift(configuration)
    for kind in ("account", "container", "object"):
        _start_backend(kind, configuration, devices)
    listener = eventlet.listen((HOST, port))
    proxy = _load("proxy", configuration, devices, _proxy_pipeline())
    sys.stdout.write(f"ready {listener.getsockname()[1]}\n")
    sys.stdout.flush()
    eventlet.spawn(_stop_with_parent, os.getppid())
    wsgi.server(listener, proxy, _silent_log(), protocol=_protocol(), debug=False)


def _stop_with_parent(parent: int) -> None:
    """A test run that is killed must not leave its server behind."""
    import eventlet

    while os.getppid() == parent:
        eventlet.sleep(1)
    os._exit(0)


def _configure_swift(configuration: Path) -> None:
    from swift.common import storage_policy, utils

    text = "[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n"
    text += "[storage-policy:0]\nname = p0\ndefault = yes\n"
    path = configuration / "swift.conf"
    path.write_text(text)
    utils.SWIFT_CONF_FILE = utils.config.SWIFT_CONF_FILE = str(path)
    utils.validate_hash_conf()
    storage_policy.reload_storage_policies()


def _start_backend(kind: str, configuration: Path, devices: Path) -> None:
    import eventlet
    from eventlet import wsgi

    listener = eventlet.listen((HOST, 0))
    _build_ring(kind, listener.getsockname()[1], configuration)
    app = _load(
        kind,
        configuration,
        devices,
        _section("pipeline:main", pipeline=f"{kind}-server") + _section(f"app:{kind}-server", use=f"egg:swift#{kind}"),
    )
    eventlet.spawn(wsgi.server, listener, app, _silent_log(), protocol=_protocol(), debug=False)


def _build_ring(kind: str, port: int, configuration: Path) -> None:
    from swift.common.ring import RingBuilder

    builder = RingBuilder(part_power=2, replicas=1, min_part_hours=1)
    address = {"ip": HOST, "port": port, "replication_ip": HOST, "replication_port": port}
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "device": "sdb1", "weight": 1.0, "meta": "", **address})
    builder.rebalance()
    builder.get_ring().save(str(configuration / f"{kind}.ring.gz"))


def _proxy_pipeline() -> str:
    order = "catch_errors listing_formats bulk s3api tempauth slo dlo proxy-server"
    text = _section("pipeline:main", pipeline=order)
    text += _section(
        "app:proxy-server", use="egg:swift#proxy", account_autocreate="true", allow_account_management="true"
    )
    return text + "".join(
        _section(f"filter:{name}", use=f"egg:swift#{name}", **options) for name, options in FILTERS.items()
    )


def _section(title: str, **options: str) -> str:
    return f"[{title}]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())


def _load(kind: str, configuration: Path, devices: Path, sections: str) -> Any:
    from swift.common.wsgi import loadapp

    common = {"swift_dir": str(configuration), "devices": str(devices)}
    path = configuration / f"{kind}.conf"
    path.write_text(_section("DEFAULT", **common, mount_check="false", disable_fallocate="true") + sections)
    return loadapp(str(path), global_conf={})


def _protocol() -> Any:
    from swift.common.wsgi import SwiftHttpProtocol

    return SwiftHttpProtocol


def _silent_log() -> Any:
    import logging

    log = logging.getLogger("s3")
    log.addHandler(logging.NullHandler())
    log.setLevel(logging.CRITICAL)
    log.propagate = False
    return log


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.folder.absolute(), options.port)
        return
    with S3Server(options.folder, options.port) as server:
        sys.stdout.write(f"{server.endpoint_url} key {ACCESS_KEY_ID} secret {SECRET_ACCESS_KEY}\n")
        server.wait()


if __name__ == "__main__":
    main()
