import asyncio
from datetime import date, timedelta

import pytest

from services.policy import store
from shared.contracts.gateway import OrderRecorded
from tests.services.policy.world import ITALY, NOW, World, order

KEY = ("s1", ITALY.marketplace_id, date(2026, 5, 1))


@pytest.mark.req("R-POLICY-5")
async def test_a_count_that_is_held_is_never_lost(world: World) -> None:
    async def add() -> int:
        async with world.database.transaction() as session:
            used = await store.lock_use(session, *KEY)
            await store.count_use(session, *KEY)
            return used

    assert sorted(await asyncio.gather(*(add() for _ in range(20)))) == list(range(20))
    async with world.database.reading() as session:
        assert await store.get_used(session, *KEY) == 20
        assert await store.get_used(session, "s2", *KEY[1:]) == 0


@pytest.mark.req("R-POLICY-5")
async def test_orders_are_counted_by_seller_marketplace_and_time(world: World) -> None:
    placed = [1, 10, 29, 31, 400]
    orders = [
        order(order_id=f"123-1234567-000000{number}", placed_at=NOW - timedelta(days=days))
        for number, days in enumerate(placed)
    ]
    await world.hear(*(OrderRecorded(order=one) for one in orders))
    since = NOW - timedelta(days=30)
    async with world.database.reading() as session:
        assert await store.count_orders(session, "s1", ITALY.marketplace_id, since) == 3
        assert await store.count_orders(session, "s2", ITALY.marketplace_id, since) == 0
        assert await store.count_orders(session, "s1", "elsewhere", since) == 0
