"""Use cases of feeds: take a file in, work through it, forget it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.context import Gateway
from services.gateway.feeds import store
from services.gateway.feeds.advice import advise
from services.gateway.feeds.domain import Complaint, Entry, FeedFormat, FeedKind, FeedState, gather_entries
from services.gateway.feeds.errors import TooManyFeeds
from services.gateway.feeds.models import Feed, FeedProblem
from services.gateway.feeds.parsing import read_rows
from services.gateway.feeds.schemas import RefundRow, ShipmentRow
from services.gateway.holding import hold
from services.gateway.orders.confirmations import Target, confirm_shipment, record_adjustment
from services.gateway.orders.service import Outcome
from shared.problems import Problem

MOST_WAITING = 20
_MOST_COMPLAINTS = 20
_ENTRIES_AT_ONCE = 50


async def take_feed(
    gateway: Gateway, seller_id: str | None, kind: FeedKind, written: FeedFormat, content: bytes
) -> Feed:
    """Store a file to be worked through; on return it cannot get lost.

    Raises `Invalid` for a file that cannot be read at all, and `TooManyFeeds`; then nothing is kept.
    """
    rows = await asyncio.to_thread(read_rows, content, written, kind)
    blob = await gateway.blobs.put("feeds", content)
    feed = Feed(
        feed_id=uuid4(),
        seller_id=seller_id,
        kind=kind,
        written=written,
        blob=blob,
        state=FeedState.RECEIVED,
        rows=len(rows),
        received_at=datetime.now(UTC),
    )
    try:
        await _keep(gateway, feed)
    except BaseException:
        await gateway.blobs.delete(blob)
        raise
    gateway.feed_news.set()
    return feed


async def _keep(gateway: Gateway, feed: Feed) -> None:
    async with gateway.database.transaction() as session:
        await hold(session, f"feeds {feed.seller_id or ''}")
        if await store.count_waiting(session, feed.seller_id) >= MOST_WAITING:
            raise TooManyFeeds(MOST_WAITING)
        session.add(feed)


async def open_feed(gateway: Gateway, feed: Feed) -> Sequence[Entry]:
    """Return the confirmations of a file that was taken in."""
    content = await gateway.blobs.get(feed.blob)

    def read() -> Sequence[Entry]:
        rows = read_rows(content, feed.written, feed.kind)
        return gather_entries(feed.kind, rows, flat=feed.written is not FeedFormat.JSON_LINES)

    return await asyncio.to_thread(read)


async def work_on(session: AsyncSession, gateway: Gateway, feed: Feed, entries: Sequence[Entry], now: datetime) -> None:
    """Take in the next 50 of a feed's confirmations, with how far it has come: both are committed together or not."""
    some = entries[feed.position : feed.position + _ENTRIES_AT_ONCE]
    number = await store.last_problem(session, feed.feed_id) if some else 0
    feed.state = FeedState.PROCESSING
    found: list[tuple[Entry, Sequence[FeedProblem]]] = []
    # In the order of ids, so that two feeds at once never wait for each other in a circle.
    for entry in sorted(some, key=_order_of):
        outcome = await _take_in(session, gateway, feed, entry, now)
        if isinstance(outcome, Outcome):
            feed.recorded += outcome is Outcome.RECORDED
            feed.unchanged += outcome is Outcome.UNCHANGED
        else:
            feed.refused += 1
            found.append((entry, outcome))
    for _, problems in sorted(found, key=lambda item: item[0].rows):
        for problem in problems:
            number += 1
            problem.number = number
            session.add(problem)
    feed.position += len(some)
    feed.rows_done += sum(len(entry.rows) for entry in some)
    if feed.position >= len(entries):
        feed.state, feed.done_at = FeedState.DONE, now


async def _take_in(
    session: AsyncSession, gateway: Gateway, feed: Feed, entry: Entry, now: datetime
) -> Outcome | Sequence[FeedProblem]:
    """Confirm an entry; return what that did, or what is wrong with it."""
    if entry.complaints:
        return [_note(feed, entry, complaint) for complaint in entry.complaints[:_MOST_COMPLAINTS]]
    try:
        if feed.kind is FeedKind.SHIPMENTS:
            parcel = ShipmentRow.model_validate(entry.values)
            target = Target(feed.seller_id, parcel.order_id, parcel.shipment_id)
            return (await confirm_shipment(session, gateway, target, parcel, now))[1]
        refund = RefundRow.model_validate(entry.values)
        target = Target(feed.seller_id, refund.order_id, refund.adjustment_id)
        return (await record_adjustment(session, gateway, target, refund, now))[1]
    except ValidationError as error:
        return [
            _note(feed, entry, Complaint(*entry.place(_name(item["loc"])), item["msg"]))
            for item in error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_COMPLAINTS]
        ]
    except Problem as problem:
        errors = problem.members.get("errors", [])
        fields = [error["field"] for error in errors] if isinstance(errors, list) else []
        place = entry.place(fields[0] if fields else "row")
        return [_note(feed, entry, Complaint(*place, problem.detail), problem.slug)]


def _order_of(entry: Entry) -> str:
    # Anything else is refused for its form, and may be nested too deep to be turned into a text.
    order_id = entry.values.get("order_id")
    return order_id if isinstance(order_id, str) else ""


def _note(feed: Feed, entry: Entry, complaint: Complaint, slug: str | None = None) -> FeedProblem:
    order_id = entry.values.get("order_id")
    field = _printable(complaint.field)
    return FeedProblem(
        feed_id=feed.feed_id,
        number=0,
        row=complaint.row,
        order_id=_printable(order_id)[:19] if isinstance(order_id, str) else None,
        field=field,
        problem=complaint.problem[:500],
        advice=advise(field, slug),
    )


def _name(place: Sequence[int | str]) -> str:
    return ".".join(map(str, place)) or "row"


def _printable(name: str) -> str:
    """Return a caller's own word so that it can be shown: cut short, nothing in it that does not print."""
    return "".join(character if character.isprintable() else "?" for character in name[:100])
