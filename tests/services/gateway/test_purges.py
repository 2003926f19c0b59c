"""What nobody waits for is forgotten on both engines, and nothing younger is."""

import pytest

from services.gateway.apps.service import forget_expired as forget_apps
from services.gateway.feeds.processing import purge_feeds
from services.gateway.mailbox.sending import forget_requests
from services.gateway.senders.service import forget_expired as forget_senders
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import SELLER, message_body

pytestmark = pytest.mark.req("R-PRIVACY-1")


async def test_what_was_just_said_stays(anywhere: Running) -> None:
    async def send() -> str:
        headers = {"Idempotency-Key": "the-same-question"}
        sent = await anywhere.world.ok(SELLER, "POST", "/v1/messages", message_body(), headers=headers)
        return str(sent["id"])

    first = await send()
    await anywhere.gateway.hub.purge(1)
    await forget_requests(anywhere.gateway)
    await forget_senders(anywhere.gateway)
    await forget_apps(anywhere.gateway.database)
    assert not await purge_feeds(anywhere.gateway)
    assert await send() == first
