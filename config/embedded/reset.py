"""`python -m config.embedded.reset`: forget everything that the embedded services keep for this checkout."""

import shutil
import sys

from config.embedded.instance import only_instance
from config.embedded.paths import BASE_DIR, EmbeddedPaths
from config.embedded.postgres import EmbeddedPostgres


def main(arguments: list[str]) -> int:
    paths = EmbeddedPaths(BASE_DIR)
    with only_instance(paths.var / "up.lock", "") as running:
        if running is not None:
            sys.stderr.write(f"Tadwin runs in this folder (process {running.pid}). Stop it first: kill {running.pid}\n")
            return 1
        if "--yes" not in arguments and not _confirmed(paths):
            sys.stderr.write("Nothing was deleted.\n")
            return 1
        data = EmbeddedPostgres(paths.postgres_data, paths.postgres_sockets).data_dir  # not in var/ for some of root's
        for folder in (data, paths.var, paths.runtime):
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write("Everything was deleted. `make run` starts afresh.\n")
    return 0


def _confirmed(paths: EmbeddedPaths) -> bool:
    sys.stdout.write(f"This deletes the database, all recordings and secrets in {paths.var}. Type yes to go on: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip() == "yes"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
