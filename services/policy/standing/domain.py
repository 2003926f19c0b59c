"""How violations add up to a standing (R-POLICY-7). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.facts import FindingFacts
from shared.contracts.vocabulary import Severity

AUTOMATIC = "automatic"


class Standing(StrEnum):
    """What a seller may do: everything, start conversations with templates only, or nothing."""

    GOOD = "good"
    TEMPLATES_ONLY = "templates_only"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Steps:
    """From how many points within the window which standing follows, and what a violation counts.

    `weights` gives the points of a blocking violation by rule id or family (`content.*`); what is named exactly goes
    before its family, and what is not named counts nothing. A flagged violation counts `flag_share` of that.
    """

    window: timedelta
    templates_only: float
    suspended: float
    weights: Mapping[str, float]
    flag_share: float

    def weigh(self, rule: str, severity: Severity) -> float:
        """Return the points of one violation."""
        share = {Severity.BLOCK: 1.0, Severity.FLAG: self.flag_share}.get(severity, 0.0)
        family = f"{rule.partition('.')[0]}.*"
        return share * self.weights.get(rule, self.weights.get(family, 0.0))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a seller's messages a rule found something in, by severity."""

    rule: str
    severity: Severity
    count: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an operator decided; it stands above the count until `until`, or until it is lifted."""

    standing: Standing
    until: datetime | None = None

    def holds_at(self, now: datetime) -> bool:
        """Whether it still stands: at the moment it ends it does not."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Assessment:
    """A standing and the points that speak for it; `ruled` where an operator's ruling does instead."""

    standing: Standing
    points: float
    ruled: bool


def list_violations(findings: Iterable[FindingFacts], steps: Steps) -> tuple[tuple[str, Severity], ...]:
    """Return the rules that a message violated, each once at its hardest, as far as they count at all."""
    hardest: dict[str, Severity] = {}
    for finding in findings:
        known = hardest.get(finding.rule)
        if known is None or steps.weigh(finding.rule, known) < steps.weigh(finding.rule, finding.severity):
            hardest[finding.rule] = finding.severity
    return tuple((rule, severity) for rule, severity in hardest.items() if steps.weigh(rule, severity) > 0)


def find_window_start(steps: Steps, forgiven_at: datetime | None, now: datetime) -> datetime:
    """Return since when violations count: through the window, but none that an operator forgave."""
    start = now - steps.window
    return start if forgiven_at is None else max(start, forgiven_at)


def assess(tallies: Iterable[Tally], ruling: Ruling | None, steps: Steps, now: datetime) -> Assessment:
    """Return the standing that follows from the violations of the window, unless a ruling holds."""
    points = sum(tally.count * steps.weigh(tally.rule, tally.severity) for tally in tallies)
    if ruling is not None and ruling.holds_at(now):
        return Assessment(ruling.standing, points, ruled=True)
    return Assessment(_find_step(points, steps), points, ruled=False)


def explain(assessment: Assessment, tallies: Iterable[Tally], steps: Steps) -> str:
    """Return why a standing is what it is, for the audit: the points and the three rules that weigh most."""
    weights = {(t.rule, t.severity): t.count * steps.weigh(t.rule, t.severity) for t in tallies}
    heaviest = sorted(((weight, key) for key, weight in weights.items() if weight > 0), reverse=True)[:3]
    rules = ", ".join(f"{rule} ({severity}) {weight:g}" for weight, (rule, severity) in heaviest)
    total = f"{assessment.points:g} points in {steps.window.days} days"
    return f"{total}: {rules}" if rules else total


def _find_step(points: float, steps: Steps) -> Standing:
    if points >= steps.suspended:
        return Standing.SUSPENDED
    return Standing.TEMPLATES_ONLY if points >= steps.templates_only else Standing.GOOD
