"""`kill -9` in the middle: after a restart the conversation goes on, and every mail is there once."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from services.demo.doors import open_doors
from services.demo.journey import Journey
from services.demo.mailboxes import Mailboxes
from tests.journeys.conftest import Running
from tests.journeys.installation import Installation
from tests.journeys.test_conversation import check_mailboxes

pytestmark = [pytest.mark.req("R-MAIL-3"), pytest.mark.timeout(280), pytest.mark.usefixtures("uncounted")]

# After how many milliseconds of a step its killing strikes: at the very start, while it is worked on, and late.
DELAYS = (0, 5, 15, 30, 60, 0, 10, 40, 80, 20, 0, 10)


async def play_under_fire(
    installation: Installation, mailboxes: Mailboxes, victims: Sequence[str], edition: int = 0
) -> int:
    """Play the conversation; in each step kill the next victim. Returns how often somebody was killed."""
    kills = 0
    async with open_doors(installation.base_url, installation.smtp, mailboxes, patience=45) as doors:
        journey = Journey(doors, installation.operator, edition)
        steps: AsyncIterator[object] = journey.play()
        for delay in DELAYS:
            step = asyncio.ensure_future(anext(steps))
            await asyncio.wait([step], timeout=delay / 1000)
            await installation.restart(victims[kills % len(victims)])
            kills += 1
            await step
    check_mailboxes(mailboxes, journey)
    return kills


async def test_all_in_one(one_process: Running) -> None:
    assert await play_under_fire(*one_process, victims=["all"]) >= 10
