"""SQLite without a thread hop per statement.

aiosqlite hands every call to a thread and waits for it: four hand-overs for one SELECT, each dearer than the SELECT
itself. A statement on a local file takes microseconds, so it runs where it is. What waits for the disk (COMMIT) or for
another process's lock (BEGIN IMMEDIATE) still goes to the thread.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")
_CHUNK = 64
BEGIN_WRITING = "BEGIN IMMEDIATE"


class LocalConnection(aiosqlite.Connection):
    """An aiosqlite connection whose quick calls are made in the event loop, unless its thread is at work.

    Whoever waits for the thread may be cancelled, which ends the wait, not the work; what comes then, a rollback or
    the end of the connection, queues behind it.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection], chunk: int) -> None:
        super().__init__(connector, chunk)
        self._in_thread: deque[None] = deque()

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:  # noqa: ANN401 - aiosqlite's own
        if not self._in_thread and not _may_wait(fn, args):
            return fn(*args, **kwargs)
        self._in_thread.append(None)

        def work() -> T:
            try:
                return fn(*args, **kwargs)
            finally:
                self._in_thread.pop()

        result: T = await super()._execute(work)  # type: ignore[no-untyped-call]  # aiosqlite has none
        return result


def connect(database: str, **options: Any) -> LocalConnection:  # noqa: ANN401 - sqlite3.connect's
    """Return a connection, not yet open; takes what `sqlite3.connect` takes."""
    # Two threads use it, never at the same time.
    settings = {**options, "check_same_thread": False}
    connection = LocalConnection(lambda: sqlite3.connect(database, **settings), _CHUNK)
    # A process that ends without closing must not hang on it, as SQLAlchemy sees to for connections it makes itself.
    connection._thread.daemon = True  # noqa: SLF001 - there is no other way to say so
    return connection


def _may_wait(fn: Callable[..., object], args: tuple[object, ...]) -> bool:
    name = getattr(fn, "__name__", "")
    return name == "commit" or (name == "execute" and args[0] == BEGIN_WRITING)
