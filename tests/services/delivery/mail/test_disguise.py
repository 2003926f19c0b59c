import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import disguise, html

pytestmark = pytest.mark.req("R-MAIL-1")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("PLAIN", "plain"),
        ("a&#64;b", "a@b"),
        ("a&#x40;b&commat;c", "a@b@c"),
        ("a&amp;#64;b", "a@b"),
        ("a%40b%2540c", "a@b@c"),
        ("a\\u0040b", "a@b"),
        ("a\u00ad\u200b&shy;b", "a\u200bb"),
        ("\uff21\uff22\uff20\uff43\uff0e\uff44", "ab@c.d"),
        ("&#37;40", "@"),
        ("&nosuch; 5% &", "&nosuch; 5% &"),
        ("İ", "i\u0307"),
        ("\U0001d41a\U0001d41b", "ab"),
    ],
)
def test_disguises_are_undone(text: str, bare: str) -> None:
    assert disguise.bare_text(text).text == bare


@given(st.text(max_size=80))
def test_each_character_knows_its_place(text: str) -> None:
    bare = disguise.bare_text(text)
    spans = bare.spans(0, len(bare.text))
    assert len(spans) == len(bare.text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert list(spans) == sorted(spans)


@given(st.text(alphabet="ab<b></i>&lt;\u200b", max_size=60))
def test_places_in_html_lie_in_text(text: str) -> None:
    source = html.sanitise(text)
    bare = disguise.bare_html(source)
    assert all(start <= end <= len(source) for start, end in bare.spans(0, len(bare.text)))
