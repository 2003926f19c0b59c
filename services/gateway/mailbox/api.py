"""Routes of messages. Sellers and buyers write; everyone reads their own."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context
from services.gateway.fields import Moment, OrderId
from services.gateway.filing.store import is_message_hidden
from services.gateway.mailbox import reading, service, store
from services.gateway.mailbox.domain import Status
from services.gateway.mailbox.errors import KeyReused, NotYours
from services.gateway.mailbox.listing import MessageFilter, list_messages
from services.gateway.mailbox.preview import preview
from services.gateway.mailbox.schemas import (
    AcceptedAnswer,
    MarkBody,
    MessageAnswer,
    MessageBody,
    MessageDetail,
    PreviewAnswer,
)
from services.gateway.mailbox.sending import read_wait, send, wait_decided
from services.gateway.orders import store as orders
from services.gateway.paging import Cursor, CursorText, Limit, Page, cut_page, read_cursor
from shared.contracts.vocabulary import Direction, Kind
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable, document_problems

_ORDER = "messages"
router = APIRouter(prefix="/v1", tags=["messages"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Reader = Annotated[Caller, require(Scope.MESSAGES_READ)]
Writer = Annotated[Caller, require(Scope.MESSAGES_WRITE, CallerRole.SELLER, CallerRole.BUYER)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,128}$",
        description="Yours to choose, remembered for a week: the same key is the same message, however often sent",
    ),
]
Prefer = Annotated[
    str | None,
    Header(max_length=200, description="`wait=N`: answer when the gate has decided, after N (30 at most) seconds else"),
]
_MISSING = document_problems(NotFound)


@router.post("/messages", status_code=201, summary="Send a message", responses=document_problems(NotFound, KeyReused))
async def post_message(
    body: MessageBody,
    caller: Writer,
    gateway: Context,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> AcceptedAnswer:
    """Send a message to the other side of an order or thread, as the seller or buyer that the token acts for.

    201 means that it is stored and cannot get lost; the gate decides next, and `status` and `links` tell the rest.
    A seller who answers no message of the buyer gives a `reason`. A buyer may write to a seller before any order,
    naming `marketplace_id` and `seller_id`. What is left out of order id and subject is filled in.
    """
    message_id, thread_id, new = await send(gateway, caller, body, idempotency_key)
    wait = read_wait(prefer)
    if wait is not None:
        response.headers["Preference-Applied"] = f"wait={wait}"
    if not new:
        response.headers["Idempotency-Replayed"] = "true"
    links = reading.link_message(gateway, message_id, thread_id)
    response.headers["Location"] = links["self"]
    nothing_to_wait_for = new and wait is None
    status = Status.SUBMITTED if nothing_to_wait_for else await wait_decided(gateway, message_id, wait)
    return AcceptedAnswer(id=message_id, status=status, thread_id=thread_id, links=links)


@router.post("/messages:preview", summary="Preview a message", responses=document_problems(NotFound, Unavailable))
async def post_preview(body: MessageBody, caller: Writer, gateway: Context) -> PreviewAnswer:
    """Say what the gate would decide and how the mail would look. Nothing is sent, kept or counted (R-CONTACT-5)."""
    return await preview(gateway, caller, body)


@router.get("/messages/{message_id}", summary="Read a message", responses=_MISSING)
async def get_message(message_id: UUID, caller: Reader, gateway: Context) -> MessageDetail:
    """Read a message: what it says, its status and every step of its way.

    Its author, and operators, also see what the gate found: the rule, the words, and what to change. The other side
    sees a message once the gate has let it pass, and as it let it pass.
    """
    async with gateway.database.reading() as session:
        message = await store.get_message(session, message_id)
        if message is None or not reading.may_read(caller, message) or await _is_deleted(session, caller, message_id):
            raise NotFound("No message of yours has this id.")
        loaded = await reading.load(session, gateway, caller, [message])
    return (await reading.describe_details(gateway, caller, loaded))[0]


@router.get("/messages", summary="List messages")
async def get_messages(  # noqa: PLR0913 - the filters of a listing
    caller: Reader,
    gateway: Context,
    *,
    thread_id: UUID | None = None,
    order_id: OrderId | None = None,
    status: Status | None = None,
    direction: Direction | None = None,
    kind: Kind | None = None,
    since: Annotated[Moment | None, Query(description="Accepted at this time or later")] = None,
    until: Annotated[Moment | None, Query(description="Accepted before this time")] = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Page[MessageAnswer]:
    """List messages that the caller may see, newest first, without what they say."""
    wanted = MessageFilter(thread_id, order_id, status, direction, kind, since, until)
    async with gateway.database.reading() as session:
        rows = await list_messages(session, caller, wanted, read_cursor(cursor, _ORDER), limit + 1)
        pairs = await orders.list_pairs(session, [row.thread_id for row in rows])
    page, following = cut_page(rows, limit, lambda row: Cursor(_ORDER, row.accepted_at, str(row.message_id)))
    items = [reading.describe_message(gateway, caller, row, pairs.get(row.thread_id)) for row in page]
    return Page(items=items, next=following)


@router.post("/messages/{message_id}:mark", summary="Mark a message", responses=_MISSING)
async def post_mark(message_id: UUID, body: MarkBody, caller: Writer, gateway: Context) -> MessageAnswer:
    """Say that a message one got needs no response, needs one after all, or is to be reported."""
    async with gateway.database.transaction() as session:
        message = await store.lock_message(session, message_id)
        if message is None or not reading.may_read(caller, message) or await _is_deleted(session, caller, message_id):
            raise NotFound("No message of yours has this id.")
        if reading.is_author(caller, message):
            raise NotYours("Only the side that got a message can mark it.")
        message = await service.mark(session, gateway, message_id, body.mark, datetime.now(UTC))
        pair = await orders.get_pair(session, message.thread_id)
    return reading.describe_message(gateway, caller, message, pair)


async def _is_deleted(session: AsyncSession, caller: Caller, message_id: UUID) -> bool:
    """Whether the caller is the seller who deleted a message from view (R-INBOX-2)."""
    return caller.seller_id is not None and await is_message_hidden(session, message_id)
