"""What a message is in its thread, who sees it, and how far it has come. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.gateway.mailbox.normalising import normalise
from shared.contracts.vocabulary import Direction, Kind, Role

REPLY_WINDOW = timedelta(days=30)
_ORDER_ID = re.compile(r"(?<![0-9-])[0-9]{3}-[0-9]{7}-[0-9]{7}(?![0-9-])")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"))
_SEARCHED_CHARACTERS = 20_000
_MOST_ORDER_IDS = 20
_REPLY_CODE = re.compile(r"[2-5][0-9]{2}(?:[ -][245]\.[0-9]{1,3}\.[0-9]{1,3})?")
# What mail clients of our languages put before the subject of an answer.
_ANSWER_PREFIX = re.compile(r"\s*(?:re|r|rif|aw|antw|sv|rv|res|回复|返信)\s*(?:\[\d+\])?\s*[:\uff1a]\s*", re.IGNORECASE)
_LONGEST_SUBJECT = 200


class Status(StrEnum):
    """How far a message has come; of its steps the furthest counts, in whatever order they become known."""

    SUBMITTED = "submitted"
    REJECTED = "rejected"
    APPROVED = "approved"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


# A bounce may come back after the other side took the mail; an operator may approve what the gate rejected.
_RANK = {status: rank for rank, status in enumerate(Status)}
DECIDED = frozenset(Status) - {Status.SUBMITTED}
SHOWN_TO_RECIPIENT = frozenset({Status.APPROVED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED})
_ANSWERABLE = frozenset({Status.APPROVED, Status.DEFERRED, Status.DELIVERED})


class Flow(StrEnum):
    """Which way messages of a thread went, as its reader sees it."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier message of the thread, as far as an answer to it matters."""

    message_id: UUID
    direction: Direction
    status: Status
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """A step on a message's way; `reply_code` is the far side's, of an attempt to deliver."""

    status: Status
    at: datetime
    attempt: int | None = None
    reply_code: str | None = None
    next_attempt_at: datetime | None = None


def further(one: Status, other: Status) -> Status:
    """Return which of two statuses is further along."""
    return max(one, other, key=_RANK.__getitem__)


def decide_kind(direction: Direction, answered: Past | None, latest: Past | None, now: datetime) -> Kind:
    """Say whether a message answers the other side.

    It does when `answered`, which it names, is the other side's and was not rejected; or when `latest`, the newest
    counted message of the thread, is the other side's and younger than 30 days. Anything else starts something.
    """
    if answered is not None and answered.direction is not direction and answered.status is not Status.REJECTED:
        return Kind.REPLY
    if latest is None or latest.direction is direction or now - latest.accepted_at >= REPLY_WINDOW:
        return Kind.PROACTIVE
    return Kind.REPLY


def counts_as_said(status: Status) -> bool:
    """Whether the other side can have read a message, so that what follows may be an answer to it."""
    return status in _ANSWERABLE


def author_of(direction: Direction) -> Role:
    """Return the side that writes in this direction."""
    return Role.SELLER if direction is Direction.SELLER_TO_BUYER else Role.BUYER


def recipient_of(direction: Direction) -> Role:
    """Return the side that is written to in this direction."""
    return Role.BUYER if direction is Direction.SELLER_TO_BUYER else Role.SELLER


def find_order_ids(*texts: str) -> tuple[str, ...]:
    """Return the order ids in the texts, first come first, full-width digits and any dash included.

    Only the first 20,000 characters of each text are searched, and at most 20 ids returned.
    """
    found: dict[str, None] = {}
    for text in texts:
        plain = normalise("NFKC", text[:_SEARCHED_CHARACTERS]).translate(_DASHES)
        found.update(dict.fromkeys(_ORDER_ID.findall(plain)))
    return tuple(found)[:_MOST_ORDER_IDS]


def answer_subject(subject: str) -> str:
    """Return the subject of an answer: `Re: ` and what was answered, without heaping up prefixes."""
    bare = subject
    while found := _ANSWER_PREFIX.match(bare):
        bare = bare[found.end() :]
    return f"Re: {bare.strip()}"[:_LONGEST_SUBJECT]


def read_reply_code(reply: str) -> str | None:
    """Return the codes that an SMTP reply begins with (`550 5.1.1`), or None.

    The rest is the far side's own words; it may name the real address that nobody shall see (R-ALIAS-6).
    """
    found = _REPLY_CODE.match(reply)
    return found.group().replace("-", " ", 1) if found else None


def cut_excerpt(fields: Mapping[str, str | None], field: str, start: int, end: int, longest: int = 80) -> str:
    """Return the words that a finding is about, at most `longest` characters; empty where it is about none."""
    text = fields.get(field) or ""
    return text[max(start, 0) : max(end, 0)][:longest]


def disguise(text: str, replacements: Mapping[str, str]) -> str:
    """Return `text` with every real address in it, in whatever case, replaced by what stands for it (R-ALIAS-6)."""
    if not replacements:
        return text
    folded = {address.casefold(): alias for address, alias in replacements.items()}
    longest_first = sorted(map(re.escape, replacements), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w.+-])(?:{'|'.join(longest_first)})(?![\w-]|\.\w)", re.IGNORECASE)
    return pattern.sub(lambda found: folded.get(found.group().casefold(), "[address]"), text)
