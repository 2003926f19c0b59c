# ruff: noqa: RUF001  # Japanese text has full-width signs
"""Finds passwords that are given away and requests for what nobody may ask for."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

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
        given, asked = self._passwords.list_starts(passage), self._secrets.list_starts(passage)
        for start, end in passage.sentences if given or asked else ():
            sentence = text[start:end]
            if _has_one(given, start, end):
                yield from self._given(text, start, sentence)
            secret = self._secrets.search(sentence) if _has_one(asked, start, end) else None
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


def _has_one(places: Sequence[int], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end


def _is_password(given: re.Match[str]) -> bool:
    if given.group(1):
        return _WORD_ONLY.match(given.group(1)) is None or any(sign in given.group() for sign in ":=：")
    candidate = given.group(2)
    return any(character.isdigit() for character in candidate) and any(character.isalpha() for character in candidate)
