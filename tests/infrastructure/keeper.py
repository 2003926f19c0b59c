"""Keeps one server process alive for exactly as long as somebody holds this script's standard input open.

A test run can end in ways that run no clean-up (`kill -9`, a crash of the interpreter). The operating system closes
its pipes all the same, so the far end of a pipe is the one sign of life that cannot be forgotten. What comes in:

- end of input: stop the server politely, then remove its folder;
- `s`: stop it politely, keep the folder (it will be started again);
- `k`: kill it at once, keep the folder.
"""

import argparse
import contextlib
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

POLL_SECONDS = 0.2
GRACE_SECONDS = 15.0


class Identity(TypedDict):
    """Arguments of `subprocess.Popen` and `run` that say whose rights a child has."""

    user: str | None
    group: int | None
    extra_groups: list[int] | None


def identity(user: str | None) -> Identity:
    """Answer the identity of `user`, with no right of ours left to it; `None` stands for ourselves."""
    if user is None:
        return Identity(user=None, group=None, extra_groups=None)
    return Identity(user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[])


def wait_for_command(server: subprocess.Popen[bytes]) -> bytes:
    """Wait for a command or the end of input (`b""`); `b"s"` if the server ended by itself."""
    while server.poll() is None:
        ready, _, _ = select.select([sys.stdin], [], [], POLL_SECONDS)
        if ready:
            return os.read(sys.stdin.fileno(), 1)
    return b"s"


def stop(server: subprocess.Popen[bytes], stop_signal: int) -> None:
    """Ask the server to stop, and after the grace period insist."""
    with contextlib.suppress(ProcessLookupError):
        server.send_signal(stop_signal)
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def keep(argv: Sequence[str], *, user: str | None, stop_signal: int, folder: Path) -> int:
    """Run `argv` until told otherwise; answer its exit status."""
    server = subprocess.Popen(argv, stdin=subprocess.DEVNULL, cwd=folder, **identity(user))
    command = b""
    try:
        command = wait_for_command(server)
    finally:
        if command == b"k":
            server.kill()
        stop(server, stop_signal)
        if command == b"":
            shutil.rmtree(folder, ignore_errors=True)
    return int(server.returncode)


def main() -> int:
    """Read the command line: options, then the server's own command after `--`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user")
    parser.add_argument("--stop-signal", type=int, default=signal.SIGTERM)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("argv", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return keep(options.argv, user=options.user, stop_signal=options.stop_signal, folder=options.folder)


if __name__ == "__main__":
    sys.exit(main())
