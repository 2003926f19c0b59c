"""Patterns over concepts: order, reach, exceptions, denial, situation."""

import pytest

from services.policy.gate.candidate import Candidate, Kind
from services.policy.gate.detectors.phrase import build, parse
from services.policy.gate.judged import Judged
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2", "R-POLICY-9")

WORDS = {"en": {"APPLE": ["apples?"], "PEAR": ["pears?"], "PLUM": ["plums?"], "NOT_PEAR": ["prickly pears?"]}}


def _hits(pattern: str, text: str, *derive: str, kind: Kind = "proactive") -> list[str]:
    detector = build({"words": WORDS, "patterns": [pattern], "derive": list(derive)})
    hits = detector(Judged(Candidate(text=text, kind=kind)))
    return [text[hit.start : hit.end] for hit in hits]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("APPLE PEAR", "the pear and the apple", True),
        ("APPLE > PEAR", "the pear and the apple", False),
        ("APPLE > PEAR", "the apple and the pear", True),
        ("APPLE PEAR", "the apple. the pear", False),
        ("APPLE PEAR ~1", "the apple. the pear", True),
        ("APPLE PEAR ~1", "the apple. well. the pear", False),
        ("APPLE PEAR <12", "the apple and then the pear", False),
        ("APPLE PEAR <30", "the apple and then the pear", True),
        ("APPLE|PLUM PEAR", "the plum and the pear", True),
        ("APPLE PEAR !PLUM", "the apple, the plum and the pear", False),
        ("APPLE PEAR", "the apple and the prickly pear", False),
        ("APPLE", "we have no apple for the order", False),
        ("APPLE neg", "we have no apple for the order", True),
        ("APPLE APPLE", "the apple", False),
        ("APPLE APPLE", "the apple and the apples", True),
    ],
)
def test_combines_concepts(pattern: str, text: str, found: bool) -> None:  # noqa: FBT001  # a case's outcome
    assert bool(_hits(pattern, text)) is found


def test_marks_from_the_first_concept_to_the_last() -> None:
    assert _hits("APPLE PEAR", "here is the apple with the pear, sir") == ["apple with the pear"]


def test_uses_a_combination_as_a_concept() -> None:
    assert _hits("BOTH > PLUM", "the apple and the pear for the plum", "BOTH = APPLE PEAR <20")
    assert not _hits("BOTH > PLUM", "the apple is for the plum", "BOTH = APPLE PEAR <20")


def test_combines_its_own_concepts_with_those_that_all_rules_share() -> None:
    assert _hits("APPLE REVIEW", "the apple and your review") == ["apple and your review"]
    assert not _hits("APPLE REVIEW", "the pear and your review")
    assert not _hits("APPLE REVIEW", "the apple and your pear")


@pytest.mark.parametrize(("kind", "found"), [("proactive", True), ("reply", False)])
def test_minds_the_kind_of_message(kind: Kind, found: bool) -> None:  # noqa: FBT001  # a case's outcome
    assert bool(_hits("APPLE @proactive", "the apple", kind=kind)) is found


def test_refuses_a_step_without_a_concept() -> None:
    with pytest.raises(ValueError, match="without a concept"):
        parse("APPLE >")


def test_refuses_unknown_parameters() -> None:
    with pytest.raises(ValueError, match="unknown parameter"):
        build({"patterns": [], "pattern": "APPLE"})


@pytest.mark.parametrize("said", ["fvck you", "feck off", "f*ck off", "f_ck you", "f0ck you", "go f*ck yourself"])
def test_knows_an_insult_by_the_letters_around_the_one_that_was_changed(said: str) -> None:
    decision = RuleSet.load().judge(Candidate(text=f"The parcel is on its way, {said}.", kind="reply", language="en"))
    assert "content.sensitive" in {finding.rule for finding in decision.findings}
