"""What the gate sees of an HTML body, and where in the source it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.html import read

pytestmark = pytest.mark.req("R-MAIL-5", "R-POLICY-2")


def _visible(source: str, *, quotes: bool = False) -> str:
    return read(source, quotes=quotes).visible.text


def test_inline_tags_do_not_break_words_but_blocks_do() -> None:
    assert _visible("<p>34<b>7</b>9</p><p>x&amp;y&nbsp;z</p>") == "3479\nx&y\xa0z\n"


def test_positions_are_those_of_the_source() -> None:
    source = "<div>\n  call <i>347</i>&nbsp;12</div>"
    view = read(source, quotes=False)
    at = view.visible.text.index("347")
    start, end = view.visible.map.start(at), view.visible.map.end(at + 6)
    assert source[start:end] == "347</i>&nbsp;12"


@pytest.mark.parametrize(
    "hiding",
    ['style="display: none"', 'style="font-size:0"', "hidden", 'style="visibility:hidden"', 'style="mso-hide:all"'],
)
def test_hidden_text_is_apart_and_does_not_break_visible_words(hiding: str) -> None:
    view = read(f"<p>34<span {hiding}>secret</span>79</p>", quotes=False)
    assert view.visible.text.strip() == "3479"
    assert "secret" in view.hidden.text


def test_alternative_texts_are_hidden_text() -> None:
    assert "call 347" in read('<img alt="call 347" src="cid:a">', quotes=False).hidden.text


@pytest.mark.parametrize(
    "quote",
    [
        '<blockquote type="cite">old</blockquote>',
        '<div class="gmail_quote">old<div>old</div></div>',
        '<div id="divRplyFwdMsg"></div><p>old</p>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt">old</div><p>old</p>',
    ],
)
def test_quoted_messages_are_left_out_of_replies_only(quote: str) -> None:
    source = f"<p>new</p>{quote}"
    assert "old" not in _visible(source, quotes=True)
    assert "old" in _visible(source, quotes=False)


def test_notes_links_with_what_they_show_and_whether_an_image_carries_them() -> None:
    links = read('<a href="https://a.com/?x=1&amp;y=2">b.com</a><a href="c:"><img src="cid:i"></a>', quotes=False).links
    assert [(link.target, link.text, link.image) for link in links] == [
        ("https://a.com/?x=1&y=2", "b.com", False),
        ("c:", "", True),
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [("a <3 b", "a <3 b"), ("a <b c", "a <b c"), ("<p", "<p"), ('<a href="x>y', "y"), ("<!-- x", "<!-- x")],
)
def test_what_is_broken_is_text(source: str, text: str) -> None:
    assert _visible(source) == text


@given(st.text(alphabet="<>/ab=\"' !-&;#1\n", max_size=120))
def test_never_fails_and_stays_within_the_source(source: str) -> None:
    view = read(source, quotes=True)
    for spot in (*view.active, *view.remote, *view.images):
        assert 0 <= spot.start <= spot.end <= len(source)
