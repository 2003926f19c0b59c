"""Decisions on where a mail comes from. No I/O, no clock."""

from dataclasses import dataclass
from enum import StrEnum

SPOOFED = (
    "550 5.7.26 The mail does not come from where its sender's domain sends from (SPF, DKIM and DMARC say so); "
    "please send it through your own mail provider"
)
UNPROVEN = (
    "550 5.7.26 Nothing proves that the mail comes from its sender: please have your mail provider set up SPF or DKIM "
    "for your domain, or write from the message centre"
)
UNDECIDED = "451 4.4.3 The records of the sender's domain cannot be read right now; please try again later"


class Policy(StrEnum):
    """What is done about mails that do not prove where they come from."""

    ENFORCE = "enforce"
    TAG = "tag"
    OFF = "off"


class Verdict(StrEnum):
    """What is known of where a mail comes from."""

    PROVEN = "proven"
    SPOOFED = "spoofed"
    UNPROVEN = "unproven"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Results in the words of RFC 8601. `aligned`: SPF or DKIM passes for the organisation of the From address."""

    spf: str
    dkim: str
    dmarc: str
    aligned: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a mail came over the line from: the client's IP address and the name it greeted with."""

    address: str
    greeting: str


def judge(evidence: Evidence) -> Verdict:
    """Weigh the evidence.

    A domain's DMARC record decides, whatever it asks others to do on failure: who may write is told by the From
    address, so it must be true. Without a record SPF or DKIM must pass for the same organisation.
    """
    results = (evidence.spf, evidence.dkim, evidence.dmarc)
    if evidence.dmarc == "pass" or (evidence.dmarc == "none" and evidence.aligned):
        return Verdict.PROVEN
    if "temperror" in results:
        return Verdict.UNDECIDED
    return Verdict.SPOOFED if "fail" in results or "softfail" in results else Verdict.UNPROVEN


REPLIES = {Verdict.SPOOFED: SPOOFED, Verdict.UNPROVEN: UNPROVEN, Verdict.UNDECIDED: UNDECIDED}
