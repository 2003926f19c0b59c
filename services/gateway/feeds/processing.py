"""The worker that works through feeds, one after the other, and forgets old ones."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from services.gateway.context import Gateway
from services.gateway.feeds import store
from services.gateway.feeds.domain import Entry, FeedState
from services.gateway.feeds.models import Feed, FeedProblem
from services.gateway.feeds.retrying import Failures
from services.gateway.feeds.service import open_feed, work_on
from shared.blobs import BlobNotFound
from shared.bus import finish
from shared.crypto import SealError
from shared.problems import Problem

_POLL_SECONDS = 1.0
_PURGED_AT_ONCE = 100
_UNREADABLE = "The rest of the file could not be read any more."
_RESEND = "Send the file again; what was recorded already is not recorded twice."
_FAILED = "The rest of the file could not be worked through, however often it was tried; the fault is not in the file."
_TELL = "Tell the marketplace, then send the file again; what was recorded already is not recorded twice."
_log = structlog.get_logger()


async def process_feeds(gateway: Gateway) -> None:
    """Work through feeds as they come, until cancelled. Several instances share the work and do nothing twice."""
    failures = Failures()
    while True:
        gateway.feed_news.clear()
        passed = set(failures.list_resting(time.monotonic()))
        while await process_next(gateway, passed, failures):
            pass
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: up to Python 3.11 it loses a cancellation that comes together with the event.
            async with asyncio.timeout(_POLL_SECONDS):
                await gateway.feed_news.wait()


async def process_next(gateway: Gateway, passed: set[UUID], failures: Failures) -> bool:
    """Work through the feed that waits longest; return whether there was one.

    One that fails, or that another instance has in hand, is `passed` over, so that it does not keep the others waiting.
    One that failed too often, as `failures` tell, is ended with a word in its report.
    """
    async with gateway.database.reading() as session:
        feed = await store.find_waiting(session, passed)
    if feed is None:
        return False
    try:
        if failures.are_enough(feed.feed_id):
            await finish(_give_up(gateway, feed, _FAILED, _TELL))
        else:
            await _work_through(gateway, feed, passed)
        failures.forget(feed.feed_id)
    except Exception as error:  # noqa: BLE001 - one feed that fails must not stop the others
        _log.error("feed.failed", feed=str(feed.feed_id), error=type(error).__name__)
        failures.note(feed.feed_id, time.monotonic())
        passed.add(feed.feed_id)
    return True


async def _work_through(gateway: Gateway, feed: Feed, passed: set[UUID]) -> None:
    try:
        entries = await open_feed(gateway, feed)
    except (BlobNotFound, SealError, Problem) as error:
        _log.error("feed.unreadable", feed=str(feed.feed_id), error=type(error).__name__)
        await finish(_give_up(gateway, feed, _UNREADABLE, _RESEND))
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


async def _give_up(gateway: Gateway, feed: Feed, problem: str, advice: str) -> None:
    """End a feed that cannot be worked through to its end, and say so in its report."""
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
                problem=problem,
                advice=advice,
            )
        )


async def purge_feeds(gateway: Gateway) -> bool:
    """Forget feeds that were done longer ago than events are kept; return whether there may be more."""
    before = datetime.now(UTC) - timedelta(days=gateway.settings.feed_days)
    async with gateway.database.reading() as session:
        feeds = await store.list_old(session, before, _PURGED_AT_ONCE)
    for feed in feeds:
        await gateway.blobs.delete(feed.blob)
    async with gateway.database.transaction() as session:
        await store.delete_feeds(session, [feed.feed_id for feed in feeds])
    return len(feeds) == _PURGED_AT_ONCE
