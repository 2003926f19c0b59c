"""Word lists: how an entry is read, what a concept takes back, what an entry may not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.lexicon import Lexicon, Mark, expression, settled, shared
from services.policy.gate.spotting import Codes
from services.policy.gate.tongues import LANGUAGES

pytestmark = pytest.mark.req("R-POLICY-9")


def _found(entries: list[str], text: str, language: str = "en") -> list[str]:
    lexicon = Lexicon({language: {"THING": entries}})
    present = lexicon.present(text, Codes(text), language)
    return [text[mark.start : mark.end] for mark in lexicon.marks(text, present["THING"])] if present else []


@pytest.mark.parametrize(
    ("entry", "text", "found"),
    [
        ("review", "a review, reviewed", ["review"]),
        ("review*", "review reviewed preview", ["review", "reviewed"]),
        ("leave .. review", "leave us a nice review", ["leave us a nice review"]),
        ("leave .. review", "leave now. review", []),
        ("gift card", "gift\ncard, gift-card, gift card", ["gift-card", "gift card"]),
        ("(5|five) stars?", "five stars", ["five stars"]),
        ("good?", "goo", ["goo"]),
        ("if .{0,20} happy", "if you are really happy", ["if you are really happy"]),
        (r"\?", "what? no", ["?"]),
        (r"\w*card", "card postcard", ["card", "postcard"]),
        ("perché", "perche", ["perche"]),
    ],
)
def test_reads_the_signs_of_an_entry(entry: str, text: str, found: list[str]) -> None:
    assert _found([entry], text) == found


def test_reads_german_umlauts_written_either_way() -> None:
    assert _found(["ändern"], "andern aendern ander", "de") == ["andern", "aendern"]


def test_finds_japanese_anywhere_within_one_sentence() -> None:
    assert _found(["星 .. ください"], "星を5つください。星。ください", "ja") == ["星を5つください"]


def test_counts_bytes_in_bytes() -> None:
    lexicon = Lexicon({"en": {"THING": ["thing"]}})
    (index,) = lexicon.present(b"a thing", Codes("a thing"), "en").values()
    assert lexicon.marks(b"a thing", index) == [Mark(2, 7, "THING", "en")]


def test_keeps_languages_apart() -> None:
    lexicon = Lexicon({"en": {"GIFT": ["gift"]}, "de": {"POISON": ["gift"]}})
    assert set(lexicon.present("gift", Codes("gift"), "de")) == {"POISON"}
    assert not lexicon.present("gift", Codes("gift"), "fr")
    assert lexicon.names("de") == {"POISON"}
    assert lexicon.names("fr") == frozenset()


def test_refuses_an_entry_that_is_no_pattern() -> None:
    with pytest.raises(ValueError, match="THING in en"):
        Lexicon({"en": {"THING": ["(open"]}})


def test_takes_back_what_a_longer_phrase_means_otherwise() -> None:
    review, other = Mark(3, 9, "REVIEW", "en"), Mark(30, 36, "REVIEW", "en")
    assert settled([other, Mark(0, 9, "NOT_REVIEW", "en"), review]) == [other]
    assert settled([review, Mark(0, 9, "NOT_REVIEW", "it")]) == [review]


@given(st.text(max_size=300))
def test_marks_lie_in_order_and_within_the_text(text: str) -> None:
    for language in LANGUAGES:
        for index in shared().present(text, Codes(text), language).values():
            marks = shared().marks(text, index)
            assert marks == sorted(marks)
            assert all(0 <= mark.start < mark.end <= len(text) for mark in marks)


def test_joins_the_entries_of_a_concept_into_one_expression() -> None:
    assert expression(["one", "two"], "en") == r"(?:\bone\b)|(?:\btwo\b)"
