"""Decisions about mail that leaves: what an answer means, when to try again, who it is from. No I/O, no clock."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.logging import redact_text

LONGEST_PAUSE = timedelta(hours=4)
_LONGEST_REPLY = 500
_PERMANENT = 5
_TEMPORARY = 4
_DONE = 2
_BARE_HOST = re.compile(r"\b(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}\b", re.IGNORECASE)


class Verdict(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    UNREACHABLE = "unreachable"
    """The next hop does not answer at all: no mail is at fault, and all mails wait."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt's verdict, and the far side's words, without addresses and host names, 500 characters at most."""

    verdict: Verdict
    reply: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as a transport takes it: `sender` is empty for the null sender, `content` has CRLF line ends.

    `identifier` is the Message-ID, the same at each attempt.
    """

    queue_id: UUID
    sender: str
    recipient: str
    identifier: str
    content: bytes
    smtputf8: bool = False


def domain_of(address: str) -> str:
    """Return the domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def choose_within(destinations: Sequence[str], busy: Mapping[str, int], most: int) -> list[bool]:
    """Say of each mail, in order of its turn, whether it may be sent with `busy` others under way to its destination.

    At most `most` go to one destination at once.
    """
    under_way = Counter(busy)
    chosen: list[bool] = []
    for destination in destinations:
        chosen.append(under_way[destination] < most)
        under_way[destination] += chosen[-1]
    return chosen


def judge_reply(code: int, text: str, recipient: str) -> Outcome:
    """Sort an SMTP reply by its first digit (RFC 5321 section 4.2.1); what is no SMTP reply is temporary."""
    verdict = {_DONE: Verdict.DELIVERED, _PERMANENT: Verdict.BOUNCED}.get(code // 100, Verdict.DEFERRED)
    return Outcome(verdict, clean_reply(f"{code} {text}", recipient))


def clean_reply(reply: str, recipient: str) -> str:
    """Take addresses, the recipient's local part and host names out of what a server said (R-ALIAS-6)."""
    local_part = recipient.rpartition("@")[0]
    line = redact_text(" ".join(reply.split()))
    if local_part:
        line = re.sub(rf"(?<!\w){re.escape(local_part)}(?!\w)", "[address]", line, flags=re.IGNORECASE)
    return _BARE_HOST.sub("[host]", line)[:_LONGEST_REPLY]


def plan_retry(
    queued_at: datetime, attempts: int, now: datetime, *, first: timedelta, give_up: timedelta
) -> datetime | None:
    """Return when to try again after attempt number `attempts` failed at `now`, or None to give up (R-MAIL-4).

    Pauses double from `first` up to 4 hours; the last attempt falls on `queued_at + give_up` itself.
    """
    limit = queued_at + give_up
    if now >= limit:
        return None
    pause = min(first * 2.0 ** min(attempts - 1, 30), max(LONGEST_PAUSE, first))
    return min(now + pause, limit)
