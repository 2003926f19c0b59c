"""Forgetting mails by age: as they came in, and the attachments that they brought."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.delivery.inbound import store
from shared.blobs import BlobStore
from shared.bus import finish
from shared.db import Database

_PURGE_SECONDS = 3600.0
_BATCH = 200


async def purge_intake(database: Database, blobs: BlobStore, raw_days: int, attachment_days: int) -> None:
    """Forget, every hour until cancelled, what is older; 0 days for attachments keeps them for ever."""
    while True:
        await finish(_purge_once(database, blobs, raw_days, attachment_days))
        await asyncio.sleep(_PURGE_SECONDS)


async def _purge_once(database: Database, blobs: BlobStore, raw_days: int, attachment_days: int) -> None:
    now = datetime.now(UTC)
    await _purge(database, blobs, store.Kept.RAW, now - timedelta(days=raw_days))
    if attachment_days:
        await _purge(database, blobs, store.Kept.PARTS, now - timedelta(days=attachment_days))


async def _purge(database: Database, blobs: BlobStore, kept: store.Kept, before: datetime) -> None:
    """Delete blobs first and note it then: what a crash leaves undone is done again."""
    while True:
        async with database.reading() as session:
            old = await store.list_old_intake(session, kept, before, _BATCH)
        if not old:
            return
        await _delete([name for _, names in old for name in names], blobs)
        async with database.transaction() as session:
            await store.forget_blobs(session, kept, [mail_id for mail_id, _ in old])


async def _delete(names: Sequence[str], blobs: BlobStore) -> None:
    for name in names:
        await blobs.delete(name)
