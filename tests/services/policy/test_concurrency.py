"""Several instances of the policy service at once."""

import asyncio
from datetime import timedelta

import pytest

from shared.contracts.vocabulary import OrderStatus, Reason
from tests.services.migrated import list_causes
from tests.services.policy.world import NOW, World, message, order

DELIVERED = {"delivered_at": NOW - timedelta(days=10), "completed_at": NOW - timedelta(days=10)}


@pytest.mark.req("R-POLICY-5")
async def test_the_daily_limit_is_exact_however_many_decide_at_once(world: World) -> None:
    small = World(world.database, world.folder, quota_base=7, quota_per_order=0)
    await small.introduce()
    told = [await small.address(message()) for _ in range(20)]
    await asyncio.gather(*(small.hear(one, consumer=small.consumer()) for one in told))
    results = list((await small.decisions()).values())
    assert results.count(set()) == 7
    assert results.count({"contact.daily_limit"}) == 13
    assert await list_causes(world.database) == []


@pytest.mark.req("R-POLICY-6", "R-CONTACT-4")
@pytest.mark.parametrize("count", [2, 10])
async def test_of_review_requests_that_come_at_once_one_goes_out(world: World, count: int) -> None:
    await world.introduce(order(OrderStatus.DELIVERED, **DELIVERED))
    told = [await world.address(message(Reason.REQUEST_REVIEW), "") for _ in range(count)]
    consumers = [world.consumer(attempts=1) for _ in told]
    await asyncio.gather(*(world.hear(one, consumer=it) for one, it in zip(told, consumers, strict=True)))
    results = list((await world.decisions()).values())
    assert len(results) == count
    assert results.count(set()) == 1
    assert all("contact.review_repeat" in rules for rules in results if rules)
    assert await list_causes(world.database) == []
