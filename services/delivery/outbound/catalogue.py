"""The words of notices, one TOML file a language, and those around messages; templates say how they are laid out."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from shared.letterhead import Phrases, read_letterheads

FOLDER = Path(__file__).parent / "wording"
FALLBACK = "en"
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@dataclass(frozen=True, slots=True)
class Wording:
    """One language's phrases for each kind of mail, with `{business}`, `{marketplace}`, `{order}` to fill in."""

    language: str
    letter: Phrases
    notice: dict[str, str]
    confirmation: dict[str, str]
    standing: dict[str, str]
    update: dict[str, str]


def choose_language(*wanted: str) -> str:
    """Return the first of the wanted languages (BCP 47 tags) that the catalogue has, else English."""
    for tag in wanted:
        language = tag.replace("_", "-").partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return FALLBACK


@cache
def read_wording(language: str) -> Wording:
    """Return the phrases of one of `LANGUAGES`."""
    tables = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return Wording(
        language,
        read_letterheads()[language],
        tables["notice"],
        tables["confirmation"],
        tables["standing"],
        tables["update"],
    )


@cache
def templates() -> Environment:
    """Return the templates; those for HTML escape what they are given."""
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
