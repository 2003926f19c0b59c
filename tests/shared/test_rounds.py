import asyncio
from itertools import pairwise

from shared.rounds import Rounds


async def test_the_first_round_begins_at_once() -> None:
    async with asyncio.timeout(10):
        await Rounds(3600).wait()


async def test_rounds_keep_their_distance() -> None:
    loop = asyncio.get_running_loop()
    rounds = Rounds(0.02)
    began: list[float] = []
    for _ in range(4):
        await rounds.wait()
        began.append(loop.time())
        rounds.begin()
    # A clock's tick may be missing.
    assert all(later - earlier > 0.019 for earlier, later in pairwise(began))
