"""Rules on trial: recorded beside the decision, never in its way (R-POLICY-9)."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from services.policy.app import create_gate
from services.policy.gate.judged import Detector, Hit, Judged
from services.policy.gate.rule import Explanation, Rule, Situation
from services.policy.gate.ruleset import PACKAGED, RuleSet
from services.policy.handlers import HANDLERS
from services.policy.metrics import PolicyMetrics
from services.policy.models import DecisionRow
from services.policy.service import Gate
from shared.consumer import Consumer, Patience
from shared.contracts.facts import MessageFacts
from shared.contracts.vocabulary import Severity, Verdict
from tests.services.policy.world import World, message

pytestmark = pytest.mark.req("R-POLICY-9")


def make_rules(detector: Detector) -> RuleSet:
    rule = Rule(
        id="trial.rule",
        title="Trial",
        rationale="To try.",
        advice="None.",
        situations=(Situation(Severity.BLOCK, {}),),
        detectors=(detector,),
        explanations={"en": Explanation("Found.", "Do not.")},
        examples={},
    )
    return RuleSet((rule,), "trial")


def find_everything(_judged: Judged) -> Iterable[Hit]:
    yield Hit("message", 0, 0, excerpt="")


def break_down(_judged: Judged) -> Iterable[Hit]:
    raise ZeroDivisionError


async def decide(world: World, shadow: RuleSet) -> tuple[DecisionRow, Gate]:
    await world.introduce()
    gate = replace(world.gate, shadow=shadow, metrics=PolicyMetrics())
    facts: MessageFacts = message()
    consumer = Consumer(world.database, HANDLERS, gate, gate.metrics, Patience(1, 0.01))
    await world.hear(await world.address(facts), consumer=consumer)
    async with world.database.reading() as session:
        row = await session.get(DecisionRow, facts.message_id)
    assert row is not None
    assert row.verdict is Verdict.APPROVED
    assert (await world.decisions())[facts.message_id] == set()
    return row, gate


def count(gate: Gate, name: str, labels: dict[str, str] | None = None) -> float | None:
    return gate.metrics.registry.get_sample_value(name, labels or {})


async def test_what_it_would_decide_is_recorded_and_counted(world: World) -> None:
    row, gate = await decide(world, make_rules(find_everything))
    assert (row.shadow_rule_set, row.shadow_verdict) == ("trial", Verdict.REJECTED)
    assert row.shadow_findings is not None
    assert [finding["rule"] for finding in row.shadow_findings] == ["trial.rule"]
    assert row.rule_set == world.gate.rules.version
    assert count(gate, "tramite_shadow_flips_total", {"verdict": "rejected"}) == 1


async def test_the_same_decision_is_no_flip(world: World) -> None:
    row, gate = await decide(world, world.gate.rules)
    assert row.shadow_verdict is Verdict.APPROVED
    assert count(gate, "tramite_shadow_flips_total", {"verdict": "approved"}) is None


async def test_its_errors_disturb_nothing(world: World) -> None:
    row, gate = await decide(world, make_rules(break_down))
    assert (row.shadow_rule_set, row.shadow_verdict, row.shadow_findings) == (None, None, None)
    assert count(gate, "tramite_shadow_failures_total") == 1
    assert count(gate, "tramite_dead_letters", {"service": "policy"}) == 0


@pytest.mark.parametrize("content", ["id = 7", 'id = "a"', "[[["])
async def test_a_set_that_cannot_be_loaded_does_not_keep_the_service_from_starting(
    world: World, tmp_path: Path, content: str
) -> None:
    folder = tmp_path / "trial"
    folder.mkdir()
    # One good rule is as good as all of them, and read in a moment.
    shutil.copy(PACKAGED / "standing_suspended.toml", folder)
    (folder / "broken.toml").write_text(content)
    settings = world.settings.model_copy(update={"shadow_rules": folder})
    assert create_gate(settings, PolicyMetrics()).shadow is None
    (folder / "broken.toml").unlink()
    shadow = create_gate(settings, PolicyMetrics()).shadow
    assert shadow is not None
    assert [rule.id for rule in shadow.rules] == ["standing.suspended"]
