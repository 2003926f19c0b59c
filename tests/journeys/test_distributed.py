"""Five processes on Kafka and PostgreSQL, started once for all that is played on them."""

import asyncio

import pytest

from services.cli.installation import NAMES
from services.demo.doors import open_doors
from services.demo.journey import BUYER_ADDRESS, Journey
from tests.journeys.conftest import Running
from tests.journeys.test_conversation import JOURNEY, list_mails, play
from tests.journeys.test_crash import play_under_fire

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(280)]


@JOURNEY
async def test_in_five_processes(processes: Running) -> None:
    await play(*processes)


@JOURNEY
async def test_with_two_of_each_service(processes: Running) -> None:
    installation, mailboxes = processes
    editions = range(10, 14)
    async with (
        installation.twins(),
        open_doors(installation.base_url, installation.smtp, mailboxes, patience=60) as doors,
    ):
        journeys = [Journey(doors, installation.operator, edition) for edition in editions]
        for journey in journeys:
            await journey.record()
        # Three times at once under one idempotency key each, as impatient clients do.
        await asyncio.gather(*(journey.ask() for journey in journeys for _ in range(3)))
        for journey in journeys:
            await journey.read_question()
        await play(installation, mailboxes, edition=20)
    for journey in journeys:
        assert len(list_mails(mailboxes, BUYER_ADDRESS, journey)) == 1


@pytest.mark.req("R-MAIL-3")
@pytest.mark.usefixtures("uncounted")
async def test_each_process(processes: Running) -> None:
    assert await play_under_fire(*processes, victims=NAMES, edition=30) >= 10
