"""The batch check: judges messages given one a line as JSON by their content alone, and sums up what it found."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.policy.gate.candidate import Candidate
from services.policy.gate.finding import Decision
from services.policy.gate.ruleset import RuleSet

_LONGEST_LINE = 12_000_000


@dataclass(slots=True)
class Summary:
    """What a run came to: how many lines of each decision, findings by rule, and lines that could not be judged."""

    rule_set: str = ""
    decisions: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    errors: int = 0

    def __str__(self) -> str:
        judged = self.decisions.total()
        lines = [
            f"{judged} judged, {self.decisions['rejected']} rejected, {self.errors} unreadable (rules {self.rule_set})"
        ]
        lines += [f"  {rule}: {count}" for rule, count in sorted(self.findings.items())]
        return "\n".join(lines)


class LineError(ValueError):
    """A line that is no message; the text names the field and what is wrong, never the field's value."""


def check_lines(
    lines: Iterable[str | bytes], rules: RuleSet, trusted_domains: frozenset[str], summary: Summary | None = None
) -> Iterator[str]:
    """Yield one JSON line for each line that is not blank: a decision, or an error naming line and field.

    Judges content only (no context). `trusted_domains` count as the marketplace's own. Counts into `summary`.
    """
    counts = summary if summary is not None else Summary()
    counts.rule_set = rules.version
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        message_id: Any = None
        try:
            data = _object(line)
            message_id = data.get("id")
            candidate = _candidate(data, trusted_domains)
        except LineError as error:
            counts.errors += 1
            yield _dump({"id": message_id, "line": number, "error": str(error)})
            continue
        decision = rules.judge(candidate, language=candidate.sender_language)
        counts.decisions[decision.verdict] += 1
        counts.findings.update({finding.rule for finding in decision.findings})
        yield _dump(_answer(message_id, decision))


def _answer(message_id: object, decision: Decision) -> dict[str, object]:
    findings = [
        {
            "rule": finding.rule,
            "severity": finding.severity.value,
            "field": finding.field,
            "span": list(finding.span),
            "excerpt": finding.excerpt,
            "message": finding.message,
            "advice": finding.advice,
        }
        for finding in decision.findings
    ]
    return {"id": message_id, "decision": decision.verdict, "findings": findings, "rule_set": decision.rule_set}


def _dump(answer: dict[str, object]) -> str:
    return orjson.dumps(answer).decode()


def _object(line: str | bytes) -> dict[str, Any]:
    if len(line) > _LONGEST_LINE:
        raise LineError("the line is too long")
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise LineError("the line is no JSON") from None
    if not isinstance(data, dict):
        raise LineError("the line is no JSON object")
    return data


def _candidate(data: dict[str, Any], trusted_domains: frozenset[str]) -> Candidate:
    language = _field(data, "lang", _text("en"))
    return Candidate(
        direction=_field(data, "direction", _one_of("seller_to_buyer", "buyer_to_seller")),
        kind=_field(data, "kind", _one_of("proactive", "reply")),
        reason=_field(data, "reason", lambda value: value if value is None else _text("")(value)) or None,
        subject=_field(data, "subject", _text("")),
        text=_field(data, "text", _text("")),
        html=_field(data, "html", _text("")) or None,
        presale=_field(data, "presale", _flag),
        language=language,
        sender_language=language,
        trusted_domains=trusted_domains,
    )


def _field(data: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:  # noqa: ANN401  # one of several types
    try:
        return read(data.get(name))
    except LineError as error:
        raise LineError(f"{name}: {error}") from None


def _text(default: str) -> Callable[[Any], str]:
    def read(value: object) -> str:
        if value is None:
            return default
        if not isinstance(value, str):
            raise LineError("must be text")
        return value

    return read


def _one_of(*values: str) -> Callable[[Any], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in values:
            raise LineError(f"must be {' or '.join(values)}")
        return value

    return read


def _flag(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise LineError("must be true or false")
