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


def read(entry: str, language: str = "en") -> list[list[tuple[str, str]]]:
    anchors = read_anchors(expression([entry], language), COMMON, spaced=language != "ja")
    return [[(anchor.text, anchor.kind) for anchor in held] for held in anchors]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("coupon", [[("coupon", "whole")]]),
        ("coupon*", [[("coupon", "begun")]]),
        ("the gift card", [[("gift", "whole")], [("card", "whole")]]),
        ("you the", [[("you", "whole")]]),
        ("go up", [[("go", "whole")], [("up", "whole")]]),
        ("x ray", [[("ray", "whole")]]),
        ("(five|5) star reviews", [[("reviews", "whole")], [("star", "whole")]]),
        ("(gift|promo)card*", [[("giftcard", "begun"), ("promocard", "begun")]]),
        ("leave .. review", [[("review", "whole")], [("leave", "whole")]]),
        (r"(\w+ ){0,3}(refund|money)", [[("refund", "whole"), ("money", "whole")]]),
        (
            r"(\w+ ){0,3}(refund|money) (back|soon|now)",
            [[("refund", "whole"), ("money", "whole")], [("back", "whole"), ("soon", "whole"), ("now", "whole")]],
        ),
        ("b[aeiouy\\d]r", [[*((f"b{letter}r", "whole") for letter in "aeiouy"), ("b", "whole")]]),
        (r"\w*card", []),
        (r"\d+ ?%", []),
        ("(?i:Coupon)", []),
        ("foo(?:-?)+bar", [[("foobar", "whole"), ("foo", "whole")]]),
        (r"x\pLy", []),
        ("[[:alpha:]]y", []),
        ("x[^[:digit:]]foo bar", []),
        ("foo[a[:digit:]]bar", []),
        ("colou?r", [[("color", "whole"), ("colour", "whole")]]),
    ],
)
def test_reads_what_a_match_must_hold(entry: str, expected: list[list[tuple[str, str]]]) -> None:
    assert read(entry) == expected


def test_reads_german_umlauts_written_either_way() -> None:
    assert read("prämie", "de") == [[("pramie", "whole"), ("praemie", "whole")]]


def test_japanese_stands_anywhere() -> None:
    assert read("割引 .. クーポン", "ja") == [[("クーポン", "anywhere")]]
    assert read(r"\b割引", "ja") == [[("割引", "anywhere")]]


def test_little_is_read_of_patterns_with_too_many_ways() -> None:
    letters = "abcdefghijkl"
    # Of twelve by twelve, and by twelve, only the first twelve are told.
    assert read("".join(f"({'|'.join(letters)})" for _ in range(3))) == [[(letter, "begun") for letter in letters]]
    assert read("[a-z][a-z]x") == []


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
def test_every_text_that_matches_an_entry_holds_one_of_each_of_its_anchors(language: str, data: st.DataObject) -> None:
    pattern = expression([data.draw(st.sampled_from(entries(language)))], language)
    anchors = read_anchors(pattern, list_small_words(language), spaced=language != "ja")
    before, after = (data.draw(st.sampled_from(["", " ", "a", "日", "1", "'", "x-"])) for _ in range(2))
    # hypothesis asks Python's own engine, which may take for ever over what is repeated ten times.
    fewer = re.sub(r"\{0,([3-9]|\d\d)\}", "{0,2}", pattern)
    text = before + data.draw(st.from_regex(fewer, fullmatch=True)) + after
    if re2.search(pattern, text):
        for held in anchors:
            assert Spotter((anchor, 0) for anchor in held).find(Codes(text), 0) >= 0


@pytest.mark.parametrize("pattern", [r"\bfoo(?:-?)+bar\b", r"\bfoo(?: ?){1,3}bar\b", r"\bfoo(?: |-)?bar\b"])
def test_what_is_repeated_may_be_nothing(pattern: str) -> None:
    (anchors,) = read_anchors(pattern, COMMON, spaced=True)
    assert Spotter((anchor, 0) for anchor in anchors).find(Codes("foobar"), 0) == 0
