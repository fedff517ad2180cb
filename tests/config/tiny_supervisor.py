"""Run by the tests: supervises two or three small processes that write their ids into a folder.

`python -m tests.config.tiny_supervisor FOLDER [NAME=CODE ...]`: each CODE is Python that the child NAME runs.
"""

import sys
from pathlib import Path

from config.embedded.output import Output
from config.embedded.supervisor import Child, Supervisor

REPORT = """
import os, pathlib, signal, sys, time
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def note(word):
    with (folder / "notes").open("a") as file:
        file.write(f"{word} {name}\\n")
with (folder / f"{name}.pids").open("a") as file:
    file.write(f"{os.getpid()}\\n")
"""


def child(folder: Path, name: str, code: str, stage: int) -> Child:
    command = [sys.executable, "-c", REPORT + code, str(folder), name]
    return Child(name, command, stage=stage, grace_seconds=1.0)


def main() -> None:
    folder = Path(sys.argv[1])
    with Supervisor(Output(), first_delay=0.1) as supervisor:
        for stage, argument in enumerate(sys.argv[2:]):
            name, _, code = argument.partition("=")
            supervisor.start(child(folder, name, code, stage))
        supervisor.run()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
