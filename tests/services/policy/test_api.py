from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from services.policy.api import create_router
from services.policy.app import create_app
from shared.bus import MemoryBus
from shared.contracts.facts import MessageFacts, Requirement
from shared.contracts.questions import EvaluateAnswer, EvaluateQuestion
from shared.contracts.vocabulary import Verdict
from tests.services.migrated import open_migrated
from tests.services.policy.world import QUESTION, World, message

AUTHORISED = {"authorization": "Bearer let-me-in"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A service that knows a buyer, a seller and their order; answers do not depend on the engine."""
    assert create_router.__doc__
    async with open_migrated("policy", None, tmp_path) as database:
        opened = World(database, tmp_path)
        await opened.introduce()
        yield opened


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(world.settings, MemoryBus(["policy"])))
    async with httpx2.AsyncClient(transport=transport, base_url="http://policy", headers=AUTHORISED) as opened:
        yield opened


async def ask(
    client: httpx2.AsyncClient, world: World, text: str, facts: MessageFacts | None = None
) -> httpx2.Response:
    told = await world.address(facts or message(), text)
    question = EvaluateQuestion(message=told.message, content=told.content, seller_language="it")
    return await client.post("/internal/evaluate", json=question.model_dump(mode="json"))


@pytest.mark.req("R-CONTACT-5")
async def test_a_preview_says_what_the_gate_would_decide(client: httpx2.AsyncClient, world: World) -> None:
    passed = EvaluateAnswer.model_validate((await ask(client, world, QUESTION)).json())
    stopped = EvaluateAnswer.model_validate((await ask(client, world, f"{QUESTION} rossi@example.com")).json())
    assert passed.decision.verdict is Verdict.APPROVED
    assert stopped.decision.verdict is Verdict.REJECTED
    assert "content.contact_info" in {finding.rule for finding in stopped.decision.findings}
    assert await world.decisions() == {}


async def test_what_the_gate_has_not_heard_of_yet_is_no_answer_for_now(
    client: httpx2.AsyncClient, world: World
) -> None:
    response = await ask(client, world, QUESTION, message(requirement=Requirement(order_version=7)))
    assert response.status_code == 503
    assert response.json()["type"] == "/problems/unavailable"


@pytest.mark.req("R-POLICY-2")
async def test_the_rules_in_force_are_documented_with_their_version(client: httpx2.AsyncClient, world: World) -> None:
    document = (await client.get("/internal/rules")).json()
    assert document["version"] == world.gate.rules.version
    rules = {rule["id"]: rule for rule in document["rules"]}
    assert {"content.contact_info", "content.external_link", "contact.opt_out"} <= rules.keys()
    assert all(rule["title"] and rule["advice"] for rule in rules.values())


@pytest.mark.req("R-PRIVACY-3")
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong"])
async def test_without_the_service_token_nothing_is_told(client: httpx2.AsyncClient, token: str) -> None:
    headers = {"authorization": token}
    assert (await client.get("/internal/rules", headers=headers)).status_code == 401
    assert (await client.post("/internal/evaluate", json={}, headers=headers)).status_code == 401


@pytest.mark.req("R-PRIVACY-4")
async def test_a_question_that_is_none_names_its_fields(client: httpx2.AsyncClient) -> None:
    response = await client.post("/internal/evaluate", json={"message": {}})
    assert response.status_code == 422
    assert {"content", "seller_language"} <= {error["field"] for error in response.json()["errors"]}
