"""Every query of operators on the queue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.delivery.models import QueueChange, QueuedMail, QueueState
from services.delivery.operations.domain import UNSETTLED, Place, Wanted


@dataclass(frozen=True, slots=True)
class Count:
    """Mails of one state: how many, since when the oldest is queued, and the box of one recipient."""

    state: QueueState
    count: int
    oldest: datetime
    recipient_box: str


async def get_mail(session: AsyncSession, queue_id: UUID) -> QueuedMail | None:
    """Return a queued mail, or None."""
    return await session.get(QueuedMail, queue_id)


async def list_mails(session: AsyncSession, wanted: Wanted, after: Place | None, limit: int) -> Sequence[QueuedMail]:
    """Return `limit` mails in order of queueing, those behind `after`."""
    return (await session.exec(_select(wanted, after).limit(limit))).all()


async def lock_wanted(session: AsyncSession, wanted: Wanted, after: Place | None, limit: int) -> Sequence[QueuedMail]:
    """Return the same, locked; without those that somebody else has locked, so that nobody waits for anybody."""
    query = _select(wanted, after).limit(limit).with_for_update(skip_locked=True)
    return (await session.exec(query)).all()


async def lock_mails(session: AsyncSession, queue_ids: Collection[UUID]) -> dict[UUID, QueuedMail]:
    """Return mails by id, locked; without those that somebody else has locked."""
    query = select(QueuedMail).where(col(QueuedMail.queue_id).in_(list(queue_ids)))
    rows = (await session.exec(query.with_for_update(skip_locked=True))).all()
    return {row.queue_id: row for row in rows}


async def list_known(session: AsyncSession, queue_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the ids are those of mails."""
    if not queue_ids:
        return set()
    query = select(QueuedMail.queue_id).where(col(QueuedMail.queue_id).in_(list(queue_ids)))
    return set((await session.exec(query)).all())


async def count_states(session: AsyncSession, wanted: Wanted) -> list[Count]:
    """Count the mails that are neither sent nor given up, by state."""
    return [_read_count(row) for row in (await session.exec(_count(wanted, col(QueuedMail.state)))).all()]


async def count_destinations(session: AsyncSession, wanted: Wanted, limit: int) -> list[Count]:
    """Count the same by destination and state, the fullest first."""
    query = _count(wanted, col(QueuedMail.destination), col(QueuedMail.state)).order_by(func.count().desc())
    return [_read_count(row[1:]) for row in (await session.exec(query.limit(limit))).all()]


async def list_changes(session: AsyncSession, queue_id: UUID, limit: int) -> Sequence[QueueChange]:
    """Return what operators did with a mail, newest first."""
    query = select(QueueChange).where(QueueChange.queue_id == queue_id)
    return (await session.exec(query.order_by(col(QueueChange.change_id).desc()).limit(limit))).all()


def _select(wanted: Wanted, after: Place | None) -> SelectOfScalar[QueuedMail]:
    place = (col(QueuedMail.queued_at), col(QueuedMail.queue_id))
    query = select(QueuedMail).where(*_conditions(wanted, wanted.states))
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(after.queued_at, after.queue_id))
    return query.order_by(*place)


def _count(wanted: Wanted, *groups: Any) -> Any:  # noqa: ANN401 - SQLAlchemy types a query by each of its columns
    figures = (func.count(), func.min(QueuedMail.queued_at), func.min(QueuedMail.recipient_box))
    # Settled mails are kept for weeks: to count them is not what a look at the queue should cost.
    return select_columns(*groups, *figures).where(*_conditions(wanted, UNSETTLED)).group_by(*groups)


def _conditions(wanted: Wanted, states: Sequence[QueueState]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(QueuedMail.state).in_(list(states))]
    if wanted.destination is not None:
        conditions.append(col(QueuedMail.destination) == wanted.destination)
    if wanted.since is not None:
        conditions.append(col(QueuedMail.queued_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(QueuedMail.queued_at) < wanted.until)
    return conditions


def _read_count(row: Sequence[Any]) -> Count:
    state, count, oldest, box = row
    return Count(QueueState(state), count, oldest, box)
