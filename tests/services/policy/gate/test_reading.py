"""Readings: what they are of, and what negation governs in them."""

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.judged import Judged, Passage
from services.policy.gate.lexicon import Mark
from services.policy.gate.reading import Negations, Reading, readings
from services.policy.gate.text import NormalisedText

pytestmark = pytest.mark.req("R-POLICY-2")


def _denied(text: str, word: str, language: str = "en") -> bool:
    reading = Reading(Passage("text", NormalisedText(text)))
    mark = Mark(reading.text.index(word), reading.text.index(word) + len(word), "WORD", language)
    return Negations(reading, sorted([mark, *reading.common(language, "NEG")])).deny(mark)


@pytest.mark.parametrize(
    ("text", "word", "language", "denied"),
    [
        ("We do not offer a discount for the order.", "discount", "en", True),
        ("We do not sell it, but you get a discount for the order.", "discount", "en", False),
        ("You get a discount. There is no delay for the order.", "discount", "en", False),
        ("Wir geben Ihnen den Rabatt leider nicht.", "rabatt", "de", True),
        ("割引はできません。", "割引", "ja", True),
        ("割引します。できません。", "割引", "ja", False),
    ],
)
def test_denies_what_a_negation_governs(text: str, word: str, language: str, denied: bool) -> None:  # noqa: FBT001  # a case's outcome
    assert _denied(text, word, language) is denied


def test_reads_no_subject_of_a_reply() -> None:
    subjects = {
        kind: [one.passage.field for one in readings(Judged(Candidate(kind=kind, subject="a gift", text="no")))]
        for kind in ("proactive", "reply")
    }
    assert subjects == {"proactive": ["subject", "text"], "reply": ["text"]}


def test_leaves_the_words_within_links_unread() -> None:
    reading = Reading(Passage("text", NormalisedText("see https://shop.example/contact-support now")))
    assert "support" not in reading.text
    assert len(reading.text) == len("see https://shop.example/contact-support now")


def test_reads_the_japanese_that_goes_on_right_after_a_link() -> None:
    reading = Reading(Passage("text", NormalisedText("商品(https://shop.example/dp/B07)の寸法は")))
    assert reading.text.endswith("の寸法は")
    assert "dp" not in reading.text
