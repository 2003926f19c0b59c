"""Every query on the queue."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.models import MailKind, Party, QueuedMail, QueueState
from services.delivery.outbound.domain import choose_within
from shared.contracts.vocabulary import Role


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
    query = select(func.min(QueuedMail.due_at)).where(QueuedMail.state == QueueState.WAITING)
    if full:
        query = query.where(col(QueuedMail.destination).not_in(list(full)))
    return (await session.exec(query)).one()


async def claim_due(session: AsyncSession, now: datetime, claim: Claim, busy: Mapping[str, int]) -> list[QueuedMail]:
    """Claim due mails; other instances pass over them meanwhile. `busy` counts what is under way by destination."""
    due = (
        select(QueuedMail)
        .where(QueuedMail.state == QueueState.WAITING, QueuedMail.due_at <= now)
        .order_by(col(QueuedMail.due_at))
        .limit(claim.limit)
        .with_for_update(skip_locked=True)
    )
    if full := [destination for destination, count in busy.items() if count >= claim.per_destination]:
        due = due.where(col(QueuedMail.destination).not_in(full))
    found = (await session.exec(due)).all()
    chosen = choose_within([mail.destination for mail in found], busy, claim.per_destination)
    mails = list(compress(found, chosen))
    if mails:
        await session.exec(
            update(QueuedMail)
            .where(col(QueuedMail.queue_id).in_([mail.queue_id for mail in mails]))
            .values(claim=claim.id, due_at=claim.until)
            .execution_options(synchronize_session=False)
        )
    return mails


async def release_claims(session: AsyncSession, now: datetime) -> int:
    """Make every claimed mail due at once: right where no other process can be sending, at the start."""
    statement = (
        update(QueuedMail)
        .where(QueuedMail.state == QueueState.WAITING, col(QueuedMail.claim).is_not(None))  # type: ignore[arg-type]  # SQLModel types a comparison as its result
        .values(claim=None, due_at=now)
    )
    return await _count(session, statement)


async def list_claimed(session: AsyncSession, claims: Sequence[tuple[UUID, UUID]]) -> dict[UUID, QueuedMail]:
    """Return, locked, those of the mails `(queue id, claim)` that are still under that claim."""
    query = select(QueuedMail).where(col(QueuedMail.queue_id).in_([queue_id for queue_id, _ in claims]))
    rows = (await session.exec(query.with_for_update())).all()
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
