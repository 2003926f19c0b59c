"""Disguised links, wherever in a text they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.links.written import packaged_links
from services.policy.gate.text import NormalisedText

pytestmark = pytest.mark.req("R-POLICY-2")

FILLER = "ja gut, " * 60
LONGEST = ".".join(letter * 63 for letter in "abcd") + " punto com slash " + "e" * 60
DISGUISED = [
    "rossi-legno dot com",
    "rossi punto com",
    "www rossi it",
    "rossi . com",
    "rossi (dot) net",
    "rossi [.] shop ,com",
    "rossi-1 dot dot com / sedie",
    "rossiドットコム",
    "ends in .com",
    "vu vu vu rossi",
    LONGEST,
]
HARMLESS = ["Grazie. Come va?", "no ... ok", "at this point it is", "3 . 4", "(point)", "foo@bar", "\n", "。"]


def find(text: str) -> list[tuple[str, bool]]:
    """Return what links stand in a text, in order, and whether each is disguised."""
    passage = NormalisedText(text)
    return [(passage.text[link.start : link.end], link.disguised) for link in packaged_links().find(passage, text)]


@pytest.mark.parametrize("link", DISGUISED)
def test_knows_a_disguised_link_far_inside_a_text(link: str) -> None:
    alone = find(f" {link} \n")
    assert [disguised for _, disguised in alone] == [True] * len(alone)
    assert alone
    assert find(f"{FILLER} {link} \n{FILLER}") == alone


def test_knows_all_of_a_long_one() -> None:
    assert find(f"{FILLER}{LONGEST} \n{FILLER}") == [(LONGEST, True)]


@given(st.lists(st.sampled_from([*DISGUISED, *HARMLESS]), max_size=6))
def test_what_is_around_makes_no_difference(said: list[str]) -> None:
    apart = [link for one in said for link in find(f"\n{one} \n")]
    assert find("".join(f"\n{one} \n{FILLER}" for one in said)) == apart
