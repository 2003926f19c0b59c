import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import bodies, charsets, encoding, headers
from services.delivery.mail.headers import Mailbox

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-5")

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
_PLAIN = st.text(alphabet="ab .=\t\nFrom é", max_size=400)


@given(_TEXT | _PLAIN)
def test_text_reads_back_as_it_was_written(text: str) -> None:
    transfer, content = encoding.encode_text(text)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 78
    assert content.isascii()
    read = charsets.normalise_lines(bodies.decode_transfer(content, transfer).decode("utf-8"))
    assert read == charsets.normalise_lines(text.replace("\ufeff", "", 1) if text.startswith("\ufeff") else text)


@pytest.mark.parametrize(
    ("text", "transfer"),
    [
        ("plain\ntext", "7bit"),
        ("From here", "quoted-printable"),
        (".", "quoted-printable"),
        ("trailing \n", "quoted-printable"),
        ("x" * 100, "quoted-printable"),
        ("Grüße aus der Stadt an alle", "quoted-printable"),
        ("ご注文の件", "base64"),
        ("", "7bit"),
    ],
)
def test_the_encoding_that_is_chosen(text: str, transfer: str) -> None:
    assert encoding.encode_text(text)[0] == transfer


@given(st.binary(max_size=500))
def test_octets_read_back(content: bytes) -> None:
    written = encoding.encode_octets(content)
    assert binascii.a2b_base64(written) == content
    assert all(len(line) <= 76 for line in written.split(b"\r\n"))


@given(st.text(max_size=150), st.sampled_from(["a@b.example", "jörg@exämple.example"]))
def test_a_mailbox_reads_back(name: str, address: str) -> None:
    field = encoding.write_mailbox_field("From", name, address)
    assert all(len(line.encode()) <= 998 and line.strip() for line in field.split("\r\n"))
    (box,) = headers.read_mailboxes(field.removeprefix("From:"))
    assert box == Mailbox(" ".join(box.name.split()) if not box.name else box.name, address)
    assert box.name.split() == encoding.one_line(name).split()


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y", "a\nb", "a\0b", "a\u2028b", "a\x0bb"])
def test_a_value_cannot_begin_a_field_of_its_own(value: str) -> None:
    for field in (
        encoding.write_text_field("Subject", value),
        encoding.write_mailbox_field("From", value, "a@b.example"),
        encoding.write_parameter("filename", value),
    ):
        assert all(not line or line[0] in " S;F" for line in field.split("\r\n"))
        assert "\r\nBcc" not in field


@given(st.text(max_size=300))
def test_encoded_words_are_short_and_whole(text: str) -> None:
    words = encoding.encode_words(text)
    assert all(len(word) <= 75 for word in words)
    clean = (
        charsets.normalise_lines(text.encode("utf-8", "ignore").decode()) if max(text, default="") >= "\ud800" else text
    )
    assert charsets.normalise_lines(headers.decode_words(" ".join(words))) == charsets.normalise_lines(clean)
