"""What nobody waits for is forgotten on both engines, and nothing younger is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from services.gateway.apps.models import AccessToken, Code
from services.gateway.apps.service import forget_expired as forget_apps
from services.gateway.context import Gateway
from services.gateway.feeds.domain import FeedFormat, FeedKind, FeedState
from services.gateway.feeds.models import Feed
from services.gateway.feeds.processing import purge_feeds
from services.gateway.live.domain import ChangeType
from services.gateway.live.models import Change
from services.gateway.mailbox.models import RememberedRequest
from services.gateway.mailbox.sending import forget_requests
from services.gateway.senders.models import SenderRequest
from services.gateway.senders.service import forget_expired as forget_senders
from tests.infrastructure.waiting import until
from tests.services.gateway.conftest import Running, run_gateway
from tests.services.gateway.world import SELLER, message_body

pytestmark = pytest.mark.req("R-PRIVACY-1")

# Which column of each table says what a row of the tests is.
NAMES: dict[str, Any] = {
    "change": Change.order_id,
    "request": RememberedRequest.caller,
    "sender": SenderRequest.seller_id,
    "feed": Feed.seller_id,
    "token": AccessToken.client_id,
    "code": Code.client_id,
}


def write(gateway: Gateway, name: str, due: datetime, blob: str) -> list[Any]:
    """Return a row of each kind that is to be forgotten from `due` on."""
    settings = gateway.settings
    done_at = due - timedelta(days=settings.feed_days)
    return [
        Change(type=ChangeType.ORDER_CHANGED, at=due - timedelta(days=settings.retention_days), order_id=name),
        RememberedRequest(caller=name, key="k", fingerprint="", message_id=uuid4(), made_at=due - timedelta(days=7)),
        write_sender(name, due),
        Feed(
            feed_id=uuid4(),
            seller_id=name,
            kind=FeedKind.SHIPMENTS,
            written=FeedFormat.JSON_LINES,
            blob=blob,
            state=FeedState.DONE,
            rows=0,
            received_at=done_at,
            done_at=done_at,
        ),
        AccessToken(token_hash=name, client_id=name, scopes=[], issued_at=due - timedelta(hours=1), expires_at=due),
        Code(code_hash=name, client_id=name, seller_id=SELLER, scopes=[], expires_at=due - timedelta(days=1)),
    ]


def write_sender(name: str, due: datetime, confirmed_at: datetime | None = None) -> SenderRequest:
    expires_at = due - timedelta(days=7)
    return SenderRequest(
        request_id=uuid4(),
        seller_id=name,
        address_box="",
        address_hash=name,
        requested_at=expires_at - timedelta(days=3),
        expires_at=expires_at,
        confirmed_at=confirmed_at,
    )


async def fill(gateway: Gateway) -> str:
    """Keep of each kind what is an hour too old, and what has an hour left; return the blob of the younger feed."""
    now, hour = datetime.now(UTC), timedelta(hours=1)
    blobs = [await gateway.blobs.put("feeds", name.encode()) for name in ("old", "young")]
    async with gateway.database.transaction() as session:
        session.add_all(write(gateway, "old", now - hour, blobs[0]) + write(gateway, "young", now + hour, blobs[1]))
        session.add(write_sender("confirmed", now - hour, confirmed_at=now - timedelta(days=8)))
    return blobs[1]


async def look(gateway: Gateway) -> dict[str, set[str]]:
    """Return what is left of what `fill` kept."""
    kept = ("old", "young", "confirmed")
    async with gateway.database.reading() as session:
        return {
            kind: set((await session.exec(select(name).where(col(name).in_(kept)))).all())
            for kind, name in NAMES.items()
        }


LEFT = {kind: {"young"} for kind in NAMES} | {"sender": {"young", "confirmed"}}


async def test_what_is_old_goes_and_what_is_younger_stays(anywhere: Running) -> None:
    gateway = anywhere.gateway
    blob = await fill(gateway)
    before = await look(gateway)
    assert before == {kind: names | {"old"} for kind, names in LEFT.items()}
    await gateway.hub.purge(gateway.settings.retention_days)
    await forget_requests(gateway)
    await forget_senders(gateway)
    await forget_apps(gateway.database)
    assert not await purge_feeds(gateway)
    assert await look(gateway) == LEFT
    assert await gateway.blobs.get(blob) == b"young"


async def test_an_instance_forgets_by_itself(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(running.gateway)
    monkeypatch.setattr("shared.runtime._FIRST_PURGE_SECONDS", 0)

    async def is_done() -> bool:
        return await look(running.gateway) == LEFT

    async with run_gateway(running.gateway.settings.database_url, tmp_path):
        await until(is_done, "what is old to go, of every kind")


async def test_what_was_just_said_stays(anywhere: Running) -> None:
    async def send() -> str:
        headers = {"Idempotency-Key": "the-same-question"}
        sent = await anywhere.world.ok(SELLER, "POST", "/v1/messages", message_body(), headers=headers)
        return str(sent["id"])

    first = await send()
    await forget_requests(anywhere.gateway)
    assert await send() == first
