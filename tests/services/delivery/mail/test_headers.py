import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import encoding, headers
from services.delivery.mail.headers import Mailbox

pytestmark = pytest.mark.req("R-MAIL-1")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=", "Grüße"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?= c", "ab c"),
        ("=?utf-8?Q?a?= c =?utf-8?Q?b?=", "a c b"),
        ("=?ISO-2022-JP?B?GyRCJCQkbSRPGyhC?=", "いろは"),
        ("=?utf-8*en?Q?lang?=", "lang"),
        ("=?utf-8?Q?with blank?=", "with blank"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?nonsense?Q?x=41?=", "xA"),
        ("=?utf-8?X?odd?=", "=?utf-8?X?odd?="),
        ("folded\r\n here", "folded here"),
        ("8-bit Grü\udcc3\udc9fe".replace("ü", "\udcc3\udcbc"), "8-bit Grüße"),
        ("latin1 \udcfc", "latin1 ü"),
    ],
)
def test_text_of_a_field(raw: str, text: str) -> None:
    assert headers.read_text(raw) == text


@given(st.text(max_size=300))
def test_an_encoded_subject_reads_back(text: str) -> None:
    line = encoding.write_text_field("Subject", text)
    assert all(len(part) <= 998 for part in line.split("\r\n"))
    assert headers.read_text(line.removeprefix("Subject:")).split() == encoding.one_line(text).split()


@pytest.mark.parametrize(
    ("raw", "boxes"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("Anna <a@b.example>", [("Anna", "a@b.example")]),
        ('"Bianchi, Anna" <a@b.example>, c@d.example', [("Bianchi, Anna", "a@b.example"), ("", "c@d.example")]),
        ('"a@x.example" <a@b.example>', [("a@x.example", "a@b.example")]),
        ("a@b.example (Anna B.)", [("Anna B.", "a@b.example")]),
        ("=?utf-8?Q?J=C3=B6rg?= <j@b.example>", [("Jörg", "j@b.example")]),
        ('"=?utf-8?Q?J=C3=B6rg?=" <j@b.example>', [("Jörg", "j@b.example")]),
        ("Friends: a@b.example, c@d.example;", [("", "a@b.example"), ("", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.example:a@b.example>", [("", "a@b.example")]),
        ("Pete(A nice \\) chap) <pete(his account)@silly.example(his host)>", [("Pete", "pete@silly.example")]),
        ("Anna <a@b.example> <c@d.example>", [("Anna", "a@b.example"), ("", "c@d.example")]),
        ("Anna\r\n <a@b.example>", [("Anna", "a@b.example")]),
        ("Anna <a@b.example", [("Anna", "a@b.example")]),
        ('"Anna <a@b.example>', []),
        ("jöhn@exämple.example", [("", "jöhn@exämple.example")]),
        ("", []),
        ("Anna", []),
    ],
)
def test_mailboxes(raw: str, boxes: list[tuple[str, str]]) -> None:
    assert headers.read_mailboxes(raw) == tuple(Mailbox(*box) for box in boxes)


@given(st.text(alphabet='ab@.<>"(),;: \\=?', max_size=80))
def test_any_field_is_read_without_error(raw: str) -> None:
    for box in headers.read_mailboxes(raw):
        assert isinstance(box.address, str)


def test_mailboxes_are_bounded() -> None:
    assert len(headers.read_mailboxes("a@b.example, " * 5000)) == headers.MAX_MAILBOXES


@pytest.mark.parametrize(
    ("raw", "identifiers"),
    [
        ("<a@b>", ("<a@b>",)),
        ("<a@b>\r\n\t<c@d> <a@b>", ("<a@b>", "<c@d>")),
        ("a@b", ("<a@b>",)),
        ("< a@b >", ("<a@b>",)),
        ("Your message of Monday", ()),
        (f"<{'x' * 600}@b>", ()),
    ],
)
def test_identifiers(raw: str, identifiers: tuple[str, ...]) -> None:
    assert headers.read_identifiers(raw) == identifiers


def test_the_latest_identifiers_are_kept() -> None:
    raw = " ".join(f"<{number}@b>" for number in range(300))
    assert headers.read_identifiers(raw, limit=2) == ("<298@b>", "<299@b>")


@pytest.mark.parametrize("raw", ["", "yesterday", "Mon, 99 Foo 2020 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_date_that_is_none(raw: str) -> None:
    assert headers.read_date(raw) is None


def test_a_date_is_brought_to_utc() -> None:
    assert headers.read_date("Mon, 2 Mar 2026 10:00:00 +0900") == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert headers.read_date("Mon, 2 Mar 2026 10:00:00") == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_base64_in_pieces(first: bytes, second: bytes) -> None:
    joined = base64.b64encode(first) + b"\r\n" + base64.b64encode(second)
    whole = headers.decode_base64(joined)
    # Without padding between the two nothing shows where one ends: only then may they run together.
    assert whole == first + second or len(first) % 3 == 0
