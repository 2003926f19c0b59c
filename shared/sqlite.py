"""SQLite without a thread hop per statement.

aiosqlite hands every call to a thread and waits for it: four hand-overs for one SELECT, each dearer than the SELECT
itself. A statement on a local file takes microseconds, so it runs where it is. What waits for the disk (COMMIT) or for
another process's lock (BEGIN) still goes to the thread.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")
_CHUNK = 64


class LocalConnection(aiosqlite.Connection):
    """An aiosqlite connection whose quick calls are made in the event loop."""

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:  # noqa: ANN401 - aiosqlite's own
        if _may_wait(fn, args):
            result: T = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # aiosqlite has none
            return result
        return fn(*args, **kwargs)


def connect(database: str, **options: Any) -> LocalConnection:  # noqa: ANN401 - sqlite3.connect's
    """Return a connection, not yet open; takes what `sqlite3.connect` takes."""
    # Two threads use it, never at the same time: the loop waits while the other one works.
    settings = {**options, "check_same_thread": False}
    connection = LocalConnection(lambda: sqlite3.connect(database, **settings), _CHUNK)
    # A process that ends without closing must not hang on it, as SQLAlchemy sees to for connections it makes itself.
    connection._thread.daemon = True  # noqa: SLF001 - there is no other way to say so
    return connection


def _may_wait(fn: Callable[..., object], args: tuple[object, ...]) -> bool:
    name = getattr(fn, "__name__", "")
    return name == "commit" or (name == "execute" and str(args[0]).startswith("BEGIN"))
