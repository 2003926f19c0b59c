# ruff: noqa: RUF001  # Japanese text has full-width signs
"""Finds passwords that are given away and requests for what nobody may ask for."""

import re
from collections.abc import Iterator

from services.policy.gate.sensitive.numbers import words
from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, flat

_GIVEN = re.compile(
    r"\s{0,2}(?:[:：=]|\s(?:is|e'|è|e|ist|lautet|est|es|sera)\s|は|\s?->)\s{0,3}[\"'「『(]?([^\s\"'」』),;]{4,64})|\s{1,3}([^\s\"'」』,;:]{5,64})"
)
_DEVICE_NEAR = 24
_WORD_ONLY = re.compile(r"[a-zß-ɏ]{1,40}[.!?]{0,3}$|[^\x00-\x7f]+$")


class Secrets:
    """Finds given passwords and asked-for secrets; a device's own password is neither."""

    def __init__(self) -> None:
        """Use the packaged words."""
        self._passwords = Words(flat(words()["passwords"]))
        self._devices = Words(flat(words()["devices"]))
        self._secrets = Words(flat(words()["secrets"]))
        self._requests = Words(flat(words()["requests"]))
        self._denials = Words(flat(words()["denials"]))

    def find(self, passage: NormalisedText) -> Iterator[tuple[int, int]]:
        """Yield the spans of given passwords, and of secrets in sentences that ask for them."""
        text = passage.folded
        given, asked = self._passwords.search(text) is not None, self._secrets.search(text) is not None
        if not given and not asked:
            return
        for start, end in passage.sentences:
            sentence = text[start:end]
            if given:
                yield from self._given(text, start, sentence)
            secret = self._secrets.search(sentence) if asked else None
            if secret is None or self._denials.search(sentence) is not None:
                continue
            near = sentence[max(0, secret.start() - _DEVICE_NEAR) : secret.end() + _DEVICE_NEAR]
            if self._devices.search(near) is None and self._requests.search(sentence) is not None:
                yield start + secret.start(), start + secret.end()

    def _given(self, text: str, start: int, sentence: str) -> Iterator[tuple[int, int]]:
        words = list(self._passwords.finditer(sentence))
        if not words or self._devices.search(sentence) is not None:
            return
        for word in words:
            given = _GIVEN.match(text, start + word.end())
            if given is not None and _is_password(given):
                yield start + word.start(), given.end()


def _is_password(given: re.Match[str]) -> bool:
    if given.group(1):
        return _WORD_ONLY.match(given.group(1)) is None or any(sign in given.group() for sign in ":=：")
    candidate = given.group(2)
    return any(character.isdigit() for character in candidate) and any(character.isalpha() for character in candidate)
