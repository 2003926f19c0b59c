"""The mail that leaves: built from nothing but what is given here, headers by allow-list (R-MAIL-1, R-MAIL-5)."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from services.delivery.mail import encoding, html

MAX_REFERENCES = 20


@dataclass(frozen=True, slots=True)
class OutgoingPart:
    """A file as it leaves: name (safe), media type (by content), octets, and the Content-ID that HTML shows it by."""

    name: str
    media_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """All that a mail says, decided elsewhere. ``message_id`` and ``references`` are ours, with angle brackets.

    ``html`` is a sanitised fragment or nothing; ``date`` is aware; ``language`` a BCP 47 tag; ``automatic`` marks our
    own notices (RFC 3834) and is never set on a person's mail.
    """

    from_name: str
    from_address: str
    to_address: str
    subject: str
    text: str
    message_id: str
    date: datetime
    html: str | None = None
    to_name: str = ""
    reply_to: str | None = None
    inline_images: tuple[OutgoingPart, ...] = ()
    attachments: tuple[OutgoingPart, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    language: str | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A MIME part ready to be written: its header lines and its octets."""

    header: str
    content: bytes


@dataclass(slots=True)
class _Names:
    """Boundaries and Content-IDs, made from the message identifier: the same mail composes to the same octets."""

    message_id: str
    taken: int = field(default=0)

    def _next(self, purpose: str) -> str:
        self.taken += 1
        return hashlib.sha256(f"{purpose} {self.taken} {self.message_id}".encode()).hexdigest()[:32]

    def boundary(self) -> str:
        # The leading sign can stand neither in base64 nor in quoted-printable (RFC 2045 section 6.7).
        return f"=_{self._next('boundary')}"

    def content_id(self) -> str:
        return f"{self._next('part')}@{self.message_id.strip('<>').rpartition('@')[2]}"


def _text_part(subtype: str, text: str) -> _Part:
    transfer, content = encoding.encode_text(text)
    return _Part(f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {transfer}\r\n", content)


def _file_part(part: OutgoingPart, disposition: str, content_id: str | None = None) -> _Part:
    media_type = part.media_type if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,100}", part.media_type) else ""
    header = f"Content-Type: {media_type or 'application/octet-stream'}"
    header += encoding.write_parameter("name", part.name) if part.name else ""
    header += f"\r\nContent-Disposition: {disposition}"
    header += encoding.write_parameter("filename", part.name) if part.name else ""
    header += "\r\nContent-Transfer-Encoding: base64\r\n"
    header += f"Content-ID: <{content_id}>\r\n" if content_id else ""
    return _Part(header, encoding.encode_octets(part.content))


def _join(subtype: str, parts: list[_Part], names: _Names) -> _Part:
    if len(parts) == 1:
        return parts[0]
    boundary = names.boundary()
    marker = f"--{boundary}".encode("ascii")
    pieces = [marker + b"\r\n" + part.header.encode("utf-8") + b"\r\n" + part.content + b"\r\n" for part in parts]
    header = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'
    return _Part(header, b"".join(pieces) + marker + b"--\r\n")


def _body(mail: OutgoingMail, names: _Names) -> _Part:
    parts = [_text_part("plain", mail.text)]
    if mail.html is not None:
        cids = {part.content_id: names.content_id() for part in mail.inline_images if part.content_id}
        document = html.write_document(html.rename_images(mail.html, cids), mail.language or "und")
        images = [
            _file_part(part, "inline", cids[part.content_id]) for part in mail.inline_images if part.content_id in cids
        ]
        parts.append(_join("related", [_text_part("html", document), *images], names))
    body = _join("alternative", parts, names)
    loose = mail.attachments if mail.html is not None else (*mail.inline_images, *mail.attachments)
    return _join("mixed", [body, *(_file_part(part, "attachment") for part in loose)], names)


def _header(mail: OutgoingMail) -> str:
    lines = [
        f"Date: {format_datetime(mail.date)}",
        encoding.write_mailbox_field("From", mail.from_name, mail.from_address),
        encoding.write_mailbox_field("To", mail.to_name, mail.to_address),
        encoding.write_text_field("Subject", mail.subject),
        encoding.write_identifiers_field("Message-ID", (mail.message_id,)),
    ]
    if mail.reply_to:
        lines.append(encoding.write_mailbox_field("Reply-To", "", mail.reply_to))
    if mail.in_reply_to:
        lines.append(encoding.write_identifiers_field("In-Reply-To", (mail.in_reply_to,)))
    if mail.references:
        # The first shows where the thread began; of the rest the latest tell most (RFC 5322 section 3.6.4).
        kept = mail.references
        kept = kept if len(kept) <= MAX_REFERENCES else (kept[0], *kept[1 - MAX_REFERENCES :])
        lines.append(encoding.write_identifiers_field("References", kept))
    if mail.automatic:
        lines.append("Auto-Submitted: auto-generated")
    if mail.language:
        lines.append(f"Content-Language: {encoding.one_line(mail.language)}")
    return "\r\n".join([*lines, "MIME-Version: 1.0", ""])


def needs_smtputf8(mail: OutgoingMail) -> bool:
    """Tell whether the mail can only travel with SMTPUTF8 (RFC 6531): an address goes beyond ASCII."""
    return not (mail.to_address.isascii() and mail.from_address.isascii() and (mail.reply_to or "").isascii())


def compose(mail: OutgoingMail) -> bytes:
    """Write the mail: CRLF line ends, no line over 998 octets, the same octets for the same mail.

    Fields: Date, From, To, Subject, Message-ID, Reply-To, In-Reply-To, References, Auto-Submitted, Content-Language and
    MIME's own; no other ever. Names of hosts appear only as the domains of the given addresses and identifiers.
    """
    body = _body(mail, _Names(mail.message_id))
    content = body.content if body.content.endswith(b"\r\n") else body.content + b"\r\n"
    return (_header(mail) + body.header).encode("utf-8") + b"\r\n" + content
