"""Disguised links, wherever in a text they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.links.written import packaged_links
from services.policy.gate.text import NormalisedText

pytestmark = pytest.mark.req("R-POLICY-2")

FILLER = "ja gut, " * 60
LONGEST = " [ punkt ] ".join(letter * 63 for letter in "wxyz") + "  [* dot *]  com  slash  " + "e" * 60
UNDOTTED = "www     " + ".".join(letter * 63 for letter in "wxyz") + "  [* dot *]  com"
DISGUISED = [
    "rossi-legno dot com",
    "rossi punto com",
    "www rossi it",
    "rossi . com",
    "rossi (dot) net",
    "mobili . rossi-1 . shop",
    "support . rossi . click . com",
    "uno . due . my . com",
    "uno . my . com",
    "rossi . dot . com",
    "rossi [.] shop ,com",
    "rossi-1 dot dot com / sedie",
    "rossiドットコム",
    "ends in .com",
    "vu vu vu rossi",
    LONGEST,
    f"www . {LONGEST}",
    UNDOTTED,
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


@pytest.mark.parametrize("link", [LONGEST, UNDOTTED])
def test_knows_all_of_a_long_one(link: str) -> None:
    assert find(f"{FILLER}{link} \n{FILLER}") == [(link, True)]


@pytest.mark.parametrize("size", range(190, 260))
def test_takes_no_part_of_a_word_for_an_ending(size: int) -> None:
    assert find(f"ciao .\n{FILLER[-size:]}perfetto. come va, compri,comodo") == []


CUT = [",come va", ". come va", "。comit", "x\x1fdot\x1fcom", " dot dot ", " .", "com", "/"]
PIECES = st.sampled_from([*DISGUISED, *HARMLESS, *CUT]) | st.integers(0, 250).map(lambda size: FILLER[:size])


@given(st.lists(PIECES, max_size=8).map("".join).map(NormalisedText))
def test_finds_what_a_plain_scan_finds(passage: NormalisedText) -> None:
    links, text = packaged_links(), passage.folded
    around = [match.span() for match in links._around_dots(text)]  # noqa: SLF001  # what is around goes by one pattern
    assert around == [match.span() for match in links._scan(text, 0, len(text))]  # noqa: SLF001  # see above


@given(st.lists(st.sampled_from([*DISGUISED, *HARMLESS]), max_size=6))
def test_what_is_around_makes_no_difference(said: list[str]) -> None:
    apart = [link for one in said for link in find(f"\n{one} \n")]
    assert find("".join(f"\n{one} \n{FILLER}" for one in said)) == apart
