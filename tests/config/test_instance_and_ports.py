import os
import socket
import subprocess
import sys
from pathlib import Path

from config.embedded.instance import Instance, only_instance, running_instance
from config.embedded.ports import holder, port_problem


def test_second_instance_learns_of_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "var" / "up.lock"

    with only_instance(lock, "http://127.0.0.1:8100") as first:
        with only_instance(lock, "http://127.0.0.1:9999") as second:
            pass
        with only_instance(lock, "http://127.0.0.1:9999") as third:
            pass
        assert running_instance(lock) == second

    assert first is None
    assert running_instance(lock) is None
    assert second == third == Instance(os.getpid(), "http://127.0.0.1:8100")


def test_lock_of_a_killed_instance_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "up.lock"
    script = (
        "import sys, time; from pathlib import Path; from config.embedded.instance import only_instance\n"
        "with only_instance(Path(sys.argv[1]), 'http://old'): print('held', flush=True); time.sleep(60)"
    )
    killed = subprocess.Popen([sys.executable, "-c", script, str(lock)], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "held\n"
    with only_instance(lock, "http://new") as running:
        assert running == Instance(killed.pid, "http://old")

    killed.kill()
    killed.wait()

    with only_instance(lock, "http://new") as running:
        assert running is None


def test_taken_port_is_explained_with_the_process_that_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        found = port_problem("127.0.0.1", port)

        assert holder(port).pid == os.getpid()
        assert found is not None
        assert f"Port {port} on 127.0.0.1 is in use by" in found
        assert f"process {os.getpid()}" in found
    assert port_problem("127.0.0.1", port) is None


def test_address_of_another_machine_is_explained() -> None:
    found = port_problem("203.0.113.7", 8000)

    assert found is not None
    assert found.startswith("Cannot listen on 203.0.113.7 port 8000: ")
