"""What the gate answers: findings, each with its place and its explanation, and the decision they add up to."""

from dataclasses import dataclass
from typing import Literal

from shared.contracts.vocabulary import Severity

Field = Literal["subject", "text", "html", "quoted_text", "quoted_html", "attachment", "message"]
Verdict = Literal["approved", "rejected"]
EXCERPT_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's verdict: where in which field, and in the reader's language what is wrong and what to change.

    `span` counts characters of the original field; for `attachment` and `message` it is `(0, 0)` or a
    position in what the excerpt names. `excerpt` is at most 80 characters of the sender's own words; it may
    be shown to the sender, never logged.
    """

    rule: str
    severity: Severity
    field: Field
    span: tuple[int, int]
    excerpt: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The sum of the findings of one rule set. A mended field is `None` where nothing had to change."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    rule_set: str
    mended_subject: str | None = None
    mended_text: str | None = None
    mended_html: str | None = None
    mended_quoted_text: str | None = None
    mended_quoted_html: str | None = None
