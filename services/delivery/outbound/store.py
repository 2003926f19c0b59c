"""Every query on the queue."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, CursorResult, Integer, Uuid, bindparam, delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.models import Base, MailKind, Party, QueuedMail, QueueState
from services.delivery.outbound.domain import choose_within
from shared.contracts.vocabulary import Role
from shared.db import UtcDateTime
from shared.lookup import KEYS, pad

# What is asked for all the time is put together once.
_FULL: BindParameter[Any] = bindparam("full", expanding=True)
_WAITING = (col(QueuedMail.state) == QueueState.WAITING, col(QueuedMail.destination).not_in(_FULL))
_EARLIEST_DUE = select(func.min(QueuedMail.due_at)).where(*_WAITING)
_DUE = (
    select(QueuedMail)
    .where(*_WAITING, col(QueuedMail.due_at) <= bindparam("now", type_=UtcDateTime))
    .order_by(col(QueuedMail.due_at))
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_LOCKED = select(QueuedMail).where(col(QueuedMail.queue_id).in_(KEYS)).with_for_update()
_QUEUE = Base.metadata.tables["queue"]
_CLAIM = (
    update(_QUEUE)
    .where(_QUEUE.c.queue_id.in_(KEYS))
    .values(claim=bindparam("by", type_=Uuid), due_at=bindparam("until", type_=UtcDateTime))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed at once: `limit` mails at most, and to one destination `per_destination` with those under way."""

    id: UUID
    until: datetime
    limit: int
    per_destination: int


async def get_mail(session: AsyncSession, queue_id: UUID, *, locked: bool = False) -> QueuedMail | None:
    """Return a queued mail, locked against other writers if asked, or None."""
    return await session.get(QueuedMail, queue_id, with_for_update=locked)


async def find_earliest_due(session: AsyncSession, full: Collection[str]) -> datetime | None:
    """Return when the next waiting mail is due that goes elsewhere than to `full` destinations, or None."""
    return (await session.exec(_EARLIEST_DUE, params={"full": full})).one()


async def claim_due(session: AsyncSession, now: datetime, claim: Claim, busy: Mapping[str, int]) -> list[QueuedMail]:
    """Claim due mails; other instances pass over them meanwhile. `busy` counts what is under way by destination."""
    full = [destination for destination, count in busy.items() if count >= claim.per_destination]
    found = (await session.exec(_DUE, params={"full": full, "now": now, "most": claim.limit})).all()
    chosen = choose_within([mail.destination for mail in found], busy, claim.per_destination)
    mails = list(compress(found, chosen))
    if mails:
        chosen_ids = [mail.queue_id for mail in mails]
        connection = await session.connection()
        await connection.execute(_CLAIM, {"keys": pad(chosen_ids), "by": claim.id, "until": claim.until})
    return mails


async def release_claims(session: AsyncSession, now: datetime) -> int:
    """Make every claimed mail due at once, held ones as soon as they are released.

    Right where no other process can be sending, at the start.
    """
    statement = (
        update(QueuedMail)
        .where(col(QueuedMail.state).in_([QueueState.WAITING, QueueState.HELD]), col(QueuedMail.claim).is_not(None))
        .values(claim=None, due_at=now)
    )
    return await _count(session, statement)


async def list_claimed(session: AsyncSession, claims: Sequence[tuple[UUID, UUID]]) -> dict[UUID, QueuedMail]:
    """Return, locked, those of the mails `(queue id, claim)` that are still under that claim."""
    rows = (await session.exec(_LOCKED, params={"keys": pad([queue_id for queue_id, _ in claims])})).all()
    valid = set(claims)
    return {row.queue_id: row for row in rows if row.claim is not None and (row.queue_id, row.claim) in valid}


async def measure(session: AsyncSession) -> tuple[dict[QueueState, int], datetime | None]:
    """Return how many mails wait and are held, and since when the oldest waiting one is queued."""
    unsettled = [QueueState.WAITING, QueueState.HELD]
    query = (
        select(QueuedMail.state, func.count(), func.min(QueuedMail.queued_at))
        .where(col(QueuedMail.state).in_(unsettled))
        .group_by(col(QueuedMail.state))
    )
    rows = (await session.exec(query)).all()
    oldest = next((since for state, _, since in rows if state is QueueState.WAITING), None)
    counts = dict.fromkeys(unsettled, 0) | {QueueState(state): count for state, count, _ in rows}
    return counts, oldest


async def get_party(session: AsyncSession, role: Role, party_id: str) -> Party | None:
    """Return what is known of a party, or None."""
    return await session.get(Party, (role, party_id))


async def find_message(session: AsyncSession, message_id: UUID) -> QueuedMail | None:
    """Return the queued mail that carries a message, locked, or None once it is purged."""
    query = select(QueuedMail).where(QueuedMail.message_id == message_id, QueuedMail.kind == MailKind.MESSAGE)
    return (await session.exec(query.with_for_update())).first()


async def purge_settled(session: AsyncSession, now: datetime, days: int) -> int:
    """Forget mails settled more than `days` ago; return how many."""
    statement = delete(QueuedMail).where(col(QueuedMail.settled_at) < now - timedelta(days=days))
    return await _count(session, statement)


async def _count(session: AsyncSession, statement: Any) -> int:  # noqa: ANN401 - any DML
    result = await session.exec(statement)
    assert isinstance(result, CursorResult)  # noqa: S101 - what DML gives
    return int(result.rowcount)
