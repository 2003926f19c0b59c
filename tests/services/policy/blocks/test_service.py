"""Blocks by operators and by receivers, and what they do to decisions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.policy.blocks import service, store
from shared.contracts.facts import MessagingPause
from shared.contracts.gateway import OrderRecorded, SenderBlocked, SenderUnblocked
from shared.contracts.policy import MessageRejected
from shared.contracts.vocabulary import Direction, Kind, OrderStatus, Reason, Role, identify_thread
from tests.services.migrated import read_told
from tests.services.policy.world import ITALY, KEYS, NOW, World, message, order, party

BY = "operator 7"
THREAD = identify_thread(ITALY.marketplace_id, "s1", "b1")
FROM_BUYER: dict[str, Any] = {"direction": Direction.BUYER_TO_SELLER, "reason": None}
HELLO = "Buongiorno, quando arriva il mio pacco? Grazie mille e buona giornata."


def blocked(by: Role, at: datetime = NOW) -> SenderBlocked:
    return SenderBlocked(
        thread_id=THREAD,
        marketplace_id=ITALY.marketplace_id,
        seller_id="s1",
        buyer_id="b1",
        by=by,
        changed_at=at,
    )


def unblocked(by: Role, at: datetime) -> SenderUnblocked:
    return SenderUnblocked(**blocked(by, at).model_dump())


@pytest.mark.req("R-POLICY-10")
@pytest.mark.parametrize(
    ("role", "party_id", "changes"),
    [(Role.SELLER, "s1", {"kind": Kind.REPLY}), (Role.BUYER, "b1", FROM_BUYER)],
)
async def test_an_operator_stops_a_sender_and_the_decision_says_so(
    world: World, role: Role, party_id: str, changes: dict[str, Any]
) -> None:
    await world.introduce()
    async with world.database.transaction() as session:
        await service.block_party(session, role, party_id, reason="Spam.", by=BY, now=NOW)
    assert await world.judge(message(**changes), HELLO) == {"contact.blocked"}
    (rejected,) = await read_told(world.database, MessageRejected)
    (finding,) = [finding for finding in rejected.decision.findings if finding.rule == "contact.blocked"]
    assert finding.message == "Il marketplace non consegna questo messaggio: lo ha deciso un suo operatore."
    async with world.database.transaction() as session:
        assert await service.lift_party(session, role, party_id, reason="An error.", by=BY, now=NOW)
        assert not await service.lift_party(session, role, party_id, reason="Again.", by=BY, now=NOW)
    assert await world.judge(message(**changes), HELLO) == set()
    async with world.database.reading() as session:
        changes_made = await store.list_changes(session, role, party_id, 10)
    assert [(change.blocked, change.reason, change.changed_by) for change in changes_made] == [
        (False, "An error.", BY),
        (True, "Spam.", BY),
    ]


@pytest.mark.req("R-POLICY-10")
async def test_a_block_concerns_its_party_only(world: World) -> None:
    await world.introduce()
    async with world.database.transaction() as session:
        await service.block_party(session, Role.BUYER, "s1", reason="Spam.", by=BY, now=NOW)
        await service.block_party(session, Role.SELLER, "s2", reason="Spam.", by=BY, now=NOW)
        await service.block_party(session, Role.SELLER, "s2", reason="Worse spam.", by=BY, now=NOW)
    assert await world.judge(message()) == set()
    async with world.database.reading() as session:
        everyone = await store.list_party_blocks(session, None, 10)
        assert [(block.role, block.party_id, block.reason) for block in everyone] == [
            (Role.BUYER, "s1", "Spam."),
            (Role.SELLER, "s2", "Worse spam."),
        ]
        assert [b.party_id for b in await store.list_party_blocks(session, (Role.BUYER, "s1"), 10)] == ["s2"]


@pytest.mark.req("R-INBOX-5")
async def test_a_blocked_seller_does_not_reach_the_buyer(world: World) -> None:
    await world.introduce()
    await world.hear(blocked(Role.BUYER))
    assert await world.judge(message(kind=Kind.REPLY)) == {"contact.blocked"}
    (rejected,) = await read_told(world.database, MessageRejected)
    assert rejected.decision.findings[0].message == "Il destinatario non accetta messaggi da questo mittente."
    assert await world.judge(message(**FROM_BUYER), HELLO) == set()
    await world.hear(unblocked(Role.BUYER, NOW + timedelta(seconds=1)))
    assert await world.judge(message(kind=Kind.REPLY)) == set()


@pytest.mark.req("R-INBOX-5")
@pytest.mark.parametrize(
    ("status", "rules"),
    [
        (OrderStatus.UNSHIPPED, set()),
        (OrderStatus.SHIPPED, set()),
        (OrderStatus.DELIVERED, {"contact.blocked"}),
        (OrderStatus.CANCELLED, {"contact.blocked"}),
    ],
)
async def test_a_blocked_buyer_still_writes_about_an_open_order(
    world: World, status: OrderStatus, rules: set[str]
) -> None:
    await world.introduce(order(status))
    await world.hear(blocked(Role.SELLER))
    assert await world.judge(message(**FROM_BUYER), HELLO) == rules


@pytest.mark.req("R-INBOX-5")
async def test_of_what_a_party_said_the_latest_counts_whatever_comes_last(world: World) -> None:
    await world.introduce(order(OrderStatus.DELIVERED))
    await world.hear(unblocked(Role.SELLER, NOW + timedelta(minutes=1)), blocked(Role.SELLER))
    assert await world.judge(message(**FROM_BUYER), HELLO) == set()


@pytest.mark.req("R-INBOX-8")
@pytest.mark.parametrize(
    ("pause", "rules"),
    [
        (MessagingPause(marketplace_id=ITALY.marketplace_id), {"contact.messaging_off"}),
        (MessagingPause(marketplace_id=ITALY.marketplace_id, since=NOW - timedelta(days=1)), {"contact.messaging_off"}),
        (MessagingPause(marketplace_id=ITALY.marketplace_id, until=NOW - timedelta(days=1)), set()),
        (MessagingPause(marketplace_id=ITALY.marketplace_id, since=NOW + timedelta(days=1)), set()),
        (MessagingPause(marketplace_id="another"), set()),
    ],
    ids=["for ever", "a holiday", "it is over", "it is to come", "elsewhere"],
)
async def test_a_seller_whose_messaging_is_off_hears_no_new_buyers(
    world: World, pause: MessagingPause, rules: set[str]
) -> None:
    await world.hear(party(Role.BUYER, "b1"), party(Role.SELLER, "s1", messaging_off=(pause,)))
    assert await world.judge(message(order_id=None, presale=True, **FROM_BUYER), HELLO) == rules


@pytest.mark.req("R-INBOX-8")
async def test_a_buyer_with_an_order_of_whatever_state_is_heard_even_then(world: World) -> None:
    await world.introduce(order(OrderStatus.DELIVERED))
    pause = MessagingPause(marketplace_id=ITALY.marketplace_id)
    await world.hear(party(Role.SELLER, "s1", version=2, messaging_off=(pause,)))
    assert await world.judge(message(**FROM_BUYER), HELLO) == set()
    assert await world.judge(message(order_id=None, **FROM_BUYER), HELLO) == set()


@pytest.mark.req("R-POLICY-6")
async def test_a_seller_does_not_write_to_a_seller_but_may_buy_like_anybody(world: World) -> None:
    shared_address = (KEYS.hash_address("s2@real.example"),)
    await world.hear(
        party(Role.BUYER, "b1", sender_hashes=shared_address),
        party(Role.SELLER, "s1"),
        party(Role.SELLER, "s2", sender_hashes=shared_address),
    )
    before = message(order_id=None, presale=True, **FROM_BUYER)
    assert await world.judge(before, HELLO) == {"contact.recipient"}
    await world.hear(OrderRecorded(order=order()))
    assert await world.judge(message(**FROM_BUYER), HELLO) == set()
    await world.hear(party(Role.SELLER, "s2", version=2))
    assert await world.judge(message(order_id=None, **FROM_BUYER), HELLO) == set()


@pytest.mark.req("R-ALIAS-5")
async def test_an_order_of_somebody_else_makes_no_counterpart(world: World) -> None:
    await world.introduce(order(buyer_id="b2"))
    assert "contact.recipient" in (await world.judge(message(Reason.REQUEST_ORDER_INFORMATION)) or set())


async def test_a_message_stopped_before_its_decision_is_rejected(world: World) -> None:
    await world.introduce()
    facts = message()
    async with world.database.transaction() as session:
        now = datetime.now(UTC)
        await service.block_undecided(session, facts.message_id, reason="Spam.", by=BY, now=now)
        await service.block_undecided(session, facts.message_id, reason="Again.", by=BY, now=now)
    assert await world.judge(facts) == {"contact.blocked"}
    assert await world.judge(message()) == set()
