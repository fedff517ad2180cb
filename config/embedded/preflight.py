"""Says in one line whether this machine can run the embedded mode: `python3 config/embedded/preflight.py`.

Runs before anything is installed, on whatever Python is there: standard library only, syntax of Python 3.6. Exit code 0
means yes; 1 prints what to install.
"""

import os
import platform
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 13)
OLDEST_GLIBC = (2, 34)
MACHINES = ("x86_64", "aarch64")
DOCKER = "or run it with Docker: docker/compose.yml."


def problem(system: str, machine: str, python: "tuple[int, ...]", glibc: "tuple[int, ...]") -> str:
    """The one line that tells what is wrong and what to install; empty when nothing is.

    `python` and `glibc` are version tuples like (3, 12); `glibc` is empty on another C library.
    """
    if system != "Linux":
        return f"Tadwin's embedded services run on Linux. Use Linux (WSL 2 on Windows), {DOCKER}"
    if machine not in MACHINES:
        return f"Tadwin's embedded services exist for x86_64 and aarch64, this is {machine}. Use such a machine."
    if not OLDEST_PYTHON <= python[:2] <= NEWEST_PYTHON:
        return f"Tadwin needs Python 3.11, 3.12 or 3.13, this is {python[0]}.{python[1]}. {install_hint()}"
    if machine == "aarch64" and python[:2] == (3, 12):
        return "On aarch64 Tadwin needs Python 3.11 or 3.13 (a package has no 3.12 build there). Install one of them."
    return glibc_problem(glibc)


def glibc_problem(glibc: "tuple[int, ...]") -> str:
    if not glibc:
        return (
            f"Tadwin needs the GNU C library 2.34 or newer, this system has another. Use Debian 12 or later, {DOCKER}"
        )
    if glibc < OLDEST_GLIBC:
        needs = "glibc 2.34 or newer (Debian 12, Ubuntu 22.04, RHEL 9)"
        return f"Tadwin needs {needs}, this is {glibc[0]}.{glibc[1]}. Upgrade the system, {DOCKER}"
    return ""


def missing_redis(machine: str, python: "tuple[int, ...]", has_redis: bool) -> str:
    """Only Python 3.11 and 3.12 on x86_64 get Redis as a wheel; empty when Redis comes from somewhere."""
    if has_redis or (machine == "x86_64" and python[:2] in ((3, 11), (3, 12))):
        return ""
    where = f"Python {python[0]}.{python[1]} on {machine}"
    return f"{where} needs a Redis server: apt install redis-server (or dnf install redis), or set REDIS_URL."


def install_hint() -> str:
    if Path("/usr/bin/apt-get").exists():
        return (
            "Install one: apt install python3.11-venv (Debian 12) or python3.12-venv (Ubuntu 24.04), then `make run`."
        )
    if Path("/usr/bin/dnf").exists():
        return "Install one: dnf install python3.12, then `make run`."
    return "Install one, for example with pyenv: pyenv install 3.12, then `make run`."


def glibc_version() -> "tuple[int, ...]":
    """(major, minor) of the GNU C library; empty on another one."""
    try:
        name, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        return tuple(int(part) for part in version.split(".")[:2]) if name == "glibc" else ()
    except (ValueError, OSError):
        return ()


def missing_venv() -> str:
    """Debian ships Python without the part that makes environments; empty when it is there."""
    if find_spec("ensurepip") and find_spec("venv"):
        return ""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"Python {version} here cannot create environments. Install that part: apt install python{version}-venv"


def main() -> int:
    found = problem(platform.system(), platform.machine(), tuple(sys.version_info[:2]), glibc_version())
    has_redis = bool(os.environ.get("REDIS_URL") or shutil.which("redis-server"))
    found = found or missing_redis(platform.machine(), tuple(sys.version_info[:2]), has_redis) or missing_venv()
    if found:
        sys.stderr.write(found + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
