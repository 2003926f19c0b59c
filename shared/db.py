"""The database of a service: SQLite in one process, PostgreSQL in a cluster, the same code on both."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, DateTime, Dialect, Enum, TypeDecorator, event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import sqlite
from shared.misconfiguration import MisconfiguredError

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}
_BUSY_SECONDS = 30
_LEADER_POLL_SECONDS = 0.5
_IDLE_SECONDS = 1.0
_READING = "reading"
_IDLE_SINCE = "idle_since"
_LOCK_NAMES = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(CAST(:names AS text[])) AS name"
)
# PostgreSQL's classes of SQLSTATE: connection lost, resources used up, operator intervention (shutdown, start).
_OUTAGE_STATES = ("08", "53", "57")


_COMMON: Mapping[str, Any] = {
    # Errors are logged, and their text would quote what was to be stored.
    "hide_parameters": True,
    "json_serializer": lambda value: to_json(value).decode(),
    "json_deserializer": from_json,
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, `timestamptz` in PostgreSQL, naive UTC in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments: nobody can know what they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back aware UTC."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value


def named(words: type[StrEnum]) -> Enum:
    """Return the column type for a vocabulary: its words as text, so that a new word needs no migration."""
    return Enum(
        words, native_enum=False, create_constraint=False, length=32, values_callable=lambda e: [w.value for w in e]
    )


class SessionWithEvents(Session):
    """The sync session under every `AsyncSession`; `shared.outbox` hooks into its commits."""


@event.listens_for(SessionWithEvents, "before_flush")
def _refuse_to_write(session: Session, _context: object, _instances: object) -> None:
    if _READING in session.info:
        raise RuntimeError("a reading session writes nothing: changes belong into a transaction")


class Database:
    """One service's database: pooled connections, and transactions that commit only here."""

    def __init__(self, url: str, *, service: str, pool: int = 10) -> None:
        self.service = service
        self.url = normalise_url(url)
        self.told = asyncio.Event()
        self.is_sqlite = self.url.startswith("sqlite")
        self._writer = asyncio.Lock()
        self.engine = _create_engine(self.url, pool)
        # Without BEGIN and ROLLBACK around it, a single question is a single round trip. SQLite needs them, to see
        # one state of the file.
        self._reading_engine = self.engine.execution_options(
            **({"read_only": True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"})
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session that commits when the block ends well, and rolls back when it raises.

        SQLite takes one writer at a time: they queue here in order of arrival, not on the file's lock.
        """
        async with self._writer if self.is_sqlite else nullcontext(), self._open(self.engine) as session:
            async with session.begin():
                yield session
            if session.info.pop("told", False):
                self.told.set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session for reading only, which writes down nothing of what is changed in it."""
        async with self._open(self._reading_engine) as session:
            session.autoflush = False
            session.info[_READING] = True
            yield session

    @asynccontextmanager
    async def leadership(self, lock: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Hold `lock` among all instances of this service; wait until the present holder is gone.

        Gives a check that raises once the lock may be lost. SQLite has one instance only, which always leads.
        """
        if self.is_sqlite:
            yield _lead_alone
            return
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            while not await connection.scalar(select(func.pg_try_advisory_lock(lock))):  # noqa: ASYNC110 - the lock lives in the database
                await asyncio.sleep(_LEADER_POLL_SECONDS)

            async def still_leading() -> None:
                await connection.execute(text("SELECT 1"))

            try:
                yield still_leading
            finally:
                # A cancelled query leaves the connection unusable; closing it gives up the lock in any case.
                await connection.invalidate()

    async def check(self) -> None:
        """Raise `DBAPIError` if the database does not answer."""
        async with self.reading() as session:
            await (await session.connection()).execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()

    def _open(self, engine: AsyncEngine) -> AsyncSession:
        return AsyncSession(
            engine,
            expire_on_commit=False,
            sync_session_class=SessionWithEvents,
            info={"service": self.service},
        )


async def lock_until_commit(session: AsyncSession, *names: str) -> None:
    """Let no other transaction that locks one of `names` run beside this one; SQLite never has two writers anyway.

    Several are locked in one order everywhere, so that no two transactions wait for each other.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    held: set[str] = session.info.setdefault("held_names", set())
    wanted = sorted(set(names) - held)
    if wanted:
        await (await session.connection()).execute(_LOCK_NAMES, {"names": wanted})
    # What is locked within a savepoint goes with it.
    if not session.in_nested_transaction():
        held.update(wanted)


def normalise_url(url: str) -> str:
    """Return `url` with the async driver we use; raises `MisconfiguredError` for others."""
    scheme, separator, rest = url.partition("://")
    driver = _DRIVERS.get(scheme.partition("+")[0])
    if not separator or driver is None:
        raise MisconfiguredError("a database URL begins with sqlite:/// or postgresql://")
    return f"{driver}://{rest}"


def is_outage(error: BaseException) -> bool:
    """Whether `error` says that the database or network is away, rather than that the work is wrong."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_driver_outage(error.orig) or _is_operational(error)
    return isinstance(error, OSError | PoolTimeoutError) or _is_driver_outage(error)


def _is_driver_outage(error: BaseException | None) -> bool:
    """Judge by the SQLSTATE that asyncpg's errors carry; while connecting they come as they are."""
    return str(getattr(error, "sqlstate", None) or "").startswith(_OUTAGE_STATES)


def _is_operational(error: DBAPIError) -> bool:
    """Judge SQLite's errors: locked, full or unreadable files are operational, so is (SQLITE_ERROR) a wrong query."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR"


async def _lead_alone() -> None:
    """Agree: the only instance leads."""


def _create_engine(url: str, pool: int) -> AsyncEngine:
    if not url.startswith("sqlite"):
        engine = create_async_engine(url, pool_size=pool, max_overflow=0, pool_timeout=10, **_COMMON)
        event.listen(engine.sync_engine, "checkin", _note_idle)
        event.listen(engine.sync_engine, "checkout", _ask_idle)
        return engine
    if database := make_url(url).database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        connect_args={"timeout": _BUSY_SECONDS, "async_creator_fn": sqlite.connect},
        **_COMMON,
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _note_idle(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_IDLE_SINCE] = time.monotonic()


def _ask_idle(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401 - see below
    """Ask a connection that was idle whether it is still there, and let the pool open another where it is not."""
    # SQLAlchemy's own `pool_pre_ping` asks every time, which costs a busy service a tenth of its round trips.
    if time.monotonic() - record.info.get(_IDLE_SINCE, math.inf) < _IDLE_SECONDS:
        return
    try:
        connection.ping()
    except Exception:  # noqa: BLE001 - whatever it says, this connection is of no use
        raise DisconnectionError from None


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter has no type
    # The driver's own BEGIN comes too late and too weak; ours is sent by `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer half-way fails at once on a busy file; writers say so from the start.
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else sqlite.BEGIN_WRITING)
