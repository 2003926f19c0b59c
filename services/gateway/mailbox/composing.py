"""From a caller's body to a message: whom it is for, which order, whether it answers, what its subject is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.domain import Caller, CallerRole
from services.gateway.accounts import service as accounts
from services.gateway.accounts import store as parties
from services.gateway.mailbox import store
from services.gateway.mailbox.domain import answer_subject, decide_kind
from services.gateway.mailbox.errors import UnknownTarget
from services.gateway.mailbox.models import Message
from services.gateway.mailbox.reading import may_read, may_see_thread
from services.gateway.mailbox.schemas import MessageBody
from services.gateway.mailbox.service import sealed_content, sealed_passed
from services.gateway.mailbox.subjects import make_subject
from services.gateway.orders import store as orders
from services.gateway.orders.models import Order
from shared.blobs import BlobStore
from shared.contracts.facts import Content, MessageFacts, Requirement, SealedContent
from shared.contracts.vocabulary import Channel, Direction, Kind, identify_thread
from shared.problems import Invalid


@dataclass(frozen=True, slots=True)
class Draft:
    """A message whose facts stand, its words not yet put together.

    `answered` is the content that an answer takes its subject from.
    """

    facts: MessageFacts
    answers: UUID | None
    answered: SealedContent | None
    business_name: str
    seller_language: str


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a body points: a thread by its three parts, with the order and message that it names."""

    marketplace_id: str
    seller_id: str
    buyer_id: str
    order: Order | None = None
    answered: Message | None = None

    @property
    def thread_id(self) -> UUID:
        return identify_thread(self.marketplace_id, self.seller_id, self.buyer_id)


async def draft(session: AsyncSession, caller: Caller, body: MessageBody, now: datetime) -> Draft:
    """Resolve what a body points at. Raises `UnknownTarget` and `Invalid`, naming the field."""
    target = await _find_target(session, caller, body)
    direction = Direction.SELLER_TO_BUYER if caller.role is CallerRole.SELLER else Direction.BUYER_TO_SELLER
    marketplace = await accounts.find_marketplace(session, target.marketplace_id)
    seller = await parties.get_seller(session, target.seller_id)
    buyer = await parties.get_buyer(session, target.buyer_id)
    if marketplace is None:
        raise Invalid.of("marketplace_id", "no marketplace is recorded under this id")
    if seller is None or buyer is None:
        raise Invalid.of("seller_id", "no seller is recorded under this id")
    latest = await store.latest_said(session, target.thread_id)
    kind = decide_kind(direction, store.past_of(target.answered), store.past_of(latest), now)
    _check_reason(direction, kind, body)
    order, presale = await _choose_order(session, target, latest, body)
    source = (target.answered or latest) if kind is Kind.REPLY else None
    facts = MessageFacts(
        message_id=uuid4(),
        thread_id=target.thread_id,
        marketplace=marketplace,
        buyer_id=target.buyer_id,
        seller_id=target.seller_id,
        order_id=order.order_id if order else None,
        direction=direction,
        kind=kind,
        channel=Channel.API,
        reason=body.reason,
        language=buyer.language,
        accepted_at=now,
        presale=presale,
        answers=source.message_id if source else None,
        requirement=Requirement(
            order_version=order.version if order else 0, buyer_version=buyer.version, seller_version=seller.version
        ),
    )
    return Draft(
        facts=facts,
        answers=source.message_id if source else None,
        answered=_read_by(source, direction) if source else None,
        business_name=seller.business_name,
        seller_language=seller.language,
    )


async def compose(blobs: BlobStore, drafted: Draft, body: MessageBody) -> Content:
    """Put the words together. An answer takes over the subject of what it answers, so that mail clients thread it."""
    subject = body.subject
    if subject is None and drafted.answered is not None:
        subject = answer_subject((await blobs.open_content(drafted.answered)).subject)
    if subject is None:
        subject = make_subject(drafted.facts.language, drafted.facts.reason, drafted.facts.order_id)
    return Content(subject=subject, text=body.text, html=body.html)


async def _find_target(session: AsyncSession, caller: Caller, body: MessageBody) -> _Target:
    """Follow every pointer of the body; they must all lead to one thread."""
    targets: dict[str, _Target] = {}
    if body.in_reply_to is not None:
        targets["in_reply_to"] = await _by_message(session, caller, body.in_reply_to)
    if body.thread_id is not None:
        targets["thread_id"] = await _by_thread(session, caller, body.thread_id)
    if body.order_id is not None:
        targets["order_id"] = await _by_order(session, caller, body.order_id)
    if body.marketplace_id is not None or body.seller_id is not None:
        targets["seller_id"] = _by_seller(caller, body)
    if not targets:
        raise Invalid.of("order_id", "name an order, a thread or a message; before any order, marketplace and seller")
    first = next(iter(targets.values()))
    for field, target in targets.items():
        if target.thread_id != first.thread_id:
            raise Invalid.of(field, f"belongs to another thread than {next(iter(targets))}")
    order = targets["order_id"].order if "order_id" in targets else None
    return _Target(first.marketplace_id, first.seller_id, first.buyer_id, order, first.answered)


async def _by_message(session: AsyncSession, caller: Caller, message_id: UUID) -> _Target:
    message = await store.get_message(session, message_id)
    if message is None or not may_read(caller, message):
        raise UnknownTarget("in_reply_to", "message")
    return _Target(message.marketplace_id, message.seller_id, message.buyer_id, answered=message)


async def _by_thread(session: AsyncSession, caller: Caller, thread_id: UUID) -> _Target:
    thread = await store.get_thread(session, thread_id)
    if thread is None or not may_see_thread(caller, thread):
        raise UnknownTarget("thread_id", "thread")
    return _Target(thread.marketplace_id, thread.seller_id, thread.buyer_id)


async def _by_order(session: AsyncSession, caller: Caller, order_id: str) -> _Target:
    order = await orders.get_order(session, order_id)
    if order is None or not caller.may_see(order.seller_id, order.buyer_id):
        raise UnknownTarget("order_id", "order")
    return _Target(order.marketplace_id, order.seller_id, order.buyer_id, order)


def _by_seller(caller: Caller, body: MessageBody) -> _Target:
    if caller.buyer_id is None:
        raise Invalid.of("seller_id", "only buyers write without an order or a thread")
    if body.marketplace_id is None:
        raise Invalid.of("marketplace_id", "needed beside seller_id")
    if body.seller_id is None:
        raise Invalid.of("seller_id", "needed beside marketplace_id")
    return _Target(body.marketplace_id, body.seller_id, caller.buyer_id)


def _check_reason(direction: Direction, kind: Kind, body: MessageBody) -> None:
    if direction is Direction.BUYER_TO_SELLER and body.reason is not None:
        raise Invalid.of("reason", "only sellers give a reason")
    if direction is Direction.SELLER_TO_BUYER and kind is Kind.PROACTIVE and body.reason is None:
        raise Invalid.of("reason", "needed, since this answers no message of the buyer")


async def _choose_order(
    session: AsyncSession, target: _Target, latest: Message | None, body: MessageBody
) -> tuple[Order | None, bool]:
    """Return the order a message is about, and whether the two have none at all yet.

    It is the one named, else that of the message answered or of the latest one, else the pair's latest; a buyer who
    writes by marketplace and seller writes about none.
    """
    newest = await orders.latest_order(session, target.thread_id)
    if target.order is not None or body.seller_id is not None:
        return target.order, newest is None
    for message in (target.answered, latest):
        if message is not None and message.order_id is not None:
            return await orders.get_order(session, message.order_id), False
    return newest, newest is None


def _read_by(message: Message, direction: Direction) -> SealedContent:
    """Return the content as the writer of an answer in `direction` has read it."""
    return sealed_content(message) if message.direction is direction else sealed_passed(message)
