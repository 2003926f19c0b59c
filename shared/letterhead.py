"""The words that stand around every message when it leaves as a mail.

Delivery writes them; the gate must know them, since answers quote them as if the other side had said them.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

FALLBACK = "en"
_ACTIONS = ("no_response_needed", "report")
_FILE = Path(__file__).with_name("letterhead.toml")
Phrases = Mapping[str, str]


@cache
def read_letterheads() -> Mapping[str, Phrases]:
    """Return the phrases by language (ISO 639-1), with `{business}`, `{marketplace}`, `{order}` to fill in."""
    letterheads: dict[str, Phrases] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return letterheads


def choose_letterhead(*wanted: str) -> str:
    """Return the first of the wanted languages (BCP 47 tags) that there are phrases in, else English."""
    for tag in wanted:
        language = tag.replace("_", "-").partition("-")[0].lower()
        if language in read_letterheads():
            return language
    return FALLBACK


def fill_letterheads(languages: Iterable[str], *, business: str, marketplace: str, order: str) -> list[str]:
    """Return all phrases in these languages with the names filled in."""
    return [
        phrase.format(business=business, marketplace=marketplace, order=order)
        for phrases in _choose(languages)
        for phrase in phrases.values()
    ]


def list_actions(languages: Iterable[str]) -> list[str]:
    """Return the words of the links below a message in these languages."""
    return [phrases[action] for phrases in _choose(languages) for action in _ACTIONS]


def _choose(languages: Iterable[str]) -> list[Phrases]:
    return [read_letterheads()[one] for one in dict.fromkeys(choose_letterhead(language) for language in languages)]
