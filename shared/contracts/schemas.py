"""JSON Schemas of every event, committed as `docs/events/<type>.json`, and what of them may change.

`python -m shared.contracts.schemas` tells whether they are current; `--write` writes them, and `docs/asyncapi.json`,
but refuses changes that readers of older events, or older readers, could not live with.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeGuard

from shared.contracts import asyncapi
from shared.events import Event

Schema = Mapping[str, Any]

OWNERS: Final = ("gateway", "alias", "policy", "delivery", "metrics")
DOCS: Final = Path(__file__).parents[2] / "docs"
# What a schema may gain or lose without anybody noticing.
_REMARKS = frozenset({"title", "description", "default", "examples", "$schema", "$defs", "required", "properties"})


def list_contracts() -> list[type[Event]]:
    """Return all events that services tell, by owner and then in order of their type."""
    contracts: list[type[Event]] = []
    for owner in OWNERS:
        members = vars(import_module(f"shared.contracts.{owner}")).values()
        own = [member for member in members if isinstance(member, type) and issubclass(member, Event)]
        contracts += sorted((event for event in own if event is not Event), key=lambda event: event.type)
    return contracts


def describe_contract(contract: type[Event]) -> dict[str, Any]:
    """Return an event's JSON Schema (2020-12), with its type, topic and key as `x-` members."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "x-type": contract.type,
        "x-topic": contract.topic,
        "x-key": contract.keyed_by,
        **contract.model_json_schema(),
    }


def find_breaks(old: Schema, new: Schema) -> list[str]:
    """Return what `new` breaks for whoever has events or code of `old`, each as a place and a reason; [] if nothing.

    Additions are free: optional fields, words of a vocabulary, remarks. Refused are removed fields, fields that
    become required, changed types and bounds, removed words, and another type name, topic or key.
    """
    return _compare(_Place("", old, new), old, new)


def render_files() -> dict[str, str]:
    """Return all generated files by their path under `docs/`."""
    contracts = list_contracts()
    files = {f"events/{contract.type}.json": _dump(describe_contract(contract)) for contract in contracts}
    return files | {"asyncapi.json": _dump(asyncapi.describe_bus(contracts))}


def check_files(docs: Path = DOCS) -> list[str]:
    """Return what is wrong with the committed files: broken contracts first, then files that are not current."""
    rendered = render_files()
    committed = {str(path.relative_to(docs)): path.read_text() for path in _list_committed(docs)}
    wrong = [f"{name}: {complaint}" for name in sorted(committed) for complaint in _complain(name, committed, rendered)]
    stale = [f"{name}: not current" for name in sorted(rendered) if committed.get(name) != rendered[name]]
    return wrong + stale


def write_files(docs: Path = DOCS) -> list[str]:
    """Write the files unless that breaks a committed contract; return what would break, [] when written."""
    breaks = [complaint for complaint in check_files(docs) if not complaint.endswith(": not current")]
    if not breaks:
        (docs / "events").mkdir(parents=True, exist_ok=True)
        for name, text in render_files().items():
            (docs / name).write_text(text)
    return breaks


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or write, as the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.contracts.schemas", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write what is not current")
    parser.add_argument("--docs", type=Path, default=DOCS, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    complaints = write_files(chosen.docs) if chosen.write else check_files(chosen.docs)
    for complaint in complaints:
        sys.stdout.write(f"{complaint}\n")
    return 1 if complaints else 0


class _Place:
    """Where in two schemas a comparison stands; follows `$ref` and never goes round in circles."""

    def __init__(self, name: str, old_root: Schema, new_root: Schema, seen: frozenset[str] = frozenset()) -> None:
        self.name, self.old_root, self.new_root, self._seen = name, old_root, new_root, seen

    def into(self, name: str) -> "_Place":
        return _Place(f"{self.name}.{name}".lstrip("."), self.old_root, self.new_root, self._seen)

    def enter(self, reference: str) -> "_Place | None":
        """Return the place behind a reference, None when the way here already led through it."""
        if reference in self._seen:
            return None
        return _Place(self.name, self.old_root, self.new_root, self._seen | {reference})


def _compare(place: _Place, old: Schema, new: Schema) -> list[str]:
    if "$ref" in old or "$ref" in new:
        inner = place.enter(f"{old.get('$ref')} {new.get('$ref')}")
        return _compare(inner, _resolve(place.old_root, old), _resolve(place.new_root, new)) if inner else []
    return [
        *_compare_fields(place, old, new),
        *_compare_words(place, old, new),
        *_compare_rest(place, old, new),
    ]


def _compare_fields(place: _Place, old: Schema, new: Schema) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    wanted = set(new.get("required", ())) - set(old.get("required", ()))
    return [
        *(f"{place.into(name).name}: removed" for name in before if name not in after),
        *(f"{place.into(name).name}: required now" for name in sorted(wanted)),
        *(found for name in before if name in after for found in _compare(place.into(name), before[name], after[name])),
    ]


def _compare_words(place: _Place, old: Schema, new: Schema) -> list[str]:
    if "enum" not in old or "enum" not in new:
        return []
    return [f"{place.name}: {word!r} removed" for word in old["enum"] if word not in new["enum"]]


def _compare_rest(place: _Place, old: Schema, new: Schema) -> list[str]:
    """Compare types, bounds and what else a validator heeds."""
    found: list[str] = []
    for name in sorted((old.keys() | new.keys()) - _REMARKS - {"$ref"}):
        before, after = old.get(name), new.get(name)
        if name == "enum" and before is not None and after is not None:
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += _compare(place.into(name), before, after)
        elif _is_schema_list(before) and _is_schema_list(after) and len(before) == len(after):
            for number, (one, other) in enumerate(zip(before, after, strict=True)):
                found += _compare(place.into(f"{name}[{number}]"), one, other)
        elif before != after:
            found.append(f"{place.name or 'event'}: {name} changed")
    return found


def _is_schema_list(value: object) -> TypeGuard[list[Schema]]:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _resolve(root: Schema, schema: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definition: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    return definition


def _complain(name: str, committed: Mapping[str, str], rendered: Mapping[str, str]) -> list[str]:
    if not name.startswith("events/"):
        return []
    if name not in rendered:
        return ["this event is gone; its readers may not be"]
    return find_breaks(json.loads(committed[name]), json.loads(rendered[name]))


def _list_committed(docs: Path) -> list[Path]:
    return [path for path in (*docs.glob("events/*.json"), docs / "asyncapi.json") if path.is_file()]


def _dump(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
