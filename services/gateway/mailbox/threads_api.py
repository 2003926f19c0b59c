"""Routes of threads: the message centre's view."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context, Gateway
from services.gateway.fields import Identifier, Keyword, Moment, OrderId
from services.gateway.filing import service as filing
from services.gateway.filing.conditions import FilingFilter
from services.gateway.filing.domain import Archived, Priority
from services.gateway.filing.store import is_thread_deleted
from services.gateway.mailbox import reading, service, store
from services.gateway.mailbox.domain import Flow, Status
from services.gateway.mailbox.listing import (
    LONGEST_WAITING_FIRST,
    MessageFilter,
    ThreadFilter,
    count_threads,
    list_messages,
    list_sellers,
    list_threads,
)
from services.gateway.mailbox.models import Thread
from services.gateway.mailbox.schemas import ThreadAnswer, ThreadCounts, ThreadDetail
from services.gateway.mailbox.searching import hash_keyword
from services.gateway.orders import store as orders
from services.gateway.paging import Cursor, CursorText, Limit, Page, cut_page, read_cursor
from shared.contracts.vocabulary import Role
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

_MESSAGES = "thread"
_MOST_SELLERS = 200
router = APIRouter(prefix="/v1", tags=["threads"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Reader = Annotated[Caller, require(Scope.MESSAGES_READ)]
Party = Annotated[Caller, require(Scope.MESSAGES_WRITE, CallerRole.SELLER, CallerRole.BUYER)]
_MISSING = document_problems(NotFound)


@router.get("/threads", summary="List threads")
async def get_threads(  # noqa: PLR0913 - the filters of a listing
    caller: Reader,
    gateway: Context,
    *,
    response_needed: Annotated[bool | None, Query(description="Buyers who wait, the longest wait first")] = None,
    unread: bool | None = None,
    direction: Annotated[
        Flow | None,
        Query(
            description="`received`: with a message of the other side; `sent`: with one of one's own that was really"
            " delivered. Operators see them as sellers do"
        ),
    ] = None,
    reported: Annotated[
        bool | None,
        Query(description="With a message that the caller reported; for operators, with one that anybody reported"),
    ] = None,
    keyword: Annotated[
        Keyword | None,
        Query(
            description="Words that one message holds, all of them, in subject, text or names of attachments: whole"
            " words in any order, in whatever case, with or without accents; of Japanese and Chinese any stretch. 30"
            " words at most, and 2,000 together with the sellers whose threads are searched; each two neighbouring"
            " Japanese or Chinese characters are a word. Of a long message the first 2,000 different words are found,"
            " of a Japanese one the first 2,000 characters and pairs of characters; of HTML what stands in the first"
            " 10,000 characters",
        ),
    ] = None,
    status: Annotated[Status | None, Query(description="Threads with a message that stands so")] = None,
    order_id: OrderId | None = None,
    buyer_alias: Annotated[str | None, Query(max_length=64, description="The buyer's alias, whole")] = None,
    marketplace_id: Identifier | None = None,
    folder_id: Annotated[UUID | None, Query(description="A seller's folder, with its sub-folders")] = None,
    label: Annotated[str | None, Query(max_length=50)] = None,
    priority: Priority | None = None,
    archived: Annotated[Archived, Query(description="`false`: left out, `true`: only those")] = Archived.LEFT_OUT,
    since: Annotated[Moment | None, Query(description="Last message at this time or later")] = None,
    until: Annotated[Moment | None, Query(description="Last message before this time")] = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Page[ThreadAnswer]:
    """List threads that the caller may see, newest first; with `response_needed=true` longest waiting first."""
    async with gateway.database.reading() as session:
        folders = None
        if folder_id is not None and caller.seller_id is not None:
            folders = await filing.find_within(session, caller.seller_id, folder_id)
        wanted = ThreadFilter(
            response_needed=response_needed,
            unread=unread,
            status=status,
            order_id=order_id,
            buyer_alias=buyer_alias,
            marketplace_id=marketplace_id,
            since=since,
            until=until,
            filing=FilingFilter(folders, label, priority, archived),
            direction=direction,
            reported=reported,
        )
        if keyword is not None:
            wanted = await _search(session, gateway, caller, wanted, keyword)
        rows = await list_threads(session, caller, wanted, read_cursor(cursor, wanted.order), limit + 1)
        pairs = await orders.list_pairs(session, [row.thread_id for row in rows])
        places = await _list_places(session, caller, rows)
    page, following = cut_page(rows, limit, lambda row: _place(caller, wanted.order, row))
    items = [
        reading.describe_thread(gateway, caller, row, pairs.get(row.thread_id), places.get(row.thread_id))
        for row in page
    ]
    return Page(items=items, next=following)


@router.get("/threads:counts", summary="Count threads")
async def get_counts(caller: Reader, gateway: Context, *, marketplace_id: Identifier | None = None) -> ThreadCounts:
    """Count the threads that each filter of the listing would leave; folders and labels tell theirs themselves."""
    async with gateway.database.reading() as session:
        counts = await count_threads(session, caller, marketplace_id)
    archived = None if caller.seller_id is None else counts["archived"]
    return ThreadCounts.model_validate({**counts, "archived": archived})


@router.get("/threads/{thread_id}", summary="Read a thread", responses=_MISSING)
async def get_thread(
    thread_id: UUID, caller: Reader, gateway: Context, cursor: CursorText = None, limit: Limit = 50
) -> ThreadDetail:
    """Read a thread with its messages, newest first, as far as the caller may see them. Reading marks nothing read."""
    place = read_cursor(cursor, _MESSAGES)
    async with gateway.database.reading() as session:
        thread = await _require_thread(session, caller, thread_id)
        rows = await list_messages(session, caller, MessageFilter(thread_id=thread_id), place, limit + 1)
        page, following = cut_page(rows, limit, lambda row: Cursor(_MESSAGES, row.accepted_at, str(row.message_id)))
        loaded = await reading.load(session, gateway, caller, page)
        pair = await orders.get_pair(session, thread_id)
        places = await _list_places(session, caller, [thread])
    summary = reading.describe_thread(gateway, caller, thread, pair, places.get(thread_id))
    messages = await reading.describe_details(gateway, caller, loaded)
    return ThreadDetail(**dict(summary), messages=messages, next=following)


@router.post("/threads/{thread_id}:read", summary="Mark a thread read", responses=_MISSING)
async def post_read(thread_id: UUID, caller: Party, gateway: Context) -> ThreadAnswer:
    """Note that the caller has read all that the thread holds for them."""
    async with gateway.database.transaction() as session:
        await _require_thread(session, caller, thread_id)
        thread = await service.mark_read(session, thread_id, Role(caller.role))
        pair = await orders.get_pair(session, thread_id)
        places = await _list_places(session, caller, [thread])
    return reading.describe_thread(gateway, caller, thread, pair, places.get(thread_id))


async def _search(
    session: AsyncSession, gateway: Gateway, caller: Caller, wanted: ThreadFilter, keyword: str
) -> ThreadFilter:
    """Return the filter with what `keyword` is among the words of each seller, whose threads are left to search."""
    sellers: Sequence[str] = [caller.seller_id] if caller.seller_id is not None else []
    if not sellers:
        sellers = await list_sellers(session, caller, wanted, _MOST_SELLERS + 1)
        if len(sellers) > _MOST_SELLERS:
            raise Invalid.of(
                "keyword", f"searches threads with {_MOST_SELLERS} sellers at most; narrow them down with other filters"
            )
    return replace(wanted, said=hash_keyword(gateway.keys, sellers, keyword))


async def _require_thread(session: AsyncSession, caller: Caller, thread_id: UUID) -> Thread:
    thread = await store.get_thread(session, thread_id)
    if thread is None or not reading.may_see_thread(caller, thread):
        raise NotFound("No thread of yours has this id.")
    if caller.seller_id is not None and await is_thread_deleted(session, thread_id):
        raise NotFound("No thread of yours has this id.")
    return thread


async def _list_places(session: AsyncSession, caller: Caller, threads: Sequence[Thread]) -> dict[UUID, filing.Filed]:
    """Return where a seller keeps threads; nobody else learns it."""
    return {} if caller.seller_id is None else await filing.list_filed(session, threads)


def _place(caller: Caller, order: str, thread: Thread) -> Cursor:
    waiting = order == LONGEST_WAITING_FIRST
    at = thread.response_needed_since if waiting else reading.last_seen_by(caller, thread)
    return Cursor(order, at or thread.last_at, str(thread.thread_id))
