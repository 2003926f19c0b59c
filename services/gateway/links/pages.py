"""The pages behind links, in the reader's language: plain HTML, no script, nothing fetched from anywhere."""

import tomllib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.gateway.links.service import Subject

FOLDER = Path(__file__).parent / "wording"
FALLBACK = "en"
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def choose_language(tag: str) -> str:
    """Return the catalogue's language for a BCP 47 tag, English where it has none."""
    language = tag.partition("-")[0].lower()
    return language if language in LANGUAGES else FALLBACK


@cache
def read_wording(language: str) -> dict[str, dict[str, str]]:
    """Return the phrases of one of `LANGUAGES`, by page."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def write_page(page: str, subject: Subject) -> str:
    """Return a page; where the catalogue has a button for it, one that asks, and acts by POST to its own address."""
    language = choose_language(subject.language)
    names = {"business": subject.business, "marketplace": subject.marketplace, "order": subject.order_id}
    words = {name: phrase.format(**names) for name, phrase in read_wording(language)[page].items()}
    return _templates().get_template("page.html.j2").render(language=language, words=words, order=subject.order_id)
