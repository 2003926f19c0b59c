"""Routes of feeds: files of shipments and adjustments, with a report that names every bad row (R-ORDER-3)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context, Gateway
from services.gateway.feeds import service, store
from services.gateway.feeds.domain import COLUMNS, MOST_ROWS, FeedFormat, FeedKind, FeedState
from services.gateway.feeds.errors import TooManyFeeds, UnknownFormat
from services.gateway.feeds.models import Feed
from services.gateway.feeds.report import write_report
from services.gateway.feeds.schemas import FeedAnswer, ProblemAnswer
from services.gateway.paging import Cursor, CursorText, Limit, Page, cut_page, read_cursor
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

PATH = "/v1/feeds"
LARGEST_FEED = 5 * 1024 * 1024
_ORDER = "feeds"
router = APIRouter(prefix="/v1", tags=["feeds"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Confirmer = Annotated[Caller, require(Scope.ORDERS_CONFIRM, CallerRole.OPERATOR, CallerRole.SELLER)]
_FORMATS = {format_.value: {"schema": {"type": "string"}} for format_ in FeedFormat}
_COLUMNS = "; ".join(f"`{kind}`: {', '.join(columns)}" for kind, columns in COLUMNS.items())


@router.post(
    "/feeds",
    status_code=202,
    summary="Send a feed",
    responses=document_problems(UnknownFormat, TooManyFeeds),
    openapi_extra={"requestBody": {"required": True, "content": _FORMATS}},
    description=(
        f"Send a file of shipments or adjustments: tab-separated, CSV or JSON lines, UTF-8, {MOST_ROWS} rows and "
        f"{LARGEST_FEED // 1024 // 1024} MiB at most. Columns: {_COLUMNS}.\n\nIn tables a row of a shipment feed is an "
        "item; rows with the same order and shipment id are one parcel, and a row without `sku` is a parcel with all "
        "that is left. A line of JSON is a parcel with its `items`, or an adjustment. 202 means that the file cannot "
        "get lost; `GET /v1/feeds/{id}` tells its progress and `GET /v1/feeds/{id}/problems` every bad row. Good rows "
        "are recorded whatever the others are. What was recorded before, by a feed or one by one, is not recorded "
        "twice, so that a file can be corrected and sent again whole."
    ),
)
async def post_feed(
    kind: FeedKind,
    request: Request,
    caller: Confirmer,
    gateway: Context,
    content_type: Annotated[str, Header(max_length=200)] = "",
) -> FeedAnswer:
    """Take a feed in."""
    try:
        written = FeedFormat(content_type.partition(";")[0].strip().lower())
    except ValueError:
        raise UnknownFormat from None
    feed = await service.take_feed(gateway, caller.seller_id, kind, written, await request.body())
    return _describe(gateway, feed)


@router.get("/feeds", summary="List feeds")
async def list_feeds(
    caller: Confirmer,
    gateway: Context,
    *,
    kind: FeedKind | None = None,
    state: FeedState | None = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Page[FeedAnswer]:
    """List one's own feeds, latest first; operators list all."""
    async with gateway.database.reading() as session:
        place = read_cursor(cursor, _ORDER)
        rows = await store.list_feeds(session, caller.seller_id, kind, state, place, limit + 1)
    page, following = cut_page(rows, limit, lambda row: Cursor(_ORDER, row.received_at, str(row.feed_id)))
    return Page(items=[_describe(gateway, row) for row in page], next=following)


@router.get("/feeds/{feed_id}", summary="Read a feed", responses=document_problems(NotFound))
async def get_feed(feed_id: UUID, caller: Confirmer, gateway: Context) -> FeedAnswer:
    """Read how far a feed has come."""
    async with gateway.database.reading() as session:
        return _describe(gateway, await _require_feed(session, caller, feed_id))


@router.get("/feeds/{feed_id}/problems", summary="Read a feed's report", responses=document_problems(NotFound))
async def list_problems(
    feed_id: UUID,
    caller: Confirmer,
    gateway: Context,
    after: Annotated[int, Query(ge=0, le=10_000_000, alias="cursor", description="`next` of the page before")] = 0,
    limit: Limit = 50,
) -> Page[ProblemAnswer]:
    """List what is wrong with a feed's rows, as far as it has come: row, field, and what to do."""
    async with gateway.database.reading() as session:
        await _require_feed(session, caller, feed_id)
        rows = await store.list_problems(session, feed_id, after, limit + 1)
    items = [
        ProblemAnswer(row=row.row, order_id=row.order_id, field=row.field, problem=row.problem, advice=row.advice)
        for row in rows[:limit]
    ]
    return Page(items=items, next=str(rows[limit - 1].number) if len(rows) > limit else None)


@router.get(
    "/feeds/{feed_id}/report",
    summary="Read a feed's report as a file",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The report so far", "content": {FeedFormat.TSV.value: {}}},
        **document_problems(NotFound),
    },
)
async def get_report(feed_id: UUID, caller: Confirmer, gateway: Context) -> StreamingResponse:
    """Read the same as a tab-separated file, whole, for a spreadsheet."""
    async with gateway.database.reading() as session:
        await _require_feed(session, caller, feed_id)
    return StreamingResponse(
        write_report(gateway.database, feed_id),
        media_type=FeedFormat.TSV.value,
        headers={"Content-Disposition": f'attachment; filename="feed-{feed_id}-report.tsv"'},
    )


async def _require_feed(session: AsyncSession, caller: Caller, feed_id: UUID) -> Feed:
    feed = await store.get_feed(session, feed_id)
    if feed is None or not (caller.is_operator or feed.seller_id == caller.seller_id):
        raise NotFound("No feed of yours has this id.")
    return feed


def _describe(gateway: Gateway, feed: Feed) -> FeedAnswer:
    address = f"{gateway.settings.public_url}{PATH}/{feed.feed_id}"
    return FeedAnswer(
        id=feed.feed_id,
        kind=feed.kind,
        format=feed.written,
        seller_id=feed.seller_id,
        state=feed.state,
        rows=feed.rows,
        rows_done=feed.rows_done,
        progress=round(feed.rows_done / feed.rows, 3),
        recorded=feed.recorded,
        unchanged=feed.unchanged,
        refused=feed.refused,
        received_at=feed.received_at,
        done_at=feed.done_at,
        links={"self": address, "problems": f"{address}/problems", "report": f"{address}/report"},
    )
