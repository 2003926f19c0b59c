"""A server process of the test run: never outlives it, and can be killed and started again by a test."""

import contextlib
import fcntl
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tests.infrastructure import keeper

STOP_TIMEOUT_SECONDS = keeper.GRACE_SECONDS + 5.0
# Linux opens connections from 32768 on.
PORTS = range(10_000, 32_000)
_claims: list[IO[str]] = []


def free_port() -> int:
    """Answer a TCP port of 127.0.0.1 that nothing uses, and that no test process is given as long as this one runs.

    The kernel hands out none of them by itself: no connection that somebody opens meanwhile takes the port.
    """
    folder = Path(tempfile.gettempdir(), f"tramite-ports-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in random.sample(PORTS, len(PORTS)):
        claim = (folder / str(port)).open("a")
        with socket.socket() as probe, contextlib.suppress(OSError):
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            probe.bind(("127.0.0.1", port))
            _claims.append(claim)
            return port
        claim.close()
    raise RuntimeError("no port is free")


def accepts_connections(port: int) -> bool:
    """Tell whether something on 127.0.0.1 answers at `port`."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
        return True
    return False


class KeptProcess:
    """One run of a server under `keeper.py`, which stops it when this process is gone, however it went.

    The server's output is appended to `server.log` in `folder`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.folder = folder
        self._log = folder / "server.log"
        options = ["--folder", str(folder), "--stop-signal", str(stop_signal.value)]
        if user is not None:
            options += ["--user", user]
        with self._log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, keeper.__file__, *options, "--", *argv],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches every process of the terminal's group; the server must outlast the tests' clean-up.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The keeper's process id."""
        return self._keeper.pid

    def running(self) -> bool:
        """Tell whether the server has not ended yet."""
        return self._keeper.poll() is None

    def log_tail(self, lines: int = 30) -> str:
        """Answer the last lines that the server said."""
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def kill(self) -> None:
        """Kill the server as a crash would, and keep its files."""
        self._end(b"k")

    def stop(self) -> None:
        """Stop the server in order, and keep its files."""
        self._end(b"s")

    def close(self) -> None:
        """Stop the server in order, and remove its files."""
        self._end(b"")

    def _end(self, command: bytes) -> None:
        stdin = self._keeper.stdin
        if stdin is not None and not stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                stdin.write(command)
                stdin.flush()
            with contextlib.suppress(BrokenPipeError):
                stdin.close()
        self._keeper.wait(STOP_TIMEOUT_SECONDS)
