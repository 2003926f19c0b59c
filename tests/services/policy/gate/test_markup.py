"""Tags, comments and text of an HTML source, and what is broken in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.markup import pieces, read_tag

pytestmark = pytest.mark.req("R-MAIL-5", "R-POLICY-2")

_PARTS = ["<", "</", ">", "<!--", "-->", "<!", "<a ", "<p>", "<style>", "</style", "=", '"', "'", " ", "b", "x=1"]


@given(st.lists(st.sampled_from(_PARTS), max_size=20).map("".join))
def test_pieces_make_up_the_source(source: str) -> None:
    assert "".join(text + markup for text, markup in pieces(source)) == source


@given(st.lists(st.sampled_from(_PARTS), max_size=20).map("".join))
def test_every_tag_is_read_to_its_end(source: str) -> None:
    tags = [markup for _, markup in pieces(source) if markup and markup[1] not in "!?"]
    assert [read_tag(tag).end for tag in tags] == [len(tag) for tag in tags]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a<p>b</p>c", [("a", "<p>"), ("b", "</p>"), ("c", "")]),
        ("1 < 2 <3", [("1 < 2 <3", "")]),
        ("a<!-- <p> -->b<!doctype x>", [("a", "<!-- <p> -->"), ("b", "<!doctype x>"), ("", "")]),
        ("a<!-- <p> b", [("a", "<!-- <p> b"), ("", "")]),
        ("a<!-- b", [("a<!-- b", "")]),
        ("<p>a<a =x>b</p>", [("", "<p>"), ("a<a =x>b</p>", "")]),
        ("<p>a<b c", [("", "<p>"), ("a<b c", "")]),
        ("<Style a>p<b></style>c", [("", "<Style a>p<b>"), ("", "</style>"), ("c", "")]),
        ("<styles>a</styles>", [("", "<styles>"), ("a", "</styles>"), ("", "")]),
        ('<a b="x>y">z', [("", '<a b="x>y">'), ("z", "")]),
    ],
)
def test_parts_text_from_markup(source: str, expected: list[tuple[str, str]]) -> None:
    assert list(pieces(source)) == expected


def test_reads_names_values_and_places() -> None:
    written = "<A HREF='x&amp;y' b = c/d \">"
    tag = read_tag(written)
    assert (tag.name, tag.closing, tag.raw) == ("a", False, "")
    assert [(one.name, one.value) for one in tag.attributes] == [("href", "x&y"), ("b", "c/d"), ('"', "")]
    first = tag.attributes[0]
    assert (written[first.start : first.end], written[first.at :][:7]) == ("HREF='x&amp;y'", "x&amp;y")
    assert read_tag("<script src=a>1 < 2").raw == "1 < 2"
