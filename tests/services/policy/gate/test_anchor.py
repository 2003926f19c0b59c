import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.policy.gate.anchor import read_anchors
from services.policy.gate.lexicon import expression, read_words
from services.policy.gate.rule import LANGUAGES
from services.policy.gate.spotting import Codes, Spotter
from services.policy.gate.tongues import list_small_words

pytestmark = pytest.mark.req("R-POLICY-2")

GATE = Path("services/policy/gate").resolve()
COMMON = frozenset({"you", "the"})


def read(entry: str, language: str = "en") -> list[tuple[str, str]] | None:
    anchors = read_anchors(expression([entry], language), COMMON, spaced=language != "ja")
    return None if anchors is None else [(anchor.text, anchor.kind) for anchor in anchors]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("coupon", [("coupon", "whole")]),
        ("coupon*", [("coupon", "begun")]),
        ("the gift card", [("gift", "whole")]),
        ("you the", [("you", "whole")]),
        ("(five|5) star reviews", [("reviews", "whole")]),
        ("(gift|promo)card*", [("giftcard", "begun"), ("promocard", "begun")]),
        ("leave .. review", [("review", "whole")]),
        (r"(\w+ ){0,3}(refund|money)", [("refund", "whole"), ("money", "whole")]),
        (r"\w*card", None),
        (r"\d+ ?%", None),
        ("(?i:Coupon)", None),
        ("foo(?:-?)+bar", [("foobar", "whole"), ("foo", "whole")]),
        (r"x\pLy", None),
        ("[[:alpha:]]y", None),
        ("x[^[:digit:]]foo bar", None),
        ("foo[a[:digit:]]bar", None),
        ("colou?r", [("color", "whole"), ("colour", "whole")]),
    ],
)
def test_reads_what_a_match_must_hold(entry: str, expected: list[tuple[str, str]] | None) -> None:
    assert read(entry) == expected


def test_reads_german_umlauts_written_either_way() -> None:
    assert read("prämie", "de") == [("pramie", "whole"), ("praemie", "whole")]


def test_japanese_stands_anywhere() -> None:
    assert read("割引 .. クーポン", "ja") == [("クーポン", "anywhere")]
    assert read(r"\b割引", "ja") == [("割引", "anywhere")]


def test_nothing_is_read_of_patterns_with_too_many_ways() -> None:
    assert read("(a|b|c|d|e|f|g|h|i|j|k|l)(a|b|c|d|e|f|g|h|i|j|k|l)(a|b|c|d|e|f|g|h|i|j|k|l)") is None


@cache
def entries(language: str) -> list[str]:
    """Return all entries of the packaged lists of a language."""
    lists = [
        read_words(GATE / "words" / f"{language}.toml"),
        read_words(GATE / "detectors" / "composition.toml")[language],
    ]
    for path in sorted((GATE / "rules").glob("*.toml")):
        tables = read_words(path)["detectors"]
        lists += [
            table["words"][language]
            for table in tables
            if language in table.get("words", {}) and table["use"] == "phrase"
        ]
    return sorted(set(chain.from_iterable(chain.from_iterable(one.values()) for one in lists)))


@pytest.mark.no_cover  # what is asked here is about word lists, not about lines
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_text_that_matches_an_entry_holds_one_of_its_anchors(language: str, data: st.DataObject) -> None:
    pattern = expression([data.draw(st.sampled_from(entries(language)))], language)
    anchors = read_anchors(pattern, list_small_words(language), spaced=language != "ja")
    if anchors is None:
        return
    before, after = (data.draw(st.sampled_from(["", " ", "a", "日", "1", "'", "x-"])) for _ in range(2))
    # hypothesis asks Python's own engine, which may take for ever over what is repeated ten times.
    fewer = re.sub(r"\{0,([3-9]|\d\d)\}", "{0,2}", pattern)
    text = before + data.draw(st.from_regex(fewer, fullmatch=True)) + after
    if re2.search(pattern, text):
        assert Spotter((anchor, 0) for anchor in anchors).find(Codes(text), 0) >= 0


@pytest.mark.parametrize("pattern", [r"\bfoo(?:-?)+bar\b", r"\bfoo(?: ?){1,3}bar\b", r"\bfoo(?: |-)?bar\b"])
def test_what_is_repeated_may_be_nothing(pattern: str) -> None:
    anchors = read_anchors(pattern, COMMON, spaced=True)
    assert anchors is not None
    assert Spotter((anchor, 0) for anchor in anchors).find(Codes("foobar"), 0) == 0
