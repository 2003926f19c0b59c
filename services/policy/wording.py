"""Why reasons are closed, in the languages that the rules' explanations speak."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from services.policy.domain import Closed

_FILE = Path(__file__).with_name("wording.toml")


def say_closed(closed: Closed, language: str) -> str:
    """Return why a reason is closed as one sentence in `language` (a BCP 47 tag); in English where we lack it."""
    words = _read().get(language.replace("_", "-").partition("-")[0].lower())
    if words is None:
        return closed.sentence
    sentence: str = words[closed.code]
    return sentence.format(status=words["status"][closed.order_status]) if closed.order_status else sentence


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
