"""Subjects for messages whose author gave none, in the buyer's language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from shared.contracts.vocabulary import Reason

_DATA = Path(__file__).with_name("subjects.toml")
_FALLBACK = "en"


@cache
def load_subjects() -> Mapping[str, Mapping[str, str]]:
    """Return the subjects by language and reason, as the data file has them."""
    found: dict[str, dict[str, str]] = tomllib.loads(_DATA.read_text("utf-8"))
    return found


def make_subject(language: str, reason: Reason | None, order_id: str | None) -> str:
    """Return a subject that shows the order id (R-CONTACT-3), in `language` or, where we lack it, in English."""
    subjects = load_subjects()
    lines = subjects.get(language.partition("-")[0], subjects[_FALLBACK])
    if order_id is None:
        return lines["question"]
    return lines[reason.value if reason else "order"].format(order=order_id)
