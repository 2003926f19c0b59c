import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import charsets

pytestmark = pytest.mark.req("R-MAIL-1")


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("ISO-2022-JP", "iso2022_jp", "ご注文の件"),
        ("Shift_JIS", "cp932", "①㈱こんにちは"),
        ("euc-jp", "euc_jp", "こんにちは"),
        ("gb2312", "gb18030", "您好\uff0c訂單€"),
        ("ks_c_5601-1987", "cp949", "안녕하세요 똠"),
        ("big5", "big5", "您好"),
        ("windows-1252", "cp1252", "€ “quoted” \u2013 ß"),
        ("iso-8859-1", "cp1252", "€ “quoted”"),
        ("iso-8859-15", "iso8859_15", "€ œuvre"),
        ("windows-1251", "cp1251", "Здравствуйте"),
        ("KOI8-R", "koi8_r", "Здравствуйте"),
        ("utf-7", "utf-7", "Grüße"),
        ('"utf-8"', "utf-8", "Grüße"),
        ("x-unknown", "utf-8", "Grüße"),
        (None, "utf-8", "Grüße"),
        (None, "iso2022_jp", "ご注文の件"),
        ("us-ascii", "utf-8", "Grüße"),
        ("us-ascii", "cp1252", "Grüße"),
        (None, "cp1252", "déjà vu à l'été"),
        ("utf-8", "cp1252", "Straße, Größe"),
        ("iso-8859-1", "utf-8", "Perché città"),
        (None, "cp932", "ご注文の件ですが、まだ届いていません。"),
        (None, "euc_jp", "ご注文の件ですが、まだ届いていません。"),
        (None, "koi8_r", "Здравствуйте, где мой заказ? Прошу ответить."),
        (None, "gb18030", "您好\uff0c我的订单还没有到\uff0c请问什么时候发货"),
        ("utf-8", "cp1251", "Здравствуйте, где мой заказ? Прошу ответить."),
    ],
)
def test_text_comes_through_whatever_is_declared(charset: str | None, encoding: str, text: str) -> None:
    assert charsets.decode(text.encode(encoding), charset) == text


@pytest.mark.parametrize(
    "charset", ["rot13", "zlib", "unicode_escape", "idna", "punycode", "base64", "x" * 500, "\0", "", None]
)
def test_what_is_no_charset_is_not_used(charset: str | None) -> None:
    assert charsets.find_codec(charset) is None


@given(
    st.binary(max_size=200),
    st.sampled_from(["utf-8", "ascii", "iso-8859-1", "shift_jis", "gb2312", "utf-16", "x", None]),
)
def test_any_octets_give_characters_that_can_be_written_again(content: bytes, charset: str | None) -> None:
    text = charsets.normalise_lines(charsets.decode(content, charset))
    assert text.encode("utf-8").decode("utf-8") == text
    assert not set(text) & set("\r\0\x1b")


@given(st.binary(max_size=100))
def test_no_octet_is_lost_without_a_charset(content: bytes) -> None:
    visible = bytes(octet for octet in content if octet > 0x1F)
    assert len(charsets.decode(visible, None)) >= len(visible) / 4


def test_a_stray_octet_does_not_spoil_the_rest() -> None:
    assert charsets.decode("Grüße an alle, schöne Öfen ".encode() + b"\xfc", "utf-8") == "Grüße an alle, schöne Öfen ü"


def test_line_ends_become_one_kind() -> None:
    assert charsets.normalise_lines("\ufeffa\r\nb\rc\nd\0e") == "a\nb\nc\nde"
