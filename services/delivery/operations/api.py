"""Routes of the queue. For the gateway, which knows who may ask, and `tramite mail`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.errors import MailBusy, MailSettled, NoSuchMail
from services.delivery.models import QueueAction, QueuedMail, QueueState
from services.delivery.operations import service, store
from services.delivery.operations.domain import UNSETTLED, Order, Place, Ruling, Wanted
from services.delivery.operations.schemas import (
    ChangesAnswer,
    CountsAnswer,
    DestinationCount,
    Domain,
    OrderBody,
    QueueAnswer,
    QueueChangeAnswer,
    QueuedMailAnswer,
    QueuedMailDetail,
    ResultAnswer,
    SelectionBody,
    StateCount,
)
from services.delivery.outbound.composition import ADDRESS
from services.delivery.outbound.domain import domain_of
from services.delivery.outbound.service import Queue
from shared.contracts.facts import MessageFacts
from shared.crypto import SealError
from shared.db import Database
from shared.problems import Invalid, document_problems

_MOST_CHANGES = 100
_MOST_DESTINATIONS = 20
States = Annotated[list[QueueState] | None, Query(description="waiting and held, if none is given")]
Recipients = Annotated[Domain | None, Query(description="Domain of the recipient")]
Since = Annotated[AwareDatetime | None, Query(description="Queued at this time or later")]
Until = Annotated[AwareDatetime | None, Query(description="Queued before this time")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]


def create_router(database: Database, queue: Queue) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal/queue", tags=["queue"])
    desk = _Desk(queue)

    @router.get("")
    async def list_queue(
        *,
        state: States = None,
        domain: Recipients = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = 50,
        after: After = None,
    ) -> QueueAnswer:
        """List mails in order of queueing."""
        wanted = desk.want(state, domain, since, until)
        async with database.reading() as session:
            mails = await store.list_mails(session, wanted, _read_place(after), limit + 1)
        page = mails[:limit]
        following = Place(page[-1].queued_at, page[-1].queue_id).write() if len(mails) > limit else None
        return QueueAnswer(items=[desk.show(mail) for mail in page], next=following)

    @router.get("/counts")
    async def count_queue(domain: Recipients = None, since: Since = None, until: Until = None) -> CountsAnswer:
        """Count what is neither sent nor given up, by state and by the recipients' domains."""
        wanted = desk.want(None, domain, since, until)
        async with database.reading() as session:
            states = await store.count_states(session, wanted)
            destinations = await store.count_destinations(session, wanted, _MOST_DESTINATIONS)
        return desk.show_counts(states, destinations)

    @router.get("/{queue_id}", responses=document_problems(NoSuchMail))
    async def show_mail(queue_id: UUID) -> QueuedMailDetail:
        """Show one mail, and what operators did with it."""
        async with database.reading() as session:
            return await desk.describe(session, queue_id)

    @router.post("/{queue_id}/{action}", responses=document_problems(NoSuchMail, MailSettled))
    async def change_mail(queue_id: UUID, action: QueueAction, body: OrderBody) -> QueuedMailDetail:
        """Try a mail at once, hold it until it is released or retried, or release it to its own time."""
        async with database.transaction() as session:
            order = Order(action, body.by, body.reason)
            rulings = await service.change_named(session, [queue_id], order, datetime.now(UTC))
            _require_possible(rulings[queue_id])
            await session.flush()
            answer = await desk.describe(session, queue_id)
        queue.wake()
        return answer

    @router.post("/{action}", responses=document_problems(Invalid))
    async def change_mails(action: QueueAction, body: SelectionBody) -> ChangesAnswer:
        """Do the same with many mails. Over a filter: so many at a time, with `after` until `next` is null."""
        order = Order(action, body.by, body.reason)
        async with database.transaction() as session:
            answer = await desk.change(session, body, order)
        queue.wake()
        return answer

    return router


class _Desk:
    """Reads what is asked for and writes what is answered: domains in clear, in the queue hashed and sealed."""

    def __init__(self, queue: Queue) -> None:
        self._keys = queue.keys

    def want(
        self,
        states: list[QueueState] | None,
        domain: str | None,
        since: datetime | None,
        until: datetime | None,
    ) -> Wanted:
        destination = self._keys.hash_text("destination", domain) if domain else None
        return Wanted(tuple(states or UNSETTLED), destination, since, until)

    async def change(self, session: AsyncSession, body: SelectionBody, order: Order) -> ChangesAnswer:
        now = datetime.now(UTC)
        if body.ids is not None:
            found = await service.change_named(session, body.ids, order, now)
            changed = sum(ruling is Ruling.CHANGED for ruling in found.values())
            items = [ResultAnswer(id=queue_id, result=ruling) for queue_id, ruling in found.items()]
            return ChangesAnswer(changed=changed, unchanged=len(items) - changed, items=items, next=None)
        wanted = self.want(body.state, body.domain, body.since, body.until)
        swept = await service.sweep(session, wanted, _read_place(body.after), body.limit, order, now)
        following = swept.next.write() if swept.next else None
        return ChangesAnswer(changed=swept.changed, unchanged=swept.unchanged, items=[], next=following)

    async def describe(self, session: AsyncSession, queue_id: UUID) -> QueuedMailDetail:
        mail = await store.get_mail(session, queue_id)
        if mail is None:
            raise NoSuchMail("No mail in the queue has this id.")
        changes = await store.list_changes(session, queue_id, _MOST_CHANGES)
        history = [QueueChangeAnswer(**change.model_dump()) for change in changes]
        return QueuedMailDetail(**dict(self.show(mail)), history=history)

    def show(self, mail: QueuedMail) -> QueuedMailAnswer:
        return QueuedMailAnswer(
            id=mail.queue_id,
            kind=mail.kind,
            message_id=mail.message_id,
            thread_id=MessageFacts.model_validate_json(mail.facts).thread_id if mail.facts else None,
            domain=self._open_domain(mail.recipient_box),
            state=mail.state,
            attempts=mail.attempts,
            queued_at=mail.queued_at,
            due_at=mail.due_at,
            settled_at=mail.settled_at,
            last_reply=mail.last_reply,
        )

    def show_counts(self, states: list[store.Count], destinations: list[store.Count]) -> CountsAnswer:
        return CountsAnswer(
            states=[StateCount(state=row.state, count=row.count, oldest=row.oldest) for row in states],
            destinations=[
                DestinationCount(
                    domain=self._open_domain(row.recipient_box), state=row.state, count=row.count, oldest=row.oldest
                )
                for row in destinations
            ],
        )

    def _open_domain(self, box: str) -> str | None:
        try:
            return domain_of(self._keys.open_text(box, ADDRESS))
        except SealError:
            return None


def _require_possible(ruling: Ruling) -> None:
    match ruling:
        case Ruling.UNKNOWN:
            raise NoSuchMail("No mail in the queue has this id.")
        case Ruling.SETTLED:
            raise MailSettled("The mail was sent or given up already.")
        case Ruling.BUSY:
            raise MailBusy("An attempt is being recorded at this moment; try again in a second.")
        case Ruling.CHANGED | Ruling.UNCHANGED:
            return


def _read_place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return Place.read(cursor)
    except ValueError:
        raise Invalid.of("cursor", "not a cursor of this listing; start again without one") from None
