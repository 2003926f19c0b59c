"""Which decisions an operator may still turn round. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.facts import FindingFacts
from shared.contracts.vocabulary import Severity, Verdict

MISSED = "none"


class Refusal(StrEnum):
    """Why a decision cannot be turned round, as a sentence for the operator."""

    SAME = "The message is decided so already."
    DELIVERED = "The message has reached its reader; nothing can call it back."
    WITHDRAWN = "The message was withdrawn after its approval; its writer has been told and can send it again."


@dataclass(frozen=True, slots=True)
class Course:
    """How a message's decision went so far: what holds now, whether it ever passed, whether it was delivered."""

    verdict: Verdict
    ever_approved: bool
    delivered: bool


def check_override(course: Course, wanted: Verdict) -> Refusal | None:
    """Return why an operator cannot decide `wanted` any more, or None where that is possible.

    What once passed and was withdrawn does not pass again: its writer has a notice that says it never arrived.
    """
    if course.verdict is wanted:
        return Refusal.SAME
    if wanted is Verdict.REJECTED:
        return Refusal.DELIVERED if course.delivered else None
    return Refusal.WITHDRAWN if course.ever_approved else None


def list_overturned(findings: Iterable[FindingFacts], wanted: Verdict) -> tuple[str, ...]:
    """Return the rules that an override says were wrong: those that blocked, or `none` where none did but should."""
    if wanted is Verdict.REJECTED:
        return (MISSED,)
    return tuple(dict.fromkeys(finding.rule for finding in findings if finding.severity is Severity.BLOCK))
