"""Header fields as mail clients really write them: encoded words, mailboxes, message identifiers, dates."""

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from services.delivery.mail import charsets

MAX_IDENTIFIER = 500
MAX_MAILBOXES = 1000

_WORD = re.compile(r"=\?([^?\s]{1,60}?)(?:\*[^?\s]*)?\?([BbQq])\?(.*?)\?=", re.DOTALL)
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_FOLD = re.compile(r"\r\n|\r|\n")
_IDENTIFIER = re.compile(r"<\s*([^<>\s]+)\s*>")
_BARE_IDENTIFIER = re.compile(r"[^\s<>,;\"()]+@[^\s<>,;\"()]+")
_MAILBOX_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)"?|\((?P<comment>(?:[^()\\]|\\.|\([^()]*\))*)\)?|<(?:(?P<angle>[^<>]*)>|(?P<open>[^<>,;]*))|(?P<stop>[,;:])|(?P<atom>[^\s"(<,;:]+)|\s+|.',
    re.DOTALL,
)
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, possibly empty, and an address as written (RFC 5322 section 3.4)."""

    name: str
    address: str


def unfold(raw: str) -> str:
    """Make one line of a raw field value and give raw 8-bit octets (RFC 6532 or worse) their characters."""
    octets = raw.encode("utf-8", "surrogateescape")
    return charsets.normalise_lines(_FOLD.sub("", charsets.decode(octets, None))).strip()


def decode_base64(content: bytes) -> bytes:
    """Decode base64 however it is broken, joined from pieces, or cut; foreign characters are skipped."""
    pieces = re.split(rb"=+", re.sub(rb"[^A-Za-z0-9+/=]", b"", content))
    whole = b""
    for piece in pieces:
        usable = piece[:-1] if len(piece) % 4 == 1 else piece
        whole += binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))
    return whole


def _octets_of(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(raw)
    return _HEX.sub(lambda hit: bytes([int(hit[1], 16)]), raw.replace(b"_", b" "))


def decode_words(value: str) -> str:
    """Decode the encoded words (RFC 2047) of an unfolded value; what is no encoded word stays as written.

    Neighbouring words of one charset are joined before decoding, since clients cut characters in two.
    """
    pieces: list[str] = []
    pending: tuple[str, bytes] | None = None
    position = 0
    for word in _WORD.finditer(value):
        between = value[position : word.start()]
        charset, octets = word[1].lower(), _octets_of(word[2], word[3])
        if pending and not between.strip() and charset == pending[0]:
            pending = (charset, pending[1] + octets)
        else:
            if pending:
                pieces.append(charsets.decode(pending[1], pending[0]))
            if not pending or between.strip():
                pieces.append(between)
            pending = (charset, octets)
        position = word.end()
    if pending:
        pieces.append(charsets.decode(pending[1], pending[0]))
    pieces.append(value[position:])
    return charsets.normalise_lines("".join(pieces))


def read_text(raw: str) -> str:
    """Read an unstructured field (a Subject): unfolded, decoded, on one line."""
    return " ".join(decode_words(unfold(raw)).split("\n")).strip()


def _mailbox(words: list[str], angle: str | None, comments: list[str]) -> Mailbox | None:
    address = angle
    if address is None:
        at = next((place for place, word in enumerate(words) if "@" in word), None)
        if at is None:
            return None
        address = words.pop(at)
    # A source route (RFC 5321 appendix C) is no part of the address.
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]
    address = "".join(address.split())
    if not address and not words:
        return None
    return Mailbox(read_text(" ".join(words) or " ".join(comments)), address)


def read_mailboxes(raw: str) -> tuple[Mailbox, ...]:
    """Read the mailboxes of a From, To or similar field, groups flattened, at most 1000.

    Forgiving: a lone name gives nothing, an angle address may hold anything, encoded words are decoded in names only.
    """
    found: list[Mailbox] = []
    words: list[str] = []
    comments: list[str] = []
    angle: str | None = None
    glued = False
    for token in _MAILBOX_TOKEN.finditer(unfold(raw) + ","):
        kind = token.lastgroup
        if kind == "stop":
            mailbox = None if token["stop"] == ":" and angle is None else _mailbox(words, angle, comments)
            if mailbox and len(found) < MAX_MAILBOXES:
                found.append(mailbox)
            words, comments, angle = [], [], None
        elif kind in {"angle", "open"}:
            # A second angle address without a comma between them is a second mailbox, never a lost one.
            if angle is not None and len(found) < MAX_MAILBOXES:
                found.append(Mailbox(read_text(" ".join(words)), "".join(angle.split())))
                words = []
            angle = _COMMENT.sub("", token[kind])
        elif kind == "comment":
            comments.append(_ESCAPED.sub(r"\1", token["comment"]))
        elif kind == "quoted":
            words.append(_ESCAPED.sub(r"\1", token["quoted"]))
        elif kind == "atom":
            if glued and words:
                words[-1] += token["atom"]
            else:
                words.append(token["atom"])
        # `"john doe"@example.com` is one address of two tokens.
        glued = kind == "quoted" or (kind == "atom" and token["atom"].endswith("@"))
    return tuple(found)


def read_identifiers(raw: str, limit: int = 100) -> tuple[str, ...]:
    """Read message identifiers (RFC 5322 section 3.6.4) with their angle brackets, the last ``limit`` of them."""
    value = unfold(raw)
    found = [f"<{hit}>" for hit in _IDENTIFIER.findall(value)]
    if not found:
        found = [f"<{hit}>" for hit in _BARE_IDENTIFIER.findall(value)]
    sound = [identifier for identifier in found if len(identifier) <= MAX_IDENTIFIER]
    return tuple(dict.fromkeys(sound))[-limit:]


def read_date(raw: str) -> datetime | None:
    """Read a Date field as an aware time, or nothing; it is a claim of the sender, not a fact."""
    try:
        moment = parsedate_to_datetime(unfold(raw))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    # An offset at the edge of the calendar cannot be brought to UTC later; such a claim is worth nothing.
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None
