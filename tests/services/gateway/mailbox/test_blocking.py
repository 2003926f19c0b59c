"""Parties block each other, and what an operator stopped is hidden from its reader."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.contracts.facts import OverrideFacts
from shared.contracts.gateway import SenderBlocked, SenderUnblocked
from shared.contracts.vocabulary import Role
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import BUYER, MARKETPLACE, OTHER_SELLER, SELLER, THREAD, rejected

PATH = f"/v1/threads/{THREAD}/block"


@pytest.mark.req("R-INBOX-5")
async def test_either_side_blocks_the_other_and_takes_it_back(running: Running) -> None:
    await running.approve(await running.world.send())
    for who in (SELLER, BUYER):
        for method in ("PUT", "PUT", "DELETE"):
            assert (await running.world.call(who, method, PATH)).status_code == 204
    blocked, unblocked = await running.told(SenderBlocked), await running.told(SenderUnblocked)
    assert [event.by for event in blocked] == [Role.SELLER, Role.SELLER, Role.BUYER, Role.BUYER]
    assert [event.by for event in unblocked] == [Role.SELLER, Role.BUYER]
    first = blocked[0]
    assert (first.thread_id, first.seller_id, first.buyer_id) == (THREAD, SELLER, BUYER)
    assert first.marketplace_id == MARKETPLACE
    assert first.changed_at <= unblocked[0].changed_at


@pytest.mark.req("R-PRIVACY-3")
async def test_nobody_blocks_in_a_thread_that_is_not_theirs(running: Running) -> None:
    await running.approve(await running.world.send())
    assert (await running.world.call(OTHER_SELLER, "PUT", PATH)).status_code == 404
    assert (await running.world.call(SELLER, "PUT", f"/v1/threads/{uuid4()}/block")).status_code == 404
    assert (await running.world.call("operator", "PUT", PATH)).status_code == 403
    assert await running.told(SenderBlocked) == []


@pytest.mark.req("R-POLICY-10")
async def test_what_an_operator_stopped_is_shown_to_its_author_only(running: Running) -> None:
    message = await running.world.send()
    await running.approve(message)
    assert (await running.world.call(BUYER, "GET", f"/v1/messages/{message}")).status_code == 200
    told = rejected(message)
    override = OverrideFacts(by="operator 1", overridden_at=datetime.now(UTC))
    await running.tell(told.model_copy(update={"decision": told.decision.model_copy(update={"override": override})}))
    assert (await running.world.call(BUYER, "GET", f"/v1/messages/{message}")).status_code == 404
    thread = await running.world.ok(BUYER, "GET", f"/v1/threads/{THREAD}")
    assert (thread["messages"], thread["unread"]) == ([], 0)
    found = await running.world.read(SELLER, message)
    assert [step["status"] for step in found["history"]] == ["submitted", "approved", "rejected"]
