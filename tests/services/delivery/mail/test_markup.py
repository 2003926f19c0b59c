import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import html, markup

pytestmark = pytest.mark.req("R-MAIL-5")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("a  \n b", "a b"),
        ("<pre>a  b\n c</pre>", "a  b\n c"),
        ("<blockquote>q<blockquote>r</blockquote></blockquote>s", "> q\n> >\n> > r\n\ns"),
        ('<a href="https://x.example/y">here</a>', "here <https://x.example/y>"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ('<img src="cid:x" alt="picture">', "picture"),
        ("a<hr>b", "a\n--------------------\nb"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ("<b>a</b><i>b</i> c", "ab c"),
    ],
)
def test_html_as_text(source: str, text: str) -> None:
    lines = [line.rstrip() for line in markup.write_text(source).split("\n")]
    assert "\n".join(lines) == text


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a < b & c", "<div>a &lt; b &amp; c</div>"),
        ("a\n\nb", "<div>a<br><br>b</div>"),
        (
            "a\n> q\n>> r\nb",
            '<div>a<blockquote class="quoted">q<blockquote class="quoted">r</blockquote></blockquote>b</div>',
        ),
        ("  x   y", "<div>\u00a0\u00a0x \u00a0 y</div>"),
    ],
)
def test_text_as_html(text: str, source: str) -> None:
    assert markup.write_html(text) == source


_LINE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda line: ">" not in line
)


@given(st.lists(_LINE, min_size=1, max_size=6))
def test_text_survives_the_way_to_html_and_back(lines: list[str]) -> None:
    text = "\n".join(lines)
    written = markup.write_html(text)
    assert html.sanitise(written) == written
    assert markup.write_text(written) == text


@given(st.text(alphabet='<>"=/ab &;', max_size=60))
def test_tokens_cover_all_of_the_source(text: str) -> None:
    source = html.sanitise(text)
    tokens = list(markup.read_tokens(source))
    assert "".join(source[token.start : token.end] for token in tokens) == source
