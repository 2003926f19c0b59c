"""Preview: the decision and the mail, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse

from shared.contracts.facts import FindingFacts
from shared.contracts.gateway import MessageSubmitted
from shared.contracts.vocabulary import Severity
from tests.services.gateway.conftest import Running, Settled, run_copy
from tests.services.gateway.neighbours import Neighbours
from tests.services.gateway.world import OTHER_ORDER, SELLER, message_body

PATH = "/v1/messages:preview"
FOUND = FindingFacts(
    rule="content.promotion", severity=Severity.BLOCK, field="text", start=0, end=5, message="m", advice="a"
)


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours()


@pytest.fixture
async def asking(settled: Settled, tmp_path: Path, neighbours: Neighbours) -> AsyncIterator[Running]:
    async with run_copy(settled, tmp_path, neighbours.transports) as started:
        neighbours.blobs = started.gateway.blobs
        yield started


@pytest.mark.req("R-CONTACT-5")
async def test_it_shows_decision_and_mail_and_sends_nothing(asking: Running, neighbours: Neighbours) -> None:
    neighbours.findings = (FOUND,)
    answer = await asking.world.ok(SELLER, "POST", PATH, message_body(text="Sconti per lei"))
    assert (answer["verdict"], answer["rule_set"], answer["kind"]) == ("rejected", "rules-1", "proactive")
    assert answer["findings"][0]["excerpt"] == "Scont"
    assert answer["content"]["text"] == "SCONTI PER LEI"
    assert answer["mail"].startswith("From: Bottega Verde Mare\r\n")
    assert answer["mail"].endswith("SCONTI PER LEI\r\n")
    assert await asking.told(MessageSubmitted) == []
    assert (await asking.world.ok(SELLER, "GET", "/v1/messages"))["items"] == []


async def test_it_judges_bodies_as_sending_does(asking: Running) -> None:
    foreign = await asking.world.call(SELLER, "POST", PATH, message_body(order_id=OTHER_ORDER))
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (404, "order_id")


async def test_without_the_gate_there_is_no_preview(asking: Running, neighbours: Neighbours) -> None:
    neighbours.failure = JSONResponse({"decision": "none"})
    assert (await asking.world.call(SELLER, "POST", PATH, message_body())).status_code == 503
