import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import html
from services.delivery.mail.refusal import Refusal

pytestmark = pytest.mark.req("R-MAIL-5")


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ('<p onclick="x()">a</p>', "<p>a</p>"),
        ("a<script>alert(1)</script>b", "ab"),
        ("<style>p{display:none}</style><p>a</p>", "<p>a</p>"),
        ('<div style="display:none">hidden</div>', "<div>hidden</div>"),
        ('<span style="color:#fff;font-size:0;font-weight:bold">x</span>', '<span style="font-weight:bold">x</span>'),
        ('<img src="https://track.example/p.gif" width="1" height="1">', ""),
        ('<img src="https://shop.example/logo.png" alt="Our <logo>">', "Our &lt;logo&gt;"),
        ('<img src="data:image/png;base64,xx" alt="x">', "x"),
        ('<img src="cid:a@b" alt="x">', '<img src="cid:a@b" alt="x">'),
        ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
        (
            '<a href="https://shop.example/" onmouseover="x">x</a>',
            '<a href="https://shop.example/" rel="noopener noreferrer nofollow">x</a>',
        ),
        ('<a href="/relative">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
        ('<form action="https://x.example"><input name="card"><button>Pay</button></form>', "Pay"),
        ('<iframe src="https://x.example"></iframe><object data="x"></object><embed src="x">', ""),
        ('<link rel="stylesheet" href="https://x.example/a.css"><meta http-equiv="refresh" content="0">x', "x"),
        ('<td background="https://x.example/a.png">x</td>', "x"),
        ('<div style="background:url(https://x.example/a.png)">x</div>', "<div>x</div>"),
        ("<!-- secret --><!--[if mso]>office<![endif]-->x", "x"),
        ('<video src="https://x.example"></video><audio src="x"></audio><svg><script>1</script></svg>x', "x"),
        ("a &lt;b&gt; &amp; c&nbsp;d", "a &lt;b&gt; &amp; c&nbsp;d"),
        ("<p>unclosed <b>both", "<p>unclosed <b>both</b></p>"),
        ("<base href='https://x.example/'><p>x</p>", "<p>x</p>"),
        ('<div class="gmail_quote secret">x</div>', '<div class="quoted">x</div>'),
        ('<div id="divRplyFwdMsg">x</div>', '<div id="quoted-tail">x</div>'),
        ('<blockquote type="cite">x</blockquote>', '<blockquote type="cite">x</blockquote>'),
        ('<div class="secret" id="me">x</div>', "<div>x</div>"),
    ],
)
def test_only_what_is_safe_stays(source: str, clean: str) -> None:
    assert html.sanitise(source) == clean


def test_only_pictures_that_came_along_stay() -> None:
    assert html.sanitise('<img src="cid:a"><img src="cid:b" alt="B">', {"a"}) == '<img src="cid:a">B'


_PIECES = [
    "<",
    ">",
    "<div",
    "</div>",
    '"',
    "'",
    " style=",
    "display:none",
    "<img src=",
    "cid:x",
    "https://x.example",
    "<a href=",
    "&#64;",
    "javascript:",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "<svg>",
    "<math>",
    "<table>",
    "<td>",
    "text ",
    "\0",
    "=",
    "/",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=40))
def test_a_second_pass_changes_nothing_and_nothing_remote_is_left(pieces: list[str]) -> None:
    clean = html.sanitise("".join(pieces))
    assert html.sanitise(clean) == clean
    assert "<script" not in clean
    assert 'src="https' not in clean


@pytest.mark.parametrize("source", ["<div>" * 3_000, "x" * 1_000_001])
def test_html_beyond_bounds_is_refused(source: str) -> None:
    with pytest.raises(Refusal):
        html.sanitise(source)


def test_a_document_names_its_language() -> None:
    assert html.write_document("<p>x</p>", "it").count('<html lang="it">') == 1


def test_text_of_foreign_html() -> None:
    assert html.read_text("<style>x</style><p>a</p><ul><li>b<li>c</ul>") == "a\n\n- b\n- c"
