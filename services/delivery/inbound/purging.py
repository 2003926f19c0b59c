"""Forgetting mails by age: as they came in, and the attachments that they brought."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.delivery.inbound import store
from shared.blobs import BlobStore
from shared.db import Database

_PURGED_AT_ONCE = 200


async def purge_intake(database: Database, blobs: BlobStore, raw_days: int, attachment_days: int) -> bool:
    """Forget what is older, and return whether there may be more; 0 days for attachments keeps them for ever."""
    now = datetime.now(UTC)
    more = await _purge(database, blobs, store.Kept.RAW, now - timedelta(days=raw_days))
    if attachment_days:
        more |= await _purge(database, blobs, store.Kept.PARTS, now - timedelta(days=attachment_days))
    return more


async def _purge(database: Database, blobs: BlobStore, kept: store.Kept, before: datetime) -> bool:
    """Delete blobs first and note it then: what a crash leaves undone is done again."""
    async with database.reading() as session:
        old = await store.list_old_intake(session, kept, before, _PURGED_AT_ONCE)
    if old:
        await _delete([name for _, names in old for name in names], blobs)
        async with database.transaction() as session:
            await store.forget_blobs(session, kept, [mail_id for mail_id, _ in old])
    return len(old) == _PURGED_AT_ONCE


async def _delete(names: Sequence[str], blobs: BlobStore) -> None:
    for name in names:
        await blobs.delete(name)
