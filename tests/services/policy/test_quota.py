"""What a seller is told of the daily limit."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.contracts.policy import MessageRejected
from tests.services.migrated import read_told
from tests.services.policy.asking import open_door
from tests.services.policy.world import ITALY, World, message

pytestmark = pytest.mark.req("R-POLICY-5")
QUERY = {"seller_id": "s1", "marketplace_id": ITALY.marketplace_id, "time_zone": ITALY.time_zone}


async def test_the_answer_says_limit_use_and_reset(world: World) -> None:
    small = World(world.database, world.folder, quota_base=2, quota_per_order=0)
    await small.introduce()
    async with open_door(small) as door:
        before = await door.ask("GET", "/quota", params=QUERY)
        assert (before["limit"], before["used"], before["remaining"]) == (2, 0, 2)
        await small.judge(message())
        after = await door.ask("GET", "/quota", params=QUERY)
        assert (after["limit"], after["used"], after["remaining"]) == (2, 1, 1)
        resets_at = datetime.fromisoformat(after["resets_at"])
        assert resets_at > datetime.now(UTC)
        local = resets_at.astimezone(ZoneInfo(ITALY.time_zone))
        assert (local.hour, local.minute) == (0, 0)
        elsewhere = await door.ask("GET", "/quota", params=QUERY | {"marketplace_id": "another"})
        assert elsewhere["used"] == 0


async def test_a_message_beyond_it_is_told_the_same(world: World) -> None:
    small = World(world.database, world.folder, quota_base=1, quota_per_order=0)
    await small.introduce()
    assert await small.judge(message()) == set()
    assert await small.judge(message()) == {"contact.daily_limit"}
    (rejected,) = await read_told(small.database, MessageRejected)
    (finding,) = [finding for finding in rejected.decision.findings if finding.rule == "contact.daily_limit"]
    async with open_door(small) as door:
        quota = await door.ask("GET", "/quota", params=QUERY)
    assert finding.message == "Hai usato 1 messaggi su 1 per oggi."
    said = finding.advice.removeprefix("Potrai inviarne altri dal ").removesuffix(".")
    assert datetime.fromisoformat(said) == datetime.fromisoformat(quota["resets_at"])


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "", "x" * 65])
async def test_a_day_needs_a_time_zone(world: World, zone: str) -> None:
    async with open_door(world) as door:
        await door.ask("GET", "/quota", 422, params=QUERY | {"time_zone": zone})
