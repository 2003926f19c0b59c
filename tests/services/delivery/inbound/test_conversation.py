"""Any octets at the door are answered by sound replies, or by hanging up; the door stays open to others."""

import asyncio
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.delivery.inbound.conversation import clean_line
from tests.services.delivery.installation import BUYER, SELLER, SELLER_ALIAS, STAFF, Installation

pytestmark = [pytest.mark.req("R-MAIL-3", "R-ALIAS-6"), pytest.mark.timeout(900)]
REPLY = re.compile(rb"(?:[2-5]\d\d[ -][\x20-\x7e\x80-\xff]{0,506}\r\n)*")
SECONDS = 20

_VERBS = ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP", "AUTH", "STARTTLS"]
_ADDRESSES = [BUYER, SELLER_ALIAS, SELLER_ALIAS.upper(), "", "a@b", '"a b"@c.example', "x" * 400 + "@y", "é@ü.example"]
_PARAMETERS = ["", " SIZE=1", " SIZE=99999999999999", " BODY=8BITMIME SMTPUTF8", " SIZE=x", " RET=FULL ENVID=1", " ="]
_COMMANDS = [
    "EHLO client.example",
    "MAIL FROM:<>",
    "AUTH PLAIN AGEAYg==",
    "BDAT 5 LAST",
    "PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
    "GET / HTTP/1.1",
    "RCPT TO:" + "<@a,@b:c@d>" * 60,
    "Subject: x",
    ".",
    "..",
]
_ENDS = ["\r\n", "\r\n", "\r\n", "\n", "\r", "", "\r\n.\r\n", "\n.\n"]


@st.composite
def commands(draw: st.DrawFn) -> bytes:
    """Draw what a client sends: commands in any order, some spoilt, mails and noise between them."""
    pieces: list[bytes] = []
    for _ in range(draw(st.integers(1, 12))):
        path = f"<{draw(st.sampled_from(_ADDRESSES))}>{draw(st.sampled_from(_PARAMETERS))}"
        line = draw(
            st.sampled_from(_COMMANDS)
            | st.sampled_from([f"MAIL FROM:{path}", f"RCPT TO:{path}", "DATA"])
            | st.builds("{} {}".format, st.sampled_from(_VERBS), st.text(max_size=20))
        )
        octets = line.encode("utf-8", "surrogatepass") + draw(st.sampled_from(_ENDS)).encode()
        pieces.append(octets if draw(st.integers(0, 5)) else draw(st.binary(max_size=60)))
    return b"".join(pieces)


async def _say(port: int, octets: bytes) -> bytes:
    """Send octets in one go and hang up; return all that was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(octets)
            writer.write_eof()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ("250 OK", b"250 OK"),
        (b"250-SIZE 1", b"250-SIZE 1"),
        ("550 5.7.1 \u201ca\u201d \u00e9", "550 5.7.1 \u201ca\u201d \u00e9".encode()),
        ('500 Error: command "A\rB\nC\0" not recognized', b'500 Error: command "A?B?C?" not recognized'),
        ("500 \udc80\u2028", b"500 ??"),
        ("500 " + "x" * 70_000, b"500 " + b"x" * 506),
        ("500 " + "\u00e9" * 400, ("500 " + "\u00e9" * 253).encode()),
    ],
)
def test_a_reply_is_one_line_of_bounded_length(status: str | bytes, line: bytes) -> None:
    assert clean_line(status) == line


@pytest.fixture
async def ready(delivery: Installation) -> Installation:
    """Give a service that takes mail of both parties."""
    await delivery.introduce()
    await delivery.tell(await delivery.approve())
    return delivery


@given(octets=commands())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
async def test_any_commands_are_answered_soundly(ready: Installation, octets: bytes) -> None:
    answered = await _say(ready.port, octets)
    assert REPLY.fullmatch(answered), answered
    assert not any(secret.encode() in answered for secret in (BUYER, SELLER, STAFF))
    assert (await _say(ready.port, b"EHLO other.example\r\nQUIT\r\n")).startswith(b"220 ")
