"""The worker that works through feeds, one after the other, and forgets old ones."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from services.gateway.context import Gateway
from services.gateway.feeds import store
from services.gateway.feeds.domain import Entry, FeedState
from services.gateway.feeds.models import Feed, FeedProblem
from services.gateway.feeds.service import open_feed, work_on
from shared.blobs import BlobNotFound
from shared.bus import finish
from shared.crypto import SealError
from shared.problems import Problem

_POLL_SECONDS = 1.0
_PURGE_SECONDS = 3600.0
_PURGED_AT_ONCE = 100
_log = structlog.get_logger()


async def process_feeds(gateway: Gateway) -> None:
    """Work through feeds as they come, until cancelled. Several instances share the work and do nothing twice."""
    while True:
        gateway.feed_news.clear()
        passed: set[UUID] = set()
        while await process_next(gateway, passed):
            pass
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: up to Python 3.11 it loses a cancellation that comes together with the event.
            async with asyncio.timeout(_POLL_SECONDS):
                await gateway.feed_news.wait()


async def process_next(gateway: Gateway, passed: set[UUID]) -> bool:
    """Work through the feed that waits longest; return whether there was one.

    One that fails, or that another instance has in hand, is `passed` over, so that it does not keep the others waiting.
    """
    async with gateway.database.reading() as session:
        feed = await store.find_waiting(session, passed)
    if feed is None:
        return False
    try:
        await _work_through(gateway, feed, passed)
    except Exception as error:  # noqa: BLE001 - one feed that fails must not stop the others
        _log.error("feed.failed", feed=str(feed.feed_id), error=type(error).__name__)
        passed.add(feed.feed_id)
    return True


async def _work_through(gateway: Gateway, feed: Feed, passed: set[UUID]) -> None:
    try:
        entries = await open_feed(gateway, feed)
    except (BlobNotFound, SealError, Problem) as error:
        _log.error("feed.unreadable", feed=str(feed.feed_id), error=type(error).__name__)
        await finish(_give_up(gateway, feed))
        return
    step = feed
    while step.state is not FeedState.DONE:
        taken = await finish(_work_once(gateway, feed.feed_id, entries))
        if taken is None:
            passed.add(feed.feed_id)
            return
        step = taken
    _log.info("feed.done", feed=str(step.feed_id), recorded=step.recorded, refused=step.refused)


async def _work_once(gateway: Gateway, feed_id: UUID, entries: Sequence[Entry]) -> Feed | None:
    """Do a feed's next step; return it as it stands then, None where another instance has it in hand."""
    async with gateway.database.transaction() as session:
        claimed = await store.claim_feed(session, feed_id)
        if claimed is not None and claimed.state is not FeedState.DONE:
            await work_on(session, gateway, claimed, entries, datetime.now(UTC))
    return claimed


async def _give_up(gateway: Gateway, feed: Feed) -> None:
    """End a feed whose content is gone or cannot be read any more, and say so in its report."""
    async with gateway.database.transaction() as session:
        claimed = await store.claim_feed(session, feed.feed_id)
        if claimed is None or claimed.state is FeedState.DONE:
            return
        claimed.state, claimed.done_at = FeedState.DONE, datetime.now(UTC)
        session.add(
            FeedProblem(
                feed_id=claimed.feed_id,
                number=await store.last_problem(session, claimed.feed_id) + 1,
                row=1,
                field="row",
                problem="The rest of the file could not be read any more.",
                advice="Send the file again; what was recorded already is not recorded twice.",
            )
        )


async def purge_feeds(gateway: Gateway) -> None:
    """Forget feeds, every hour until cancelled, that were done longer ago than events are kept."""
    while True:
        while await finish(_purge_once(gateway)):
            pass
        await asyncio.sleep(_PURGE_SECONDS)


async def _purge_once(gateway: Gateway) -> bool:
    before = datetime.now(UTC) - timedelta(days=gateway.settings.feed_days)
    async with gateway.database.reading() as session:
        feeds = await store.list_old(session, before, _PURGED_AT_ONCE)
    for feed in feeds:
        await gateway.blobs.delete(feed.blob)
    async with gateway.database.transaction() as session:
        await store.delete_feeds(session, [feed.feed_id for feed in feeds])
    return len(feeds) == _PURGED_AT_ONCE
