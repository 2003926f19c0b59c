"""Decisions by the real gate, from events to events."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.policy import store
from services.policy.base import Base
from services.policy.models import DecisionRow
from shared.contracts.facts import Requirement
from shared.contracts.gateway import OrderChanged, OrderRecorded
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Channel, Direction, Kind, OrderStatus, Reason, Role, Trait, Verdict
from tests.services.migrated import list_causes, read_told
from tests.services.policy.world import ITALY, NOW, ORDER_ID, QUESTION, World, adjustment, message, order, party

DELIVERED = {"delivered_at": NOW - timedelta(days=10), "completed_at": NOW - timedelta(days=10)}


@pytest.mark.req("R-POLICY-1", "R-POLICY-2")
async def test_a_clean_message_is_approved_as_it_came(world: World) -> None:
    await world.introduce()
    addressed = await world.address(message())
    await world.hear(addressed)
    [approved] = await read_told(world.database, MessageApproved)
    assert approved.message == addressed.message
    assert approved.content == addressed.content
    assert approved.addressing == addressed.addressing
    assert approved.decision.verdict is Verdict.APPROVED
    assert approved.decision.rule_set == world.gate.rules.version


@pytest.mark.req("R-POLICY-1", "R-POLICY-2")
async def test_a_finding_names_its_place_and_says_what_to_change_in_the_sellers_language(world: World) -> None:
    await world.introduce()
    text = f"{QUESTION} Mi scriva a rossi@example.com."
    assert await world.judge(message(), text) == {"content.contact_info"}
    [rejected] = await read_told(world.database, MessageRejected)
    finding = rejected.decision.findings[0]
    assert finding.field == "text"
    assert "rossi@example.com" in text[finding.start : finding.end]
    assert "recapito" in finding.message
    assert finding.advice
    assert "example.com" not in rejected.decision.model_dump_json()


@pytest.mark.req("R-POLICY-2")
async def test_every_decision_is_kept_with_what_it_stood_on_and_without_the_words(world: World) -> None:
    await world.introduce()
    passed, stopped = message(), message()
    await world.judge(passed)
    await world.judge(stopped, "Visiti https://bottega-rossi.example.com per completare il suo ordine.")
    async with world.database.reading() as session:
        rows = {m.message_id: await session.get(DecisionRow, m.message_id) for m in (passed, stopped)}
    kept = {message_id: row.verdict for message_id, row in rows.items() if row}
    assert kept == {passed.message_id: Verdict.APPROVED, stopped.message_id: Verdict.REJECTED}
    for row in rows.values():
        assert row is not None
        written = json.dumps(row.model_dump(mode="json"))
        assert "bottega-rossi" not in written
        assert "Buongiorno" not in written


@pytest.mark.req("R-POLICY-3")
@pytest.mark.parametrize(
    ("since", "rules"), [(timedelta(days=29, hours=23), set()), (timedelta(days=30, minutes=5), {"contact.window"})]
)
async def test_a_proactive_message_has_30_days_from_completion(world: World, since: timedelta, rules: set[str]) -> None:
    done = {"delivered_at": NOW - since, "completed_at": NOW - since, "return_requested": True}
    await world.introduce(order(OrderStatus.DELIVERED, **done))
    assert await world.judge(message(Reason.RETURN_FOLLOW_UP)) == rules


@pytest.mark.req("R-POLICY-3")
async def test_a_reply_has_no_window(world: World) -> None:
    await world.introduce(order(OrderStatus.DELIVERED, completed_at=NOW - timedelta(days=90)))
    assert await world.judge(message(None, kind=Kind.REPLY)) == set()


@pytest.mark.req("R-POLICY-3", "R-CONTACT-1")
async def test_a_closed_reason_is_refused_and_says_why(world: World) -> None:
    await world.introduce(order(OrderStatus.SHIPPED))
    assert await world.judge(message(Reason.CONFIRM_CUSTOMISATION)) == {"contact.reason_closed"}


OPT_OUT_EXCEPTIONS = [
    pytest.param(Reason.SHIPPING_DELAY, [], {}, "", {"contact.opt_out"}, id="not critical"),
    pytest.param(Reason.REQUEST_ORDER_INFORMATION, [], {}, "", set(), id="critical"),
    pytest.param(None, [], {"kind": Kind.REPLY}, "", set(), id="a reply"),
    pytest.param(Reason.SHIPPING_DELAY, [Trait.CUSTOMISED], {}, "", set(), id="customised"),
    pytest.param(Reason.SHIPPING_DELAY, [Trait.HANDMADE], {}, "", set(), id="handmade"),
    pytest.param(Reason.SHIPPING_DELAY, [Trait.WINE], {}, "", set(), id="wine"),
    pytest.param(Reason.SHIPPING_DELAY, [Trait.HEAVY_BULKY], {}, "", {"contact.opt_out"}, id="another trait"),
    pytest.param(None, [], {"channel": Channel.EMAIL}, "", {"contact.opt_out"}, id="mail without the tag"),
    pytest.param(None, [], {"channel": Channel.EMAIL}, "[Importante] ", set(), id="mail with the tag"),
    pytest.param(None, [], {"channel": Channel.EMAIL}, "[Important] ", set(), id="mail with the tag in English"),
]
MAIL = f"ordine {ORDER_ID}"


@pytest.mark.req("R-POLICY-4")
@pytest.mark.parametrize(("reason", "traits", "changes", "tag", "rules"), OPT_OUT_EXCEPTIONS)
async def test_an_opt_out_and_its_exceptions(
    world: World, reason: Reason | None, traits: list[Trait], changes: dict[str, object], tag: str, rules: set[str]
) -> None:
    await world.introduce(order(OrderStatus.UNSHIPPED, *traits), opted_out=True)
    text = f"Buongiorno, per completare l'{MAIL} ci serve il suo indirizzo di consegna esatto."
    assert await world.judge(message(reason, **changes), text, subject=f"{tag}Il suo {MAIL}") == rules


@pytest.mark.req("R-POLICY-4")
async def test_without_an_opt_out_nothing_of_this_matters(world: World) -> None:
    await world.introduce(opted_out=False)
    assert await world.judge(message(Reason.SHIPPING_DELAY)) == set()


@pytest.mark.req("R-POLICY-4")
async def test_an_opt_out_taken_back_counts_from_then_on(world: World) -> None:
    await world.introduce(opted_out=True)
    assert await world.judge(message(Reason.SHIPPING_DELAY)) == {"contact.opt_out"}
    await world.hear(party(Role.BUYER, "b1", version=2, opted_out=False))
    assert await world.judge(message(Reason.SHIPPING_DELAY)) == set()
    await world.hear(party(Role.BUYER, "b1", version=1, opted_out=True))
    assert await world.judge(message(Reason.SHIPPING_DELAY)) == set()


@pytest.mark.req("R-POLICY-8")
@pytest.mark.parametrize(
    ("adjustments", "text", "stopped"),
    [
        ((), "L'articolo è esaurito; abbiamo rettificato l'ordine e rimborsato l'importo.", True),
        (("CustomerReturn",), "L'articolo è esaurito; abbiamo rimborsato l'importo.", True),
        (("NoInventory",), "L'articolo è esaurito; abbiamo rettificato l'ordine e rimborsato l'importo.", False),
        (("NoInventory",), "L'articolo è esaurito, annulli per favore l'ordine; l'importo è rimborsato.", True),
    ],
)
async def test_out_of_stock_needs_the_adjustment_and_never_asks_to_cancel(
    world: World,
    adjustments: tuple[str, ...],
    text: str,
    stopped: bool,  # noqa: FBT001 - a table
) -> None:
    await world.introduce(order(adjustments=tuple(adjustment(code) for code in adjustments)))
    assert bool(await world.judge(message(Reason.OUT_OF_STOCK), text)) is stopped


@pytest.mark.req("R-POLICY-6", "R-CONTACT-4")
async def test_one_review_request_for_an_order_ever(world: World) -> None:
    await world.introduce(order(OrderStatus.DELIVERED, **DELIVERED))
    assert await world.judge(message(Reason.REQUEST_REVIEW), "") == set()
    again = await world.judge(message(Reason.REQUEST_REVIEW), "")
    assert again is not None
    assert "contact.review_repeat" in again


@pytest.mark.req("R-POLICY-6")
async def test_a_rejected_review_request_leaves_the_one_to_be_made(world: World) -> None:
    await world.introduce(order(OrderStatus.DELIVERED, delivered_at=NOW - timedelta(days=1)))
    assert await world.judge(message(Reason.REQUEST_REVIEW), "") == {"contact.reason_closed"}
    await world.hear(OrderChanged(order=order(OrderStatus.DELIVERED, version=2, **DELIVERED)))
    assert await world.judge(message(Reason.REQUEST_REVIEW), "") == set()


@pytest.mark.req("R-POLICY-5")
async def test_the_daily_limit_counts_what_was_approved_and_only_the_sellers(world: World) -> None:
    small = World(world.database, world.folder, quota_base=2, quota_per_order=0)
    await small.introduce()
    stopped = await small.judge(message(), f"{QUESTION} Mi scriva a rossi@example.com.")
    to_seller = await small.judge(message(None, direction=Direction.BUYER_TO_SELLER, kind=Kind.REPLY))
    assert (stopped, to_seller) == ({"content.contact_info"}, set())
    results = [await small.judge(message()) for _ in range(3)]
    assert results == [set(), set(), {"contact.daily_limit"}]
    other = message(marketplace=ITALY.model_copy(update={"marketplace_id": "A1PA6795UKMFR9"}))
    assert await small.judge(other) == set()


@pytest.mark.parametrize(
    "requirement", [Requirement(order_version=2), Requirement(buyer_version=2), Requirement(seller_version=2)]
)
async def test_a_message_waits_for_the_versions_that_the_gateway_knew(world: World, requirement: Requirement) -> None:
    await world.introduce()
    waiting = message(requirement=requirement)
    newer = [party(Role.BUYER, "b1", 2), party(Role.SELLER, "s1", 2), OrderChanged(order=order(version=2))]
    await world.hear(await world.address(waiting), *newer)
    assert await world.decisions() == {waiting.message_id: set()}
    assert await list_causes(world.database) == []


async def test_a_message_about_an_order_that_never_comes_dies_and_can_be_tried_again(world: World) -> None:
    await world.hear(party(Role.BUYER, "b1"), party(Role.SELLER, "s1"))
    assert await world.judge(message()) is None
    assert await list_causes(world.database) == ["NotYetKnown: order in version 0"]


async def test_a_message_without_an_order_needs_none(world: World) -> None:
    await world.hear(party(Role.BUYER, "b1"), party(Role.SELLER, "s1"))
    asked = message(None, order_id=None, direction=Direction.BUYER_TO_SELLER, presale=True)
    assert await world.judge(asked, "Buongiorno, la tazza è adatta alla lavastoviglie?") == set()


@pytest.mark.req("R-POLICY-1")
async def test_what_a_buyer_writes_before_an_order_is_mended_not_stopped(world: World) -> None:
    await world.hear(party(Role.BUYER, "b1"), party(Role.SELLER, "s1"))
    asked = message(None, order_id=None, direction=Direction.BUYER_TO_SELLER, presale=True)
    assert await world.judge(asked, "Mi chiami al +39 347 123 4567 oppure anna@example.com, grazie!") == set()
    [approved] = await read_told(world.database, MessageApproved)
    mended = await world.blobs.open_content(approved.content)
    assert "347" not in mended.text
    assert "anna@" not in mended.text
    assert {finding.severity for finding in approved.decision.findings} == {"fix"}


@pytest.mark.req("R-CONTACT-5")
async def test_evaluating_changes_nothing(world: World) -> None:
    await world.introduce(order(OrderStatus.DELIVERED, **DELIVERED))
    told = await world.address(message(Reason.REQUEST_REVIEW), "")
    before = await dump(world)
    for _ in range(2):
        async with world.database.reading() as session:
            facts, content = await world.gate.evaluate(session, told.message, told.content, "it")
        assert facts.verdict is Verdict.APPROVED
        assert content == told.content
    assert await dump(world) == before
    await world.hear(told)
    assert await world.decisions() == {told.message.message_id: set()}


async def dump(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    async with world.database.reading() as session:
        connection = await session.connection()
        return {t.name: [tuple(r) for r in await connection.execute(select(t))] for t in Base.metadata.sorted_tables}


async def test_an_older_order_never_replaces_a_newer_one(world: World) -> None:
    await world.introduce(order(OrderStatus.SHIPPED, version=3))
    await world.hear(OrderRecorded(order=order(OrderStatus.UNSHIPPED, version=1)))
    async with world.database.reading() as session:
        row = await store.get_order(session, ORDER_ID)
    assert row is not None
    assert (row.version, row.facts["status"]) == (3, "shipped")


async def test_two_messages_have_two_decisions_even_in_one_batch(world: World) -> None:
    await world.introduce()
    told = [await world.address(message()) for _ in range(5)]
    await world.hear(*told, *told)
    decided = await world.decisions()
    assert set(decided) == {one.message.message_id for one in told}
