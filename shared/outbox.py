"""The outbox: an event is a row committed with the state it tells of; one relay per service publishes it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    bindparam,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.bus import Bus, finish
from shared.db import Database, SessionWithEvents, UtcDateTime
from shared.events import Event, Record, encode_event
from shared.lookup import pad
from shared.metrics import ServiceMetrics
from shared.rounds import Rounds

OUTBOX = Table(
    "outbox",
    MetaData(),
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("topic", String(100), nullable=False),
    Column("key", String(200), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("inserted_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime, nullable=True),
)
Index(
    "ix_outbox_unpublished",
    OUTBOX.c.seq,
    postgresql_where=OUTBOX.c.published_at.is_(None),
    sqlite_where=OUTBOX.c.published_at.is_(None),
)
Index("ix_outbox_published_at", OUTBOX.c.published_at)

_INSERT = insert(OUTBOX)
_SEQS: BindParameter[Sequence[int]] = bindparam("seqs", expanding=True)
_UNPUBLISHED = (
    select(OUTBOX)
    .where(OUTBOX.c.published_at.is_(None), OUTBOX.c.seq.not_in(_SEQS))
    .order_by(OUTBOX.c.seq)
    .limit(bindparam("most", type_=Integer))
)
_MARK_PUBLISHED = update(OUTBOX).where(OUTBOX.c.seq.in_(_SEQS)).values(published_at=bindparam("at"))
_PENDING = "pending_events"
_SAVEPOINTS = "events_before_savepoints"
_RELAY_LOCK = 0x7472616D
_POLL_SECONDS = 0.05
# In one process every commit is heard of; this is for what the command line writes beside it.
_LOCAL_POLL_SECONDS = 1.0
_log = structlog.get_logger()


def emit(session: AsyncSession, *events: Event) -> None:
    """Tell `events` when, and only when, this session commits."""
    # Written down here, where it happens: the commit is outside of the span that the event belongs to.
    records = [encode_event(told, session.info["service"]) for told in events]
    session.info.setdefault(_PENDING, []).extend(records)


@event.listens_for(SessionWithEvents, "after_transaction_create")
def _mark_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(session.info.get(_PENDING, ()))


@event.listens_for(SessionWithEvents, "before_commit")
def _write_pending(session: Session) -> None:
    if session.in_nested_transaction():
        return
    # Written last, so that sequence numbers are taken as late as possible before the commit.
    records: list[Record] = session.info.pop(_PENDING, [])
    if not records:
        return
    now = datetime.now(UTC)
    rows = [
        {"topic": r.topic, "key": r.key, "value": r.value, "headers": dict(r.headers), "inserted_at": now}
        for r in records
    ]
    session.flush()
    session.connection().execute(_INSERT, rows)
    session.info["told"] = True


@event.listens_for(SessionWithEvents, "after_soft_rollback")
def _drop_pending(session: Session, transaction: SessionTransaction) -> None:
    # What was told before a savepoint stays when only the savepoint is rolled back.
    told_before = session.info.get(_SAVEPOINTS, {}).pop(transaction, 0)
    del session.info.get(_PENDING, [])[told_before:]


class Relay:
    """Publishes a service's outbox in order of `seq`, one active relay per service at a time."""

    def __init__(
        self, database: Database, bus: Bus, metrics: ServiceMetrics, *, batch: int = 500, round_seconds: float = 0.0
    ) -> None:
        self._database = database
        self._bus = bus
        self._metrics = metrics
        self._batch = batch
        self._rounds = Rounds(round_seconds)
        self._poll_seconds = _LOCAL_POLL_SECONDS if database.is_sqlite else _POLL_SECONDS

    async def run(self) -> None:
        """Publish until cancelled; outages of database or bus are waited out."""
        while True:
            # Whoever does not lead sees no age; what was seen last must not stay behind as an alarm.
            self._metrics.observe_outbox(None)
            try:
                async with self._database.leadership(_RELAY_LOCK) as still_leading:
                    await self._publish_forever(still_leading)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever is away now may be back in a second
                _log.warning("relay.interrupted", error=type(error).__name__)
                await asyncio.sleep(1)

    async def purge(self, days: int) -> int:
        """Delete what was published more than `days` ago; returns how many rows went."""
        limit = datetime.now(UTC) - timedelta(days=days)
        async with self._database.transaction() as session:
            result = await (await session.connection()).execute(delete(OUTBOX).where(OUTBOX.c.published_at < limit))
        return result.rowcount

    async def _publish_forever(self, still_leading: Callable[[], Awaitable[None]]) -> None:
        """Publish; what was published is marked once there is nothing more to publish, or much to mark.

        What a crash leaves unmarked is published again, and consumers pass over it.
        """
        published: list[int] = []
        try:
            while True:
                await self._rounds.wait()
                self._database.told.clear()
                await still_leading()
                # A query that is broken off costs its connection: a stop comes between them.
                rows = await finish(self._read_unpublished(published))
                self._metrics.observe_outbox(rows[0]["inserted_at"] if rows else None)
                if rows:
                    await self._bus.publish([_to_record(row) for row in rows])
                    published += [row["seq"] for row in rows]
                    self._metrics.events_published.inc(len(rows))
                    # After a full batch there is more: it need not gather first.
                    if len(rows) < self._batch:
                        self._rounds.begin()
                if published and (not rows or len(published) >= self._batch):
                    await finish(self._mark_published(published))
                    published = []
                if not rows:
                    await self._wait_for_news()
        except asyncio.CancelledError:
            if published:
                await self._mark_published(published)
            raise

    async def _wait_for_news(self) -> None:
        # Another instance's commits are not heard here, only seen, hence the bound. Not `wait_for`: up to Python 3.11
        # it loses a cancellation that comes together with the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds):
                await self._database.told.wait()

    async def _read_unpublished(self, published: Sequence[int]) -> Sequence[RowMapping]:
        """Return the oldest rows that are neither marked nor in `published`."""
        async with self._database.reading() as session:
            rows = await (await session.connection()).execute(
                _UNPUBLISHED, {"seqs": pad(published), "most": self._batch}
            )
            return rows.mappings().all()

    async def _mark_published(self, seqs: Sequence[int]) -> None:
        async with self._database.transaction() as session:
            await (await session.connection()).execute(_MARK_PUBLISHED, {"seqs": pad(seqs), "at": datetime.now(UTC)})


def _to_record(row: RowMapping) -> Record:
    return Record(topic=row["topic"], key=row["key"], value=row["value"], headers=row["headers"])
