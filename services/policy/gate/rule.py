"""One rule, read from its file: what it is called, when it applies and how hard, and what it says."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from services.policy.gate.candidate import Candidate
from services.policy.gate.detectors.model import Unweighed
from services.policy.gate.judged import Detector
from shared.contracts.vocabulary import Severity

LANGUAGES = ("it", "en", "de", "fr", "es", "ja")
_CONDITIONS = ("direction", "kind", "channel", "presale", "reason")


def circumstances(candidate: Candidate) -> tuple[object, ...]:
    """Return all of `candidate` that the severity of any rule depends on."""
    return candidate.direction, candidate.kind, candidate.channel, candidate.presale, candidate.reason


class RuleError(ValueError):
    """A rule file that cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A severity and the candidate's values under which it holds; of several, the first that fits counts.

    Without a severity (`is = "none"`) the rule does not apply there.
    """

    severity: Severity | None
    conditions: Mapping[str, tuple[object, ...]]

    def fits(self, candidate: Candidate) -> bool:
        """Tell whether every condition holds for `candidate`."""
        return all(getattr(candidate, name) in allowed for name, allowed in self.conditions.items())


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence that says what is wrong and one that says what to change; `{facts}` come from the hit.

    `variants` say it otherwise for hits that ask for it by name.
    """

    message: str
    advice: str
    variants: Mapping[str, "Explanation"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to run. `examples` keeps the file's raw examples, which run as tests.

    `whole`: it says what a message is as a whole, which no stretch of one tells.
    """

    id: str
    title: str
    rationale: str
    advice: str
    situations: tuple[Situation, ...]
    detectors: tuple[Detector, ...]
    explanations: Mapping[str, Explanation]
    examples: Mapping[str, list[dict[str, Any]]]
    whole: bool = False

    def severity(self, candidate: Candidate) -> Severity | None:
        """Return how hard the rule is on `candidate`, or `None` where it does not apply."""
        for situation in self.situations:
            if situation.fits(candidate):
                return situation.severity
        return None

    def explanation(self, language: str) -> Explanation:
        """Return the explanation in `language`, in English where the rule does not speak it."""
        return self.explanations.get(language.partition("-")[0].lower()) or self.explanations["en"]


def read_rule(path: Path) -> Rule:
    """Read one rule file. Fails with `RuleError` on anything missing, unknown or mistyped."""
    try:
        return _rule(tomllib.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError, ImportError) as error:
        raise RuleError(f"{path.name}: {type(error).__name__}: {error}") from error


def _rule(data: dict[str, Any]) -> Rule:
    explanations = {code: _explanation(texts) for code, texts in data["explanations"].items()}
    missing = set(LANGUAGES) - set(explanations)
    if missing:
        raise ValueError(f"no explanation in {', '.join(sorted(missing))}")
    return Rule(
        id=data["id"],
        title=data["title"],
        rationale=data["rationale"],
        advice=data["advice"],
        situations=tuple(_situation(one) for one in data["severity"]),
        detectors=_detectors(data["detectors"]),
        explanations=explanations,
        examples=data.get("examples", {}),
        whole=any(table["use"] == "composition" or table.get("whole") for table in data["detectors"]),
    )


def _explanation(data: dict[str, Any]) -> Explanation:
    variants = {name: Explanation(**texts) for name, texts in data.get("variants", {}).items()}
    return Explanation(**{**data, "variants": variants})


def _situation(data: dict[str, Any]) -> Situation:
    unknown = set(data) - set(_CONDITIONS) - {"is"}
    if unknown:
        raise ValueError(f"unknown condition {', '.join(sorted(unknown))}")
    conditions = {
        name: tuple(value) if isinstance(value, list) else (value,) for name, value in data.items() if name != "is"
    }
    return Situation(None if data["is"] == "none" else Severity(data["is"]), conditions)


def _detectors(tables: list[dict[str, Any]]) -> tuple[Detector, ...]:
    """Build the detectors; a model weighs what the one written before it finds."""
    built: list[Detector] = []
    for table in tables:
        detector = _detector(table)
        if isinstance(detector, Unweighed):
            if not built:
                raise ValueError("a model needs a detector before it")
            built.append(detector.over(built.pop()))
        else:
            built.append(detector)
    return tuple(built)


def _detector(data: dict[str, Any]) -> Detector | Unweighed:
    name = data["use"]
    if not name.isidentifier():
        raise ValueError(f"no detector is called {name!r}")
    module = import_module(f"services.policy.gate.detectors.{name}")
    detector: Detector | Unweighed = module.build({key: value for key, value in data.items() if key != "use"})
    return detector
