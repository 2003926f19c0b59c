"""Past decisions judged anew, from the database that the service wrote."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.policy.gate.ruleset import PACKAGED, RuleSet
from services.policy.replay import service
from services.policy.replay.domain import Flip, Report
from services.policy.replay.service import Replay
from shared.contracts.vocabulary import OrderStatus
from tests.services.policy.world import NOW, QUESTION, World, message, order

pytestmark = pytest.mark.req("R-POLICY-9")

COUPON = "Con il coupon SCONTO10 avrà il 10% di sconto sul prossimo acquisto!"
SINCE, UNTIL = NOW - timedelta(days=1), NOW + timedelta(days=1)


def change_rules(folder: Path, name: str, pattern: str, text: str) -> RuleSet:
    """Return the shipped rules with one file changed."""
    rules = folder / "rules"
    shutil.copytree(PACKAGED, rules)
    changed, count = re.subn(pattern, text, (rules / name).read_text())
    assert count
    (rules / name).write_text(changed)
    return RuleSet.load(rules)


async def run(world: World, rules: RuleSet, since: datetime = SINCE, until: datetime = UNTIL) -> tuple[Report, int]:
    replay = Replay(world.database, world.blobs, rules)
    steps: list[int] = []
    report = await replay.run(since, until, examples=2, advance=steps.append)
    assert sum(steps) == await replay.count(since, until)
    return report, len(steps)


async def test_the_same_rules_change_nothing(world: World) -> None:
    await world.introduce()
    for text in (QUESTION, COUPON, QUESTION):
        await world.judge(message(), text)
    report, _ = await run(world, RuleSet.load())
    assert (report.judged, report.flips.total(), report.rules) == (3, 0, {})


async def test_a_softer_content_rule_releases_what_it_stopped(world: World, tmp_path: Path) -> None:
    await world.introduce()
    facts = message()
    stopped = await world.judge(facts, COUPON)
    assert stopped == {"content.promotion"}
    softer = change_rules(tmp_path, "content_promotion.toml", r'(?m)^is = "block"', 'is = "flag"')
    report, _ = await run(world, softer)
    assert report.flips == {Flip.RELEASED: 1}
    (example,) = report.rules["content.promotion"].examples
    assert example.message_id == facts.message_id
    assert example.excerpt
    assert example.excerpt in COUPON


async def test_a_stricter_context_rule_is_judged_by_what_was_known_then(world: World, tmp_path: Path) -> None:
    at = NOW - timedelta(days=20)
    await world.introduce(order(OrderStatus.DELIVERED, delivered_at=at, completed_at=at))
    facts = message(None)
    assert await world.judge(facts) == set()
    report, _ = await run(world, change_rules(tmp_path, "contact_window.toml", r"days = 30", "days = 10"))
    assert report.flips == {Flip.STOPPED: 1}
    assert report.rules["contact.window"].examples[0].message_id == facts.message_id


async def test_pages_and_bounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_PAGE", 2)
    await world.introduce()
    started = datetime.now(UTC)
    for _ in range(5):
        await world.judge(message())
    report, pages = await run(world, RuleSet.load())
    assert (report.judged, pages) == (5, 3)
    assert (await run(world, RuleSet.load(), until=started))[0].judged == 0
    assert (await run(world, RuleSet.load(), since=datetime.now(UTC)))[0].judged == 0


async def test_a_message_whose_content_is_gone_is_said_to_be(world: World) -> None:
    await world.introduce()
    long = QUESTION + " Grazie mille." * 12_000
    await world.judge(message(), long)
    await world.judge(message())
    for blob in (world.folder / "blobs" / "content").rglob("*"):
        if blob.is_file():
            blob.unlink()
    report, _ = await run(world, RuleSet.load())
    assert (report.judged, report.unreadable) == (1, 1)
