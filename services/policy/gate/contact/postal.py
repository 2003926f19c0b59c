"""Finds where buyers tell that they live: a street with the number of a house, as six languages write it.

A town or a postcode alone is none. Names of streets are written with capitals, and something has to say that an address
is meant: a postcode behind it, or words such as "I live in" before it. A buyer's question that is spoilt by a mask is
worse than a street that shows.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, alternatives, flat

_LETTER = r"(?:\s?(?:bis|ter)(?![a-z])|[a-h](?![a-z])|\s?/\s?[a-z\d]{1,3}(?!\w)|-\d{1,3}(?!\d))"
_HOUSE = rf"\d{{1,4}}{_LETTER}?(?![\w°²³]|[.,:/-]\d)"
_NUMBER_SIGN = r"[,\s]{1,3}(?:(?:n|nr|no|num|numero|nummer)[.°º]{0,2}\s{0,2})?"
# Abbreviations have a dot, and others end a sentence with it.
_WORD = r"(?:[a-z]{1,3}\.|[a-z][a-z'-]{0,23})"
_ARTICLES = r"(?:\s(?:de|du|des|la|le|les|von|der|dem)(?![a-z]))"
# Of the syllables' letters those that names of districts are often written with.
_JAPANESE_NAME = "\u3005\u4e00-\u9fff\u30a1-\u30f6\u30fcのヶがみなとらうさい"
_FIGURES = "[\\d一二三四五六七八九十]{1,4}"
_JAPANESE = re.compile(
    rf"[市区町村郡][{_JAPANESE_NAME}]{{0,14}}?\s?{_FIGURES}"
    rf"(?:番地(?!の)|(?:丁目|番地の|番|[-ーの]){_FIGURES}(?:(?:番地?|[-ーの]){_FIGURES}){{0,2}}(?:番地|番|号)?)"
    r"(?!\d|\s?(?:日|時|週|個|本|枚|人|回|円|年|cm|mm|kg))"
)
_JAPANESE_BEGINNING = re.compile(r"[\u3005\u4e00-\u9fffさいたまつくば]{1,12}$")
_POSTCODE = re.compile(
    r"[,\s-]{1,4}(?:[a-z]-)?(?:\d{4,5}\s[a-z]|(?:[a-z'-]{2,24}[,\s]{1,3}){0,3}[a-z]{1,2}\d[a-z\d]?\s\d[a-z]{2}(?![a-z]))"
)
_CAPITAL = re.compile(r"(?:^|(?<=[\s'-]))[A-ZÀ-Þ][^\s,]*")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_FIGURE = re.compile(r"\d")
_NEAR, _NEXT, _TAIL = 40, 24, 60
_JAPANESE_NEXT = 14


class PostalAddresses:
    """Words of streets, and those that say that an address is meant, as the rule has them."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Take `streets`, words `not_in_streets`, `address_words` and `delivery_words` of a rule's parameters."""
        streets = parameters["streets"]
        leading, trailing, joined, numbered = (
            alternatives(NormalisedText(word).folded for word in streets[kind])
            for kind in ("leading", "trailing", "joined", "numbered")
        )
        word = rf"(?!(?:{alternatives(parameters['not_in_streets'])})(?![a-z'-])){_WORD}"
        self._streets = re.compile(
            rf"(?<![a-z])(?:{leading})(?:\s{{1,2}}|(?<=[./]))(?!o\s){word}(?:\s{word}){{0,4}}{_NUMBER_SIGN}{_HOUSE}"
            rf"|(?<![\w.,/-])(?P<numbered>{_HOUSE},?\s(?:{numbered}){_ARTICLES}{{0,3}}\s{word}(?:\s{word}){{0,3}})"
            rf"|(?<![\w.,/-]){_HOUSE},?\s{word}(?:\s{word}){{0,2}}\s(?:{trailing})(?![a-z])"
            rf"|(?<![a-z])(?:[a-z-]{{3,24}}|[a-z-]{{3,24}}\s)(?:{joined})(?:{_NUMBER_SIGN}|(?<=[.e])){_HOUSE}"
        )
        self._address = Words(flat(parameters["address_words"]))
        self._delivery = Words(flat(parameters["delivery_words"]))

    def find(self, passage: NormalisedText, field: str) -> Iterator[tuple[int, int]]:
        """Yield the spans in `passage` of streets with their numbers; `field` is the text its spans point into."""
        text = passage.folded
        if _FIGURE.search(text) is None:
            return
        for match in _JAPANESE.finditer(text):
            beginning = _JAPANESE_BEGINNING.search(text, max(0, match.start() - _JAPANESE_NEXT), match.start())
            start = match.start() if beginning is None else beginning.start()
            if self._address.search(text[max(0, start - _NEAR) : match.end() + _JAPANESE_NEXT]):
                yield start, match.end()
        for match in self._streets.finditer(text):
            start, end = passage.span(*match.span())
            capitals = list(_CAPITAL.finditer(field, start, end))
            if capitals and self._is_meant(text, match):
                # A street's name behind its number ends with a word in capitals, wherever the match does.
                after = len(_TAG.sub(" ", field[capitals[-1].end() : end]).split()) if match.group("numbered") else 0
                street = match.group().rsplit(maxsplit=after)[0] if after else match.group()
                yield match.start(), match.start() + len(street)

    def _is_meant(self, text: str, match: re.Match[str]) -> bool:
        if _POSTCODE.match(text, match.end(), match.end() + _TAIL):
            return True
        before = text[max(0, match.start() - _NEAR) : match.start()]
        return self._address.search(before) is not None or self._delivery.search(before[-_NEXT:]) is not None
