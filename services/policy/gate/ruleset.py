"""A versioned set of rules that judges candidates: pure, in-process, the same answer for the same input."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

from services.policy.gate.candidate import Candidate, Context
from services.policy.gate.finding import EXCERPT_LENGTH, Decision, Field, Finding
from services.policy.gate.judged import Hit, Judged, Quotations, read_apart, read_below
from services.policy.gate.mending import mend
from services.policy.gate.model.net import PACKAGED as NET
from services.policy.gate.model.weights import PACKAGED as WEIGHTS
from services.policy.gate.rule import Rule, circumstances, read_rule
from shared.contracts.vocabulary import Severity

PACKAGED = Path(__file__).parent / "rules"
_MOST_FINDINGS = 20
_MOST_CIRCUMSTANCES = 500
_BELOW: Mapping[Field, Field] = {"text": "quoted_text", "html": "quoted_html"}


@dataclass(frozen=True)
class RuleSet:
    """Rules in order of their id, and the version that names exactly these files."""

    rules: tuple[Rule, ...]
    version: str

    @classmethod
    def load(cls, directory: Path = PACKAGED) -> Self:
        """Read every `*.toml` in `directory`. Fails with `RuleError` where one cannot be used.

        The version covers the word lists that all rule sets share, and the model's files, too.
        """
        paths = sorted(directory.glob("*.toml"))
        shared = sorted(set(PACKAGED.parent.rglob("*.toml")) - set(PACKAGED.glob("*.toml")))
        digest = hashlib.sha256()
        for path in (*paths, *shared, WEIGHTS, NET):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        version = digest.hexdigest()[:16]
        return cls(_read_rules(directory, version), version)

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """The rules by their public id."""
        return {rule.id: rule for rule in self.rules}

    def judge(self, candidate: Candidate, context: Context | None = None, language: str = "en") -> Decision:
        """Judge `candidate` (R-POLICY-2), explaining in `language`; without `context`, by its content alone.

        The decision is `rejected` if any finding blocks. Mended fields come with findings of severity fix.
        Findings are in order of severity, then place; at most 20 for each rule. Quoted text is judged where the
        thread is `known` and does not hold it.
        """
        judged = Judged(candidate, context)
        findings = self._find(judged, language)
        apart = read_apart(judged)
        seen = {(finding.rule, finding.field, finding.span) for finding, _ in findings}
        findings += [
            pair for pair in self._find(apart, language) if (pair[0].rule, pair[0].field, pair[0].span) not in seen
        ]
        below = read_below(candidate)
        in_history = self._find(below, language)
        mended_history = mend(below.candidate, _fixes(in_history)) if below else (None, None, None)
        fixes = _fixes(findings)
        findings += [
            (replace(finding, field=_BELOW.get(finding.field, finding.field)), hit) for finding, hit in in_history
        ]
        ranks = list(Severity)
        findings.sort(key=lambda pair: (ranks.index(pair[0].severity), pair[0].rule, pair[0].field, pair[0].span))
        blocked = any(finding.severity is Severity.BLOCK for finding, _ in findings)
        return Decision(
            "rejected" if blocked else "approved",
            tuple(finding for finding, _ in findings),
            self.version,
            *mend(candidate, fixes),
            *mended_history[1:],
        )

    def _find(self, judged: Judged | None, language: str) -> list[tuple[Finding, Hit]]:
        if judged is None:
            return []
        quoted = isinstance(judged, Quotations)
        found: list[tuple[Finding, Hit]] = []
        for rule, severity in self._applicable(judged.candidate):
            if not (quoted and rule.whole):
                hits = [hit for detector in rule.detectors for hit in detector(judged)]
                if hits:
                    found.extend(_findings(rule, severity, judged.candidate, hits, language))
        return found

    def _applicable(self, candidate: Candidate) -> Sequence[tuple[Rule, Severity]]:
        """Return the rules that apply to `candidate`, each with how hard it is on it."""
        key = circumstances(candidate)
        known = self._known_circumstances.get(key)
        if known is None:
            if len(self._known_circumstances) >= _MOST_CIRCUMSTANCES:
                self._known_circumstances.clear()
            severities = ((rule, rule.severity(candidate)) for rule in self.rules)
            known = [(rule, severity) for rule, severity in severities if severity is not None]
            self._known_circumstances[key] = known
        return known

    @cached_property
    def _known_circumstances(self) -> dict[tuple[object, ...], Sequence[tuple[Rule, Severity]]]:
        return {}


def _fixes(findings: Iterable[tuple[Finding, Hit]]) -> list[tuple[str, Hit]]:
    return [(finding.rule, hit) for finding, hit in findings if finding.severity is Severity.FIX]


@lru_cache(maxsize=4)
def _read_rules(directory: Path, _version: str) -> tuple[Rule, ...]:
    """Read the rules of one version; compiling them is dear, so that whoever loads the same ones shares them."""
    return tuple(sorted((read_rule(path) for path in directory.glob("*.toml")), key=lambda rule: rule.id))


def _findings(
    rule: Rule, severity: Severity, candidate: Candidate, found: Sequence[Hit], language: str
) -> list[tuple[Finding, Hit]]:
    words = rule.explanation(language)
    hits = _merged(found)
    findings = []
    for hit in hits[:_MOST_FINDINGS] if severity is not Severity.FIX else hits:
        excerpt = hit.excerpt if hit.excerpt is not None else _original(candidate, hit)
        said = words.variants.get(hit.variant, words)
        finding = Finding(
            rule.id,
            severity,
            hit.field,
            (hit.start, hit.end),
            excerpt[:EXCERPT_LENGTH],
            _filled(said.message, hit),
            _filled(said.advice, hit),
        )
        findings.append((finding, hit))
    return findings


def _merged(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits in order of place, each overlapping run as the one that begins first, widened."""
    merged: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.field, hit.start, -hit.end)):
        last = merged[-1] if merged else None
        if last is None or last.field != hit.field or hit.start >= last.end or hit.excerpt is not None:
            if hit not in merged[-1:]:
                merged.append(hit)
        elif hit.end > last.end:
            merged[-1] = Hit(last.field, last.start, hit.end, last.excerpt, last.facts, last.mask)
    return merged


def _original(candidate: Candidate, hit: Hit) -> str:
    return " ".join(candidate.written(hit.field)[hit.start : min(hit.end, hit.start + 4 * EXCERPT_LENGTH)].split())


def _filled(sentence: str, hit: Hit) -> str:
    for name, value in hit.facts.items():
        sentence = sentence.replace("{" + name + "}", value)
    return sentence
