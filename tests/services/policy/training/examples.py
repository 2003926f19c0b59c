"""The messages that the gate's model learns from: all that is labelled in the repository, but the held-out part."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.policy.gate.candidate import Candidate, Direction, Kind
from services.policy.gate.ruleset import PACKAGED
from tests.services.policy.labelled.messages import LANGUAGES, STOREFRONTS, read_part
from tests.services.policy.training.drawing import draw_messages, read_grammar

Source = Literal["dev", "short", "written", "drawn", "rule"]
LABELS = (
    "order_confirmation",
    "thanks_only",
    "promotion",
    "review_incentive",
    "review_change",
    "review_conditional",
    "cancel_request",
    "off_platform_payment",
    "unsubscribe",
    "sensitive",
    "contact_info",
    "phishing",
    "spam",
)
TO_SELLER = frozenset({"content.phishing", "content.spam"})
_SHORT = Path(__file__).parent.parent / "paraphrases"
_WRITTEN = Path(__file__).parent / "messages"
GRAMMARS = Path(__file__).parent / "grammars"
_PER_MOULD = 6
_DRAWN_SEED = 7
_DIRECTIONS: dict[str, Direction] = {"s2b": "seller_to_buyer", "b2s": "buyer_to_seller"}
_KINDS: dict[str, Kind] = {"p": "proactive", "r": "reply"}
_READABLE = {"direction", "kind", "subject", "text", "html", "language", "presale", "reason"}


@dataclass(frozen=True, slots=True)
class Example:
    """A message, its language, the rules that apply to it, where it comes from, and if written whose hand it is.

    `unknown`: the rules beside those in `labels` that may apply, too, as a look-alike of one rule may hit another.
    """

    candidate: Candidate
    language: str
    labels: frozenset[str]
    source: Source
    unknown: bool = False
    hand: str = ""


def read_examples() -> list[Example]:
    """Return all examples, each text once for a direction, in a fixed order: first the rules' own, which count more.

    Of these only the plain ones: HTML shows how its rule is told from links and pictures, not from words.
    """
    found: dict[tuple[str, str, str, str | None], Example] = {}
    plain = (one for one in read_rules_own() if one.candidate.html is None)
    for example in (*plain, *_labelled(), *_short(), *_written(), *_drawn()):
        one = example.candidate
        found.setdefault((one.direction, one.subject, one.text, one.html), example)
    return list(found.values())


def read_rules_own() -> Iterator[Example]:
    """Yield the rules' own examples, but those with attachments or headers. Of other rules they say nothing."""
    for path in sorted(PACKAGED.glob("content_*.toml")):
        rule = tomllib.loads(path.read_text("utf-8"))
        for kind in ("hit", "miss"):
            for example in rule.get("examples", {}).get(kind, ()):
                if set(example) <= _READABLE:
                    candidate = Candidate(**example, trusted_domains=STOREFRONTS)
                    labels = frozenset({rule["id"]} if kind == "hit" else ())
                    yield Example(candidate, candidate.language, labels, "rule", unknown=True)


def _labelled() -> Iterator[Example]:
    for message in read_part("dev"):
        yield Example(message.candidate(), message.lang, message.expect, "dev")


def _short() -> Iterator[Example]:
    """Yield the messages listed under headings that name their rule; `r: ` begins an answer."""
    for language in LANGUAGES:
        heading = ""
        for line in (_SHORT / f"{language}.txt").read_text("utf-8").split("\n"):
            if line.startswith("# "):
                heading = line[2:].strip()
            elif line.strip():
                yield _shortened(line, heading, language)


def _shortened(line: str, heading: str, language: str) -> Example:
    kind: Kind = "reply" if line.startswith("r: ") else "proactive"
    labels = frozenset({heading} if heading.startswith("content.") else ())
    direction: Direction = "buyer_to_seller" if heading == "clean_buyer" or labels & TO_SELLER else "seller_to_buyer"
    return Example(_candidate(direction, kind, line.removeprefix("r: "), language), language, labels, "short")


def _written() -> Iterator[Example]:
    """Yield the lines of `messages/*/*.tsv`: labels, direction, kind and text; `-` labels a clean message.

    Each folder is one hand's.
    """
    for path in sorted(_WRITTEN.glob("*/*.tsv")):
        for line in path.read_text("utf-8").split("\n"):
            columns = line.split("\t")
            if len(columns) != 4 or columns[1] not in _DIRECTIONS or columns[2] not in _KINDS:
                continue
            labels = frozenset(_full(name) for name in columns[0].replace(",", " ").split() if name != "-")
            text = columns[3].replace("\\n", "\n")
            candidate = _candidate(_DIRECTIONS[columns[1]], _KINDS[columns[2]], text, path.stem)
            yield Example(candidate, path.stem, labels, "written", hand=path.parent.name)


def _drawn() -> Iterator[Example]:
    """Yield messages drawn from the grammars; all of them are one hand."""
    for path in sorted(GRAMMARS.glob("*.txt")):
        for one in draw_messages(read_grammar(path), _PER_MOULD, _DRAWN_SEED):
            labels = frozenset(_full(name) for name in one.labels.split(",") if name != "-")
            candidate = _candidate(_DIRECTIONS[one.direction], _KINDS[one.kind], one.text, path.stem)
            yield Example(candidate, path.stem, labels, "drawn", hand="drawn")


def _full(name: str) -> str:
    return name if name.startswith("content.") else f"content.{name}"


def _candidate(direction: Direction, kind: Kind, text: str, language: str) -> Candidate:
    return Candidate(
        direction=direction,
        kind=kind,
        reason="other_required" if kind == "proactive" else None,
        text=text,
        language=language,
        sender_language=language,
        trusted_domains=STOREFRONTS,
    )
