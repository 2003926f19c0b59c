"""Sentences, and where they may end: found in one pass, the same as a plain pattern finds."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.sentences import endings, sentences

pytestmark = pytest.mark.req("R-POLICY-2")

_END = re.compile("[.!?…]+[\"')\\]]*(?=\\s|$|[^\\x00-\\x7f])|[。\uff01\uff1f]+|(?<=[^\\x00-\\xff])[.!?]+|\\n[ \\n]*")
_LATIN_1 = ".!?\"')] \n\t\x1c\x85\xa0\x7f\x80\xff\xe9az1,("
_CHARACTERS = _LATIN_1 + "…。\uff01\uff1f\u0100\u3000あ🙂"


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


_SHORTENED = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|sig|sigg|ra|sra|srta|sr|st|herr|fr|hr|mme|mlle|dott|prof|gent|egr|spett"
    r"|nr|no|num|art|cod|tel|ord|ca|approx|vs|max|min|pz|es|ej|bzw|inkl|ggf|evtl"
    r"|z\. ?b|p\. ?ex|p\. ?es|e\. ?g|i\. ?e)|\b\w)\.$"
)
_LISTED = re.findall(r"\w{2,}", _SHORTENED.pattern)
_WORDS = st.sampled_from([*_LISTED, "approxx", "p. ex", "p.ex", "z. b", "b", "_", "é", "1", "", "-"])


@given(_WORDS, st.sampled_from(["", "a ", "x", "-", "p. ", "p.", "sp. ", "日", "'"]))
def test_what_is_shortened_ends_no_sentence(word: str, before: str) -> None:
    text = f"{before}{word}. go"
    begin = max([0, *(span.start for span in sentences(text[:-4]))])
    shortened = _SHORTENED.search(text, begin, len(text) - 3) is not None
    assert (sentences(text)[-1].start < len(text) - 4) is shortened


@given(st.text(max_size=2000))
def test_sentences_follow_one_another_and_are_bounded(text: str) -> None:
    spans = sentences(text)
    assert all(0 < span.end - span.start <= 700 for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))


@given(st.text(_CHARACTERS, max_size=20) | st.text(_LATIN_1, max_size=20) | st.text('.!?…a"', max_size=12))
def test_finds_what_a_plain_pattern_finds(text: str) -> None:
    assert endings(text) == [match.span() for match in _END.finditer(text)]


@pytest.mark.parametrize("text", ["." * 100_000 + "b", '."' * 50_000 + "b", "…." * 50_000 + "b"])
def test_takes_no_longer_for_each_the_more_there_are(text: str) -> None:
    assert len(endings(text)) <= 2
