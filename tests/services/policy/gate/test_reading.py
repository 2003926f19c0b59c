"""Sentences and negation: where one ends, what the other governs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.candidate import Candidate
from services.policy.gate.judged import Judged, Passage
from services.policy.gate.lexicon import Mark
from services.policy.gate.reading import Negations, Reading, readings, sentences
from services.policy.gate.text import NormalisedText

pytestmark = pytest.mark.req("R-POLICY-2")


def _parts(text: str) -> list[str]:
    return [text[span.start : span.end].strip() for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one. two! three?", ["one.", "two!", "three?"]),
        ("it costs 3.50 euro. thanks", ["it costs 3.50 euro.", "thanks"]),
        ("dear mr. smith, hello. bye", ["dear mr. smith, hello.", "bye"]),
        ("hello,\nthe parcel left", ["hello,", "the parcel left"]),
        (
            "we would be grateful if you could take a moment of your time\nto write a few words",
            ["we would be grateful if you could take a moment of your time\nto write a few words"],
        ),
        ("ありがとうございます。発送しました！次です", ["ありがとうございます。", "発送しました！", "次です"]),  # noqa: RUF001  # as Japanese writes it
    ],
)
def test_parts_a_text_into_sentences(text: str, parts: list[str]) -> None:
    assert _parts(text) == parts


@given(st.text(max_size=2000))
def test_sentences_follow_one_another_and_are_bounded(text: str) -> None:
    spans = sentences(text)
    assert all(0 < span.end - span.start <= 700 for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))


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
