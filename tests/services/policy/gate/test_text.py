# ruff: noqa: RUF001  # look-alikes are what is tested
"""Normalised text: what it reads as, and the way back to the original."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.text import NormalisedText

pytestmark = pytest.mark.req("R-POLICY-2")


@pytest.mark.parametrize(
    ("original", "normalised"),
    [
        ("Ｃａｌｌ ＋３９", "call +39"),
        ("w h a t s A p p me", "whatsapp me"),
        ("p.r.o.m.o code", "promo code"),
        ("f\u0430cebook \u0441\u043em", "facebook com"),
        ("ma\u200bil\u00ad&#64;x.com &amp;", "mail@x.com &"),
        ("e\u0301te\u0301", "été"),
        ("\U0001d416\U0001d421\U0001d41a\U0001d42d", "what"),
        ("3\ufe0f\u20e34\ufe0f\u20e3 ①⑩", "34 110"),
        ("ｶﾞｷﾞ ３時", "ガギ 3時"),
        ("it’s – “so”", 'it\'s - "so"'),
        ("½ ﬁne", "1/2 fine"),
        ("Привет, Мария", "привет, мария"),
        ("1 2 3 4", "1 2 3 4"),
        ("&unknown; &", "&unknown; &"),
    ],
)
def test_reads_as(original: str, normalised: str) -> None:
    assert NormalisedText(original).text == normalised


def test_leads_back_to_what_was_written() -> None:
    original = "Write to i n f o \u200b＠ shop．com now"
    text = NormalisedText(original)
    start = text.text.index("info")
    begin, end = text.span(start, text.text.index(" now"))
    assert original[begin:end] == "i n f o \u200b＠ shop．com"


def test_folding_takes_accents_off_latin_letters_only() -> None:
    text = NormalisedText("più dreißig が")
    assert text.folded == "piu dreisig が"


def test_sentences_cover_the_words() -> None:
    text = NormalisedText("One. Two, three!\n\nFour。五つ？ 3.5 mm")
    assert [text.text[slice(*span)].strip() for span in text.sentences] == [
        "one.",
        "two, three!",
        "four。",
        "五つ?",
        "3.5 mm",
    ]


@given(st.text(max_size=200), st.data())
def test_every_span_lies_within_the_original(original: str, data: st.DataObject) -> None:
    text = NormalisedText(original)
    start = data.draw(st.integers(0, len(text.text)))
    end = data.draw(st.integers(start, len(text.text)))
    begin, finish = text.span(start, end)
    assert 0 <= begin <= finish <= len(original) or start == end


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
def test_folded_and_normalised_are_equally_long(original: str) -> None:
    text = NormalisedText(original + "àéü")
    assert len(text.folded) == len(text.text)
