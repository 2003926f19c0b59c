"""The labelled messages: what a careful moderator expects the content rules to find, in six languages.

`dev/` is for looking at while rules are written, `heldout/` is only for measuring. Each time it is measured, what is
chosen next knows a little of it: then somebody who knows only the rules writes a new one, and the old one joins `dev/`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from services.policy.gate.candidate import Candidate, Direction, Kind

Part = Literal["dev", "heldout"]
PARTS: tuple[Part, ...] = get_args(Part)
LANGUAGES = ("it", "en", "de", "fr", "es", "ja")
KEYS = ("id", "lang", "direction", "kind", "reason", "subject", "text", "html", "presale", "expect")
_FOLDER = Path(__file__).parent

# The reference's storefronts: links to these are the marketplace's own.
STOREFRONTS = frozenset(
    f"amazon.{suffix}"
    for suffix in "it co.uk de fr es nl se pl com.be ie com.tr com ca com.mx co.jp".split()  # noqa: SIM905 - one line reads better than fifteen
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message with its label: the ids of the rules that apply, none for a clean one."""

    id: str
    lang: str
    direction: Direction
    kind: Kind
    reason: str | None
    subject: str
    text: str
    html: str | None
    presale: bool
    expect: frozenset[str]

    @property
    def clean(self) -> bool:
        return not self.expect

    def candidate(self) -> Candidate:
        """Return the message as the gate gets it."""
        return Candidate(
            direction=self.direction,
            kind=self.kind,
            reason=self.reason,
            subject=self.subject,
            text=self.text,
            html=self.html,
            language=self.lang,
            sender_language=self.lang,
            presale=self.presale,
            trusted_domains=STOREFRONTS,
        )


def read_rows(part: Part, lang: str) -> list[dict[str, Any]]:
    """Return the raw objects of one file, in order."""
    content = (_FOLDER / part / f"{lang}.jsonl").read_text("utf-8")
    # Only a line feed ends a message: its text may hold other separators, which `splitlines` would cut at.
    return [json.loads(line) for line in content.split("\n") if line]


def read_part(part: Part) -> list[Labelled]:
    """Return all messages of a part, language by language."""
    return [
        Labelled(**(row | {"expect": frozenset(row["expect"])})) for lang in LANGUAGES for row in read_rows(part, lang)
    ]
