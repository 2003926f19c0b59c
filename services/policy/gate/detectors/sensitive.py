"""Finds payment cards, bank accounts, identity numbers, passwords, and requests for such secrets."""

from collections.abc import Iterable
from typing import Any

from services.policy.gate.judged import Detector, Hit, Judged
from services.policy.gate.sensitive.numbers import Numbers
from services.policy.gate.sensitive.secrets import Secrets


def build(parameters: dict[str, Any]) -> Detector:
    """Return the detector; it takes no parameters, its words are packaged."""
    if parameters:
        raise ValueError(f"unknown parameter {', '.join(parameters)}")
    numbers, secrets = Numbers(), Secrets()

    def find(judged: Judged) -> Iterable[Hit]:
        for passage in judged.passages:
            for span in (*numbers.find(passage.text), *secrets.find(passage.text)):
                yield Hit(passage.field, *passage.text.span(*span))

    return find
