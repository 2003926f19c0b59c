"""Overrides on both engines: what is told, counted, forgiven and audited."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from services.policy import store as decisions
from services.policy.app import create_gate
from services.policy.metrics import PolicyMetrics
from services.policy.overrides import service, store
from services.policy.overrides.service import Order
from services.policy.standing import service as standing
from shared.contracts.alias import MessageAddressed
from shared.contracts.delivery import MessageDelivered
from shared.contracts.facts import MessageFacts
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Reason, Severity, Verdict
from shared.outbox import OUTBOX
from shared.problems import Conflict, NotFound
from tests.services.migrated import read_told
from tests.services.policy.world import ITALY, NOW, QUESTION, World, message

pytestmark = pytest.mark.req("R-POLICY-10")

COUPON = "Con il coupon SCONTO10 avrà il 10% di sconto sul prossimo acquisto nel nostro negozio!"
APPROVE = Order(Verdict.APPROVED, "They asked for it.", "operator 7")
BLOCK = Order(Verdict.REJECTED, "A fraud.", "operator 7")


async def decide(world: World, text: str) -> MessageAddressed:
    await world.introduce()
    told = await world.address(message(), text)
    await world.hear(told)
    return told


async def override(world: World, facts: MessageFacts, order: Order) -> PolicyMetrics:
    metrics = PolicyMetrics()
    async with world.database.transaction() as session:
        gate = create_gate(world.settings, metrics)
        await service.override(session, gate, facts.message_id, order, datetime.now(UTC))
    return metrics


def overturned(metrics: PolicyMetrics, rule: str) -> float | None:
    return metrics.registry.get_sample_value("tramite_decisions_overturned_total", {"rule": rule})


async def find_rejection(world: World, facts: MessageFacts, text: str) -> set[str]:
    """Let a message be decided; return the rules that stopped it."""
    await world.hear(await world.address(facts, text))
    rejections = await read_told(world.database, MessageRejected)
    return {
        finding.rule
        for told in rejections
        for finding in told.decision.findings
        if told.message.message_id == facts.message_id
    }


async def count_events(world: World) -> int:
    async with world.database.reading() as session:
        return int((await (await session.connection()).execute(select(func.count()).select_from(OUTBOX))).scalar_one())


async def test_an_operator_lets_a_rejected_message_pass(world: World) -> None:
    told = await decide(world, COUPON)
    metrics = await override(world, told.message, APPROVE)
    (approved,) = await read_told(world.database, MessageApproved)
    (rejected,) = await read_told(world.database, MessageRejected)
    assert approved.message == told.message
    assert approved.content == told.content
    assert approved.addressing == told.addressing
    assert approved.decision.verdict is Verdict.APPROVED
    assert approved.decision.findings == rejected.decision.findings
    assert approved.decision.override is not None
    assert approved.decision.override.by == "operator 7"
    assert APPROVE.reason not in approved.model_dump_json()
    blocking = {finding.rule for finding in rejected.decision.findings if finding.severity is Severity.BLOCK}
    assert "content.promotion" in blocking
    assert all(overturned(metrics, rule) == 1 for rule in blocking)


async def test_what_is_fixed_stays_fixed_when_it_passes_after_all(world: World) -> None:
    await world.introduce()
    pixel = '<p>Con il coupon SCONTO10 avrà uno sconto!</p><img src="https://track.example/p.gif" width="1" height="1">'
    told = await world.address(message(), COUPON)
    content = (await world.blobs.open_content(told.content)).model_copy(update={"html": pixel})
    told = told.model_copy(update={"content": await world.blobs.seal_content(content)})
    await world.hear(told)
    await override(world, told.message, APPROVE)
    (approved,) = await read_told(world.database, MessageApproved)
    passed = await world.blobs.open_content(approved.content)
    assert passed.html is not None
    assert "track.example" not in passed.html
    assert "SCONTO10" in passed.html


async def test_what_passes_after_all_is_counted_and_no_violation(world: World) -> None:
    told = await decide(world, COUPON)
    async with world.database.reading() as session:
        found = await standing.find_standing(session, "s1", world.settings.steps(), datetime.now(UTC))
        assert found.assessment.points > 0
    await override(world, told.message, APPROVE)
    async with world.database.reading() as session:
        found = await standing.find_standing(session, "s1", world.settings.steps(), datetime.now(UTC))
        gate = create_gate(world.settings, PolicyMetrics())
        quota = await gate.gatherer.read_quota(session, "s1", ITALY.marketplace_id, ITALY.time_zone, datetime.now(UTC))
    assert found.assessment.points == 0
    assert quota.used == 1


async def test_an_approval_lifts_the_restriction_that_the_decision_led_to(world: World) -> None:
    strict = World(world.database, world.folder, standing_templates_only=0.5, standing_suspended=100)
    told = await decide(strict, COUPON)
    assert "standing.templates_only" in await find_rejection(strict, message(), QUESTION)
    await override(strict, told.message, APPROVE)
    assert await find_rejection(strict, message(), QUESTION) == set()


async def test_an_operator_stops_what_passed_and_is_not_delivered(world: World) -> None:
    told = await decide(world, "Buongiorno, quale colore preferisce per la tazza? Ci serve per completare l'ordine.")
    metrics = await override(world, told.message, BLOCK)
    (rejected,) = await read_told(world.database, MessageRejected)
    (finding,) = rejected.decision.findings
    assert (finding.rule, finding.severity) == ("contact.blocked", Severity.BLOCK)
    assert finding.message == "Il marketplace non consegna questo messaggio: lo ha deciso un suo operatore."
    assert rejected.decision.override is not None
    assert overturned(metrics, "none") == 1
    with pytest.raises(Conflict, match="send it again"):
        await override(world, told.message, APPROVE)


async def test_nothing_calls_back_what_was_delivered(world: World) -> None:
    told = await decide(world, "Buongiorno, quale colore preferisce per la tazza? Ci serve per completare l'ordine.")
    await world.hear(MessageDelivered(message=told.message, delivered_at=NOW, attempt=1, reply="250 OK"))
    events = await count_events(world)
    with pytest.raises(Conflict, match="reached its reader"):
        await override(world, told.message, BLOCK)
    assert await count_events(world) == events


async def test_deciding_the_same_again_is_a_conflict(world: World) -> None:
    told = await decide(world, COUPON)
    await override(world, told.message, APPROVE)
    for order in (APPROVE, BLOCK, BLOCK):
        try:
            await override(world, told.message, order)
        except Conflict:
            continue
        assert order is BLOCK
    async with world.database.reading() as session:
        audit = await store.list_overrides(session, told.message.message_id)
    assert [(row.previous, row.verdict, row.reason, row.overridden_by) for row in audit] == [
        (Verdict.REJECTED, Verdict.APPROVED, APPROVE.reason, "operator 7"),
        (Verdict.APPROVED, Verdict.REJECTED, BLOCK.reason, "operator 7"),
    ]
    assert "content.promotion" in audit[0].rules


async def test_a_message_can_be_stopped_before_its_decision_but_not_approved(world: World) -> None:
    await world.introduce()
    facts = message()
    with pytest.raises(NotFound):
        await override(world, facts, APPROVE)
    await override(world, facts, BLOCK)
    assert await world.judge(facts) == {"contact.blocked"}
    await override(world, facts, APPROVE)
    assert [told.message.message_id for told in await read_told(world.database, MessageApproved)] == [facts.message_id]


async def test_a_second_review_request_passes_only_by_an_operator(world: World) -> None:
    await world.introduce()
    facts = message(Reason.REQUEST_REVIEW)
    assert await world.judge(facts, "")
    await override(world, facts, APPROVE)
    async with world.database.reading() as session:
        assert await decisions.was_review_asked(session, str(facts.order_id))
    again = message(Reason.REQUEST_REVIEW)
    assert "contact.review_repeat" in await find_rejection(world, again, "")
    await override(world, again, APPROVE)
    assert len(await read_told(world.database, MessageApproved)) == 2
