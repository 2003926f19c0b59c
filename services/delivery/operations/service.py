"""Use cases of operators: change mails of the queue, each change audited."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.models import QueueChange, QueuedMail
from services.delivery.operations import store
from services.delivery.operations.domain import Order, Place, Ruling, Wanted, decide


@dataclass(frozen=True, slots=True)
class Swept:
    """What an order over a filter came to: how many mails it changed, and where to go on; None at the end."""

    changed: int
    unchanged: int
    next: Place | None


async def change_named(
    session: AsyncSession, queue_ids: Sequence[UUID], order: Order, now: datetime
) -> dict[UUID, Ruling]:
    """Change the mails with these ids; return what became of each, in the order given."""
    mails = await store.lock_mails(session, queue_ids)
    missing = [queue_id for queue_id in queue_ids if queue_id not in mails]
    busy = await store.list_known(session, missing)
    rulings = {queue_id: Ruling.BUSY if queue_id in busy else Ruling.UNKNOWN for queue_id in queue_ids}
    return rulings | {queue_id: _change(session, mail, order, now) for queue_id, mail in mails.items()}


async def sweep(
    session: AsyncSession, wanted: Wanted, after: Place | None, limit: int, order: Order, now: datetime
) -> Swept:
    """Change `limit` mails at most of those that are wanted, in order of queueing.

    One that is being recorded by a sender at this moment is passed over.
    """
    mails = await store.lock_wanted(session, wanted, after, limit)
    changed = _count(_change(session, mail, order, now) for mail in mails)
    last = Place(mails[-1].queued_at, mails[-1].queue_id) if len(mails) == limit else None
    return Swept(changed, len(mails) - changed, last)


def _change(session: AsyncSession, mail: QueuedMail, order: Order, now: datetime) -> Ruling:
    course = decide(order.action, mail.state, claimed=mail.claim is not None, due=mail.due_at <= now)
    if isinstance(course, Ruling):
        return course
    mail.state = course.state
    if course.due_now:
        mail.due_at = now
    session.add(
        QueueChange(
            queue_id=mail.queue_id, action=order.action, reason=order.reason, changed_by=order.by, changed_at=now
        )
    )
    return Ruling.CHANGED


def _count(rulings: Iterable[Ruling]) -> int:
    return sum(ruling is Ruling.CHANGED for ruling in rulings)
