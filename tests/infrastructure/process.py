"""A server process of the test run: never outlives it, and can be killed and started again by a test."""

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.infrastructure import keeper

STOP_TIMEOUT_SECONDS = keeper.GRACE_SECONDS + 5.0


def free_port() -> int:
    """Answer a TCP port of 127.0.0.1 that was free a moment ago; another process may take it before the caller."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
