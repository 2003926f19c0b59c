"""Sending by API: one message per idempotency key, and waiting for the gate's decision where the caller wants it."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.gateway.access.domain import Caller
from services.gateway.context import Gateway
from services.gateway.mailbox import service, store
from services.gateway.mailbox.composing import compose, draft
from services.gateway.mailbox.domain import DECIDED, Status
from services.gateway.mailbox.errors import KeyReused
from services.gateway.mailbox.models import RememberedRequest
from services.gateway.mailbox.schemas import MessageBody
from services.gateway.mailbox.searching import digest
from services.gateway.mailbox.service import Accepted

LONGEST_WAIT_SECONDS = 30
_REMEMBERED_DAYS = 7
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?([0-9]{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)


async def send(gateway: Gateway, caller: Caller, body: MessageBody, key: str | None) -> tuple[UUID, UUID, bool]:
    """Take a message; return its id, its thread's id and whether it is new.

    The same key with the same body is the same message; with another body it raises `KeyReused`.
    """
    now = datetime.now(UTC)
    fingerprint = gateway.keys.hash_text("idempotency", body.model_dump_json())
    async with gateway.database.reading() as session:
        if key is not None and (before := await store.get_remembered(session, caller.name, key)):
            return await _repeat(gateway, before, fingerprint)
        drafted = await draft(session, caller, body, now)
    facts = drafted.facts
    content = await compose(gateway.blobs, drafted, body)
    words = await digest(gateway.keys, facts.seller_id, content)
    sealed = await gateway.blobs.seal_content(content)
    async with gateway.database.transaction() as session:
        if key is not None:
            request = RememberedRequest(
                caller=caller.name, key=key, fingerprint=fingerprint, message_id=facts.message_id, made_at=now
            )
            # Two at once with one key: the second comes here only when the first has committed.
            if not await store.remember(session, request):
                before = await store.get_remembered(session, caller.name, key)
                if before is not None:
                    return await _repeat(gateway, before, fingerprint)
        await service.accept(session, gateway, Accepted(facts, sealed, words, drafted.answers))
    return facts.message_id, facts.thread_id, True


def read_wait(prefer: str | None) -> int | None:
    """Return the seconds of `Prefer: wait=N` (RFC 7240), 30 at most, or None where there is no such preference."""
    found = _WAIT.search(prefer or "")
    return min(int(found.group(1)), LONGEST_WAIT_SECONDS) if found else None


async def wait_decided(gateway: Gateway, message_id: UUID, seconds: int | None) -> Status:
    """Wait until a message is decided, for so many seconds at most; return its status then."""
    deadline = asyncio.get_running_loop().time() + (seconds or 0)
    with gateway.hub.watch(message_id) as touched:
        while True:
            async with gateway.database.reading() as session:
                status = await store.get_status(session, message_id)
            if status in DECIDED or not await gateway.hub.wait_touched(touched, deadline):
                return status


async def forget_requests(gateway: Gateway) -> None:
    """Forget idempotency keys after a week."""
    async with gateway.database.transaction() as session:
        await store.forget_requests(session, datetime.now(UTC) - timedelta(days=_REMEMBERED_DAYS))


async def _repeat(gateway: Gateway, before: RememberedRequest, fingerprint: str) -> tuple[UUID, UUID, bool]:
    if before.fingerprint != fingerprint:
        raise KeyReused
    async with gateway.database.reading() as session:
        message = await store.get_message(session, before.message_id)
    if message is None:
        raise LookupError("a remembered request without its message")
    return message.message_id, message.thread_id, False
