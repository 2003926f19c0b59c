# ruff: noqa: RUF001  # Japanese numerals are what is tested
"""Clusters of what may be digits: found in one pass, the same as plain patterns find."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.contact import clusters

pytestmark = pytest.mark.req("R-POLICY-2")

WORTH = {"one": 1, "zwanzig": 2, "i": 1, "número": 1, "double": 255, "dann": 1, "no": 0, "a1": 2, "00": 3}
WORTH |= {"〇": 1, "九": 1, "十": 2, "に": 1, "にー": 1, "きゅう": 1, "し": 1, "しち": 1, "ゼロ": 1, "次": 1}
JOINING = ["double", "dann", "次"]
NUMERALS = ["〇", "九", "に", "にー", "きゅう", "し", "しち", "ゼロ"]
_KANA = "きゅう|にー|しち|ゼロ|に|し"
_UNPARTED = re.compile(rf"[0-9a-zß-ɏ]+|[〇九]|{_KANA}")
_PARTED = re.compile(rf"[0-9a-zß-ɏ]+|[〇九一-鿿]|{_KANA}|[ぁ-ねは-ゖァ-ネハ-ヺ]")
_CHARACTERS = "019azéßɏÞɐ÷²１〇九十龥\u9fff\ua000○◯●にーきゅうしちゼロぁのねはゖァネノハヺー。次 -\n€🙂"
_TEXTS = st.lists(
    st.sampled_from([*_CHARACTERS, *WORTH, "word", "a1b2", "zwanzig1", "123", "123456789", "x" * 40]), max_size=30
).map("".join)


def _weigh(token: str) -> int:
    """Find some tokens of letters and figures worth something."""
    return len(re.sub(r"\D", "", token)) if token[0] in "0123456789" else 0


def _worth(token: str) -> int:
    if WORTH.get(token):
        return WORTH[token]
    if token.isdigit():
        return len(token)
    return _weigh(token) if re.search("[0-9]", token) else 0


def _plainly_found(text: str, least: int, *, parted: bool) -> clusters.Found:
    groups: list[list[re.Match[str]]] = [[]]
    tokens = list((_PARTED if parted else _UNPARTED).finditer(text))
    for token in tokens:
        if _worth(token.group()):
            groups[-1].append(token)
        else:
            groups.append([])
    spans = [
        (group[0].start(), group[-1].end())
        for group in groups
        if group and sum(_worth(token.group()) for token in group) >= least
    ]
    return clusters.Found(
        spans,
        sum(_worth(token.group()) for token in tokens),
        any(token.group() in JOINING for token in tokens),
        any(token.group()[0] > "\u024f" for token in tokens),
    )


@given(text=_TEXTS, least=st.integers(0, 12), parted=st.booleans())
def test_finds_what_plain_patterns_find(text: str, least: int, parted: bool) -> None:  # noqa: FBT001  # what is drawn
    finder = clusters.Clusters(WORTH, JOINING, NUMERALS, _weigh)
    assert finder.find(text, least, parted=parted) == _plainly_found(text, least, parted=parted)


def test_asks_of_words_of_letters_and_figures_only() -> None:
    asked: list[str] = []

    def weigh(token: str) -> int:
        asked.append(token)
        return 0

    clusters.Clusters(WORTH, JOINING, NUMERALS, weigh).find("one 12 b07 é÷ ÷1 次 word a1", 6, parted=True)
    assert asked == ["b07", "÷1"]


def test_nothing_need_be_known() -> None:
    found = clusters.Clusters({}, [], [], lambda _: 0).find("123 456 に 7", 6, parted=True)
    assert found == ([(0, 7)], 7, False, True)
