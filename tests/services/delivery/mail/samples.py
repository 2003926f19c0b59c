"""Mails made for tests."""

from datetime import UTC, datetime

from services.delivery.mail import composing, parsing, relaying, rewriting
from services.delivery.mail.composing import OutgoingMail
from services.delivery.mail.relaying import RelayedContent

REAL = "anna.bianchi@posta-privata.example"
ALIAS = "k3x9q2m7t5ab@marketplace.example.it"
COUNTERPART = "p0o9i8u7y6tr@marketplace.example.it"
MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def mail(*fields: str, body: str | bytes = "Hello", sender: str = f"Anna <{REAL}>", to: str = COUNTERPART) -> bytes:
    """Raw octets of a mail: given fields, LF in the body becomes CRLF."""
    lines = [f"From: {sender}", f"To: {to}", "Message-ID: <1@mx7.posta-privata.example>", *fields]
    text = body.encode() if isinstance(body, str) else body
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + text.replace(b"\n", b"\r\n")


def multipart(*parts: tuple[str, str | bytes], subtype: str = "mixed", fields: tuple[str, ...] = ()) -> bytes:
    """A multipart mail; each part is its header lines and its content."""
    pieces = []
    for header, content in parts:
        octets = content.encode() if isinstance(content, str) else content
        pieces.append(b"--b1\n" + header.encode("utf-8", "surrogateescape") + b"\n\n" + octets + b"\n")
    return mail(*fields, f'Content-Type: multipart/{subtype}; boundary="b1"', body=b"".join(pieces) + b"--b1--\n")


def relay(raw: bytes, real: str = REAL) -> tuple[RelayedContent, bytes]:
    """Take a mail the whole way: parsed, prepared, composed for the counterpart."""
    incoming = parsing.parse(raw)
    own = rewriting.own_addresses(incoming, real, [])
    replacement = rewriting.Replacement(own, ALIAS, incoming.hosts)
    content = relaying.prepare(incoming, replacement, {box.address for box in incoming.recipients})
    return content, composing.compose(outgoing(content))


def outgoing(content: RelayedContent) -> OutgoingMail:
    """The mail that carries prepared content to the counterpart."""
    return OutgoingMail(
        from_name="Anna",
        from_address=ALIAS,
        to_address="seller@shop.example",
        subject=content.subject,
        text=content.text,
        message_id="<00000000000000000000000000000001@marketplace.example.it>",
        date=MOMENT,
        html=content.html,
        inline_images=content.inline_images,
        attachments=content.attachments,
        language="it",
    )
