"""What two rule sets differ in, rule by rule, read from their files."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.policy.gate.rule import RuleError

Leaves = Mapping[str, Any]
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Comparison:
    """The ids of rules that only one set has, and what changed in those that both have, a line each."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]

    @property
    def same(self) -> bool:
        """Whether the rules are the same."""
        return not (self.added or self.removed or self.changed)


def compare_rules(old: Path, new: Path) -> Comparison:
    """Compare the rule files of two folders by rule id. Raises `RuleError` naming a file that cannot be read."""
    before, after = _read_rules(old), _read_rules(new)
    changes = {rule: tuple(_list_changes(before[rule], after[rule])) for rule in sorted(before.keys() & after.keys())}
    return Comparison(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed={rule: lines for rule, lines in changes.items() if lines},
    )


def write_comparison(comparison: Comparison) -> Iterator[str]:
    """Yield the comparison's lines: `+` for added rules, `-` for removed ones, `~` for changed ones."""
    yield from (f"+ {rule}" for rule in comparison.added)
    yield from (f"- {rule}" for rule in comparison.removed)
    for rule, changes in comparison.changed.items():
        yield f"~ {rule}"
        yield from (f"    {change}" for change in changes)


def _read_rules(folder: Path) -> dict[str, Leaves]:
    rules: dict[str, Leaves] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            rules[data["id"]] = dict(_flatten("", data))
        except (OSError, KeyError, ValueError) as error:
            raise RuleError(f"{path.name}: {type(error).__name__}: {error}") from error
    if not rules:
        raise RuleError(f"{folder}: no rule files")
    return rules


def _flatten(place: str, value: object) -> Iterator[tuple[str, Any]]:
    """Yield what a rule file says as places and values; a list of words is one value, of which order says nothing."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flatten(f"{place}.{name}".lstrip("."), inner)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, inner in enumerate(value):
            yield from _flatten(f"{place}[{number}]", inner)
    else:
        yield place, frozenset(value) if isinstance(value, list) else value


def _list_changes(before: Leaves, after: Leaves) -> Iterator[str]:
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        if old == new:
            continue
        if isinstance(old, frozenset) and isinstance(new, frozenset):
            more, less = sorted(map(str, new - old)), sorted(map(str, old - new))
            yield f"{place}: " + ", ".join([*(f"+{word}" for word in more), *(f"-{word}" for word in less)])
        else:
            yield f"{place}: {_show(old)} → {_show(new)}"


def _show(value: object) -> str:
    if value is None:
        return "nothing"
    text = ", ".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
