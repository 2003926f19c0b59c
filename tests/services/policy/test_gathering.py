import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.policy.gathering import Gatherer
from shared.contracts.gateway import OrderRecorded
from shared.contracts.vocabulary import Direction
from tests.services.policy.world import ITALY, World, message, order

# Half an hour before midnight in Rome, when it is the next day in Tokyo and the same one in New York.
EVENING = datetime(2026, 5, 1, 21, 30, tzinfo=UTC)
KEY = ("s1", ITALY.marketplace_id, ITALY.time_zone)


@pytest.fixture
def gatherer(world: World) -> Gatherer:
    return world.gate.gatherer


async def use(world: World, gatherer: Gatherer, at: datetime) -> None:
    facts = message()
    async with world.database.transaction() as session:
        await gatherer.hold_quota(session, facts, at)
        await world.gate.count(session, facts, at)


@pytest.mark.req("R-POLICY-5")
async def test_the_count_begins_anew_at_midnight_of_the_marketplace(world: World, gatherer: Gatherer) -> None:
    await asyncio.gather(*(use(world, gatherer, EVENING) for _ in range(3)))
    await use(world, gatherer, EVENING + timedelta(hours=1))
    async with world.database.reading() as session:
        before = await gatherer.read_quota(session, *KEY, EVENING)
        after = await gatherer.read_quota(session, *KEY, EVENING + timedelta(minutes=30))
    assert (before.used, after.used) == (3, 1)
    assert before.resets_at == datetime(2026, 5, 1, 22, tzinfo=UTC)
    assert after.resets_at == datetime(2026, 5, 2, 22, tzinfo=UTC)


@pytest.mark.req("R-POLICY-5")
async def test_the_limit_follows_the_orders_of_30_days(world: World, gatherer: Gatherer) -> None:
    ages = [1] * 12 + [31] * 6
    orders = [
        order(order_id=f"123-1234567-{number:07}", placed_at=EVENING - timedelta(days=age))
        for number, age in enumerate(ages)
    ]
    await world.hear(*(OrderRecorded(order=one) for one in orders))
    async with world.database.reading() as session:
        assert (await gatherer.read_quota(session, *KEY, EVENING)).limit == 602


async def test_what_buyers_write_is_not_counted(world: World, gatherer: Gatherer) -> None:
    facts = message(None, direction=Direction.BUYER_TO_SELLER)
    async with world.database.transaction() as session:
        await gatherer.hold_quota(session, facts, EVENING)
        await world.gate.count(session, facts, EVENING)
    async with world.database.reading() as session:
        assert (await gatherer.read_quota(session, *KEY, EVENING)).used == 0
