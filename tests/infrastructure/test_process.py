import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infrastructure.process import KeptProcess, accepts_connections, free_port
from tests.infrastructure.waiting import until_blocking

ROOT = Path(__file__).parents[2]

# Listens on the port that it is given, for ever.
SERVER = """
import socket, sys
door = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    door.accept()[0].close()
"""

# Starts that server as a test run would, and then hangs as a test can.
RUN = """
import sys
from pathlib import Path
from tests.infrastructure.process import KeptProcess
kept = KeptProcess([sys.executable, "-c", sys.argv[3], sys.argv[1]], folder=Path(sys.argv[2]))
sys.stdin.read()
"""


# Takes ports from a range so narrow that two runs would meet in it.
NARROW = range(31_000, 31_200)
ASK_PORTS = """
import sys
from tests.infrastructure import process
process.PORTS = range(31_000, 31_200)
print(*(process.free_port() for _ in range(40)), flush=True)
sys.stdin.read()
"""


def start(port: int, folder: Path) -> KeptProcess:
    folder.mkdir(exist_ok=True)
    process = KeptProcess([sys.executable, "-c", SERVER, str(port)], folder=folder)
    until_blocking(lambda: accepts_connections(port), "the server to listen")
    return process


def test_server_goes_when_the_run_is_killed(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "files"
    folder.mkdir()
    command = [sys.executable, "-c", RUN, str(port), str(folder), SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT) as run:
        until_blocking(lambda: accepts_connections(port), "the server to listen")
        os.kill(run.pid, signal.SIGKILL)
    until_blocking(lambda: not accepts_connections(port), "the server to be gone")
    until_blocking(lambda: not folder.exists(), "its files to be gone")


def test_stopped_server_keeps_its_files_and_starts_again(tmp_path: Path) -> None:
    port = free_port()
    process = start(port, tmp_path)
    process.stop()
    assert not accepts_connections(port)
    assert process.log_tail() == "listening"
    start(port, tmp_path).close()


def test_no_two_runs_are_given_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.infrastructure.process.PORTS", NARROW)
    with subprocess.Popen(
        [sys.executable, "-c", ASK_PORTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as run:
        assert run.stdout is not None
        theirs = {int(port) for port in run.stdout.readline().split()}
        ours = {free_port() for _ in range(40)}
    assert len(theirs) == len(ours) == 40
    assert not ours & theirs


@pytest.mark.parametrize("end", [KeptProcess.stop, KeptProcess.kill])
def test_files_stay_unless_closed(tmp_path: Path, end: object) -> None:
    process = start(free_port(), tmp_path / "files")
    assert callable(end)
    end(process)
    assert not process.running()
    assert (tmp_path / "files").is_dir()


def test_closed_server_leaves_nothing(tmp_path: Path) -> None:
    process = start(free_port(), tmp_path / "files")
    process.close()
    assert not process.running()
    assert not (tmp_path / "files").exists()


def test_server_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    process = KeptProcess([sys.executable, "-c", "raise SystemExit('no disk')"], folder=tmp_path)
    until_blocking(lambda: not process.running(), "the server to end")
    assert process.log_tail() == "no disk"
    process.stop()
