"""Decisions and overrides as the gateway asks for them."""

from uuid import uuid4

import pytest

from shared.contracts.policy import MessageApproved
from tests.services.migrated import read_told
from tests.services.policy.asking import open_door
from tests.services.policy.world import World, message

pytestmark = pytest.mark.req("R-POLICY-10")
BODY = {"reason": "They asked for it.", "by": "operator 7"}
COUPON = "Con il coupon SCONTO10 avrà il 10% di sconto sul prossimo acquisto!"


async def test_a_decision_shows_what_the_rules_said_and_what_holds(world: World) -> None:
    await world.introduce()
    facts = message()
    await world.judge(facts, COUPON)
    async with open_door(world) as door:
        found = await door.ask("GET", f"/messages/{facts.message_id}")
        assert (found["verdict"], found["rules_verdict"], found["overrides"]) == ("rejected", "rejected", [])
        assert {"rule": "content.promotion", "severity": "block"} in found["findings"]
        assert "SCONTO10" not in str(found)
        found = await door.ask("POST", f"/messages/{facts.message_id}/approve", json=BODY)
        assert (found["verdict"], found["rules_verdict"]) == ("approved", "rejected")
        (override,) = found["overrides"]
        assert (override["reason"], override["overridden_by"]) == ("They asked for it.", "operator 7")
        assert "content.promotion" in override["rules"]
        problem = await door.ask("POST", f"/messages/{facts.message_id}/approve", 409, json=BODY)
        assert "decided so already" in problem["detail"]
    assert len(await read_told(world.database, MessageApproved)) == 1


async def test_a_message_nobody_decided_on_can_only_be_stopped(world: World) -> None:
    unknown = uuid4()
    async with open_door(world) as door:
        await door.ask("GET", f"/messages/{unknown}", 404)
        await door.ask("POST", f"/messages/{unknown}/approve", 404, json=BODY)
        found = await door.ask("POST", f"/messages/{unknown}/block", json=BODY)
        assert (found["verdict"], found["rule_set"], found["overrides"][0]["previous"]) == (None, None, None)
        await door.ask("POST", f"/messages/{unknown}/block", 422, json={"reason": "", "by": "operator 7"})
