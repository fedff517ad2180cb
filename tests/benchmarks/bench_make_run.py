"""From a clean clone to a finished transcript, part by part: `python tests/benchmarks/bench_make_run.py`.

Once with empty package caches and once with full ones. Packages come from the index that pip and uv are set up for.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PORT = 8300
PATIENCE_S = 900


def environment(caches: Path) -> dict[str, str]:
    """Only what a person's shell has, and package caches of our own."""
    own = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return {**kept, "UV_CACHE_DIR": str(caches / "uv"), "PIP_CACHE_DIR": str(caches / "pip")}


class Clone:
    """A clean clone, with what `make` says in it, timed from the start of the last command."""

    def __init__(self, folder: Path, caches: Path) -> None:
        self.folder, self.env = folder, environment(caches)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)

    def install(self) -> float:
        started = time.monotonic()
        subprocess.run(["make", "setup"], cwd=self.folder, env=self.env, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - started

    def start(self) -> dict[str, float]:
        """`make run` until the demo's job has ended; then Ctrl-C."""
        log = self.folder / "var" / "log" / "tadwin.log"
        log.unlink(missing_ok=True)
        started = time.monotonic()
        with (self.folder / "run.log").open("wb") as output:
            command = ["make", "run", f"PORT={PORT}"]
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.env, stdout=output, stderr=output, start_new_session=True
            )
        marks: dict[str, float] = {}

        def mark(name: str, condition: Callable[[], bool]) -> None:
            while not condition():
                if process.poll() is not None or time.monotonic() - started > PATIENCE_S:
                    raise SystemExit((self.folder / "run.log").read_text())
                time.sleep(0.05)
            marks[name] = time.monotonic() - started

        def printed(text: str) -> Callable[[], bool]:
            return lambda: log.exists() and text in log.read_text(errors="replace")

        try:
            if not (self.folder / "var" / "sql.stamp").exists():
                mark("migrated", printed("database migrated"))
            mark("first healthy answer", lambda: bool(answer("/health")))
            mark("demo finished", lambda: demo_job(self.folder) == "completed")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                process.wait(60)
        return marks


def answer(path: str, **headers: str) -> Any:
    """What our server says as JSON; None while it does not."""
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)
    except OSError:
        return None


def demo_job(folder: Path) -> str:
    logins = json.loads((folder / "var" / "demo.json").read_text())
    page = answer("/api/v1/jobs", Authorization=f"Bearer {logins['api_key']}")
    return str(page["data"][0]["status"]) if page and page["data"] else ""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-run-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's own user must get in
        for caches in ("cold", "warm"):
            clone = Clone(folder / caches, folder / "caches")
            load = os.getloadavg()[0]
            rows = {"install": clone.install()}
            rows |= clone.start()
            rows |= {f"second start: {part}": seconds for part, seconds in clone.start().items() if "healthy" in part}
            sys.stdout.write(
                f"\nPackage caches {caches}; load average {load:.1f} before, {os.getloadavg()[0]:.1f} after\n"
            )
            sys.stdout.writelines(f"{part:<40}{seconds:>8.1f} s\n" for part, seconds in rows.items())
            sys.stdout.flush()


if __name__ == "__main__":
    main()
