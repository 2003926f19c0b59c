"""The rules on meaning against many ways of saying the same, and against what only looks alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.rule import LANGUAGES
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
PARAPHRASES = Path(__file__).parents[1] / "paraphrases"
BUYERS = {"content.phishing", "content.spam", "clean_buyer"}


def _messages(language: str) -> Iterator[tuple[str, Candidate]]:
    """Yield each message under its heading; a message marked `r:` is a reply."""
    heading = ""
    for line in (PARAPHRASES / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            heading = line[2:]
        elif line:
            yield (
                heading,
                Candidate(
                    direction="buyer_to_seller" if heading in BUYERS else "seller_to_buyer",
                    kind="reply" if line.startswith("r: ") else "proactive",
                    text=line.removeprefix("r: "),
                    language=language,
                ),
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_finds_most_ways_of_saying_it(language: str) -> None:
    wanted = [(rule, candidate) for rule, candidate in _messages(language) if rule.startswith("content.")]
    found = sum(rule in {one.rule for one in RULES.judge(candidate).findings} for rule, candidate in wanted)
    assert found / len(wanted) >= 0.92


@pytest.mark.parametrize("language", LANGUAGES)
def test_leaves_nearly_all_look_alikes_alone(language: str) -> None:
    clean = [candidate for heading, candidate in _messages(language) if heading.startswith("clean")]
    rejected = sum(RULES.judge(candidate).verdict == "rejected" for candidate in clean)
    assert rejected / len(clean) <= 0.08
