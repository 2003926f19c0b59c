"""Standing on both engines: from a seller's messages to what the gate lets pass, with every change told and audited."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from services.policy.standing import service, store
from services.policy.standing.domain import Standing
from services.policy.standing.models import Violation
from shared.contracts.policy import StandingChanged
from shared.contracts.vocabulary import Kind, OrderStatus, Reason
from tests.services.migrated import read_told
from tests.services.policy.world import NOW, World, message, order

pytestmark = pytest.mark.req("R-POLICY-7")

COUPON = "Con il coupon SCONTO10 avrà il 10% di sconto sul prossimo acquisto nel nostro negozio!"
BY = "operator 7"


@pytest.fixture
def small(world: World) -> World:
    """A world where 2 points restrict and 4 suspend, and only promotion counts."""
    weights = {"content.promotion": 1}
    return World(
        world.database, world.folder, standing_templates_only=2, standing_suspended=4, standing_weights=weights
    )


async def offend(world: World, times: int) -> None:
    for _ in range(times):
        rules = await world.judge(message(), COUPON)
        assert rules
        assert "content.promotion" in rules


async def read(world: World, now: datetime | None = None) -> service.Found:
    async with world.database.reading() as session:
        return await service.find_standing(session, "s1", world.settings.steps(), now or datetime.now(UTC))


async def grow_old(world: World, days: int) -> None:
    """Let the violations so far lie some days back."""
    async with world.database.transaction() as session:
        earlier = datetime.now(UTC) - timedelta(days=days)
        await (await session.connection()).execute(update(Violation).values(committed_at=earlier))


async def list_audit(world: World) -> list[tuple[Standing, Standing, str]]:
    async with world.database.reading() as session:
        changes = await store.list_changes(session, "s1", 100)
    return [(change.previous, change.standing, change.changed_by) for change in reversed(changes)]


async def test_violations_lead_to_templates_only_and_then_to_suspension(small: World) -> None:
    await small.introduce()
    await offend(small, 1)
    assert (await read(small)).assessment.standing is Standing.GOOD
    assert await small.judge(message()) == set()
    await offend(small, 1)
    assert await small.judge(message()) == {"standing.templates_only"}
    assert await small.judge(message(kind=Kind.REPLY)) == set()
    await offend(small, 2)
    assert await small.judge(message(kind=Kind.REPLY)) == {"standing.suspended"}
    assert await list_audit(small) == [
        (Standing.GOOD, Standing.TEMPLATES_ONLY, "automatic"),
        (Standing.TEMPLATES_ONLY, Standing.SUSPENDED, "automatic"),
    ]
    told = await read_told(small.database, StandingChanged)
    assert [(change.previous, change.standing) for change in told] == [
        ("good", "templates_only"),
        ("templates_only", "suspended"),
    ]
    assert told[0].seller_id == "s1"
    assert "content.promotion" in told[0].cause
    assert "SCONTO10" not in told[0].cause


async def test_a_template_passes_where_free_text_does_not(small: World) -> None:
    delivered = {"delivered_at": NOW - timedelta(days=10), "completed_at": NOW - timedelta(days=10)}
    await small.introduce(order(OrderStatus.DELIVERED, **delivered))
    await offend(small, 2)
    assert await small.judge(message(Reason.REQUEST_REVIEW), "") == set()


async def test_being_stopped_by_standing_makes_nothing_worse(small: World) -> None:
    await small.introduce()
    await offend(small, 2)
    for _ in range(5):
        assert await small.judge(message()) == {"standing.templates_only"}
    assert (await read(small)).assessment.points == 2


async def test_time_lifts_it_at_the_next_message_and_without_one(small: World) -> None:
    await small.introduce()
    await offend(small, 2)
    await grow_old(small, 31)
    assert await small.judge(message()) == set()
    assert await service.let_time_pass(small.database, small.settings.steps(), datetime.now(UTC)) == 1
    assert (await list_audit(small))[-1] == (Standing.TEMPLATES_ONLY, Standing.GOOD, "automatic")
    assert (await read_told(small.database, StandingChanged))[-1].standing == "good"
    assert await service.let_time_pass(small.database, small.settings.steps(), datetime.now(UTC)) == 0


async def test_time_passes_for_everyone_page_by_page(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_PAGE", 2)
    now = datetime.now(UTC)
    async with small.database.transaction() as session:
        for number in range(5):
            ends = now + timedelta(hours=1)
            await service.rule(session, f"s{number}", Standing.SUSPENDED, reason="Trial.", by=BY, until=ends, now=now)
    steps = small.settings.steps()
    assert await service.let_time_pass(small.database, steps, now) == 0
    assert await service.let_time_pass(small.database, steps, now + timedelta(hours=2)) == 5
    async with small.database.reading() as session:
        assert await store.list_standings(session, None, "", 10) == []


async def test_a_ruling_stands_above_the_points_until_it_ends(small: World) -> None:
    await small.introduce()
    now = datetime.now(UTC)
    steps = small.settings.steps()
    async with small.database.transaction() as session:
        until = now + timedelta(days=1)
        await service.rule(session, "s1", Standing.GOOD, reason="A big sale.", by=BY, until=until, now=now)
    await offend(small, 3)
    assert await small.judge(message()) == set()
    found = await read(small)
    assert (found.assessment.ruled, found.assessment.points) == (True, 3)
    await service.let_time_pass(small.database, steps, now + timedelta(days=2))
    assert await small.judge(message()) == {"standing.templates_only"}
    assert await list_audit(small) == [
        (Standing.GOOD, Standing.GOOD, BY),
        (Standing.GOOD, Standing.TEMPLATES_ONLY, "automatic"),
    ]


async def test_lifting_forgives_what_led_to_it(small: World) -> None:
    await small.introduce()
    await offend(small, 4)
    now = datetime.now(UTC)
    async with small.database.transaction() as session:
        assert await service.lift(session, "s1", reason="They understood.", by=BY, now=now)
        assert not await service.lift(session, "s1", reason="Again.", by=BY, now=now)
    assert await small.judge(message()) == set()
    await offend(small, 1)
    assert (await read(small)).assessment.points == 1
    change = (await read_told(small.database, StandingChanged))[-1]
    assert (change.previous, change.standing, change.changed_by) == ("suspended", "good", BY)


async def test_a_suspension_by_an_operator_stops_everything_until_lifted(small: World) -> None:
    await small.introduce()
    now = datetime.now(UTC)
    async with small.database.transaction() as session:
        await service.rule(session, "s1", Standing.SUSPENDED, reason="Fraud.", by=BY, until=None, now=now)
    assert await small.judge(message(kind=Kind.REPLY)) == {"standing.suspended"}
    assert await service.let_time_pass(small.database, small.settings.steps(), now + timedelta(days=400)) == 0


async def test_violations_that_come_at_once_are_all_counted_and_change_the_standing_once(small: World) -> None:
    await small.introduce()
    told = [await small.address(message(), COUPON) for _ in range(8)]
    await asyncio.gather(*(small.hear(one, consumer=small.consumer()) for one in told))
    found = await read(small)
    assert (found.assessment.standing, found.assessment.points) == (Standing.SUSPENDED, 8)
    assert [(before, after) for before, after, _ in await list_audit(small)] == [
        (Standing.GOOD, Standing.TEMPLATES_ONLY),
        (Standing.TEMPLATES_ONLY, Standing.SUSPENDED),
    ]
