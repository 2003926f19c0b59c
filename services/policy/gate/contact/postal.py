"""Finds postal addresses: a street with a house's number, as six languages write it.

A town or a postcode alone is none: whoever asks whether something is delivered there has not told where he lives.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, alternatives, flat

_NAME = r"[a-z][a-z.'-]{0,23}"
_LAST_NAME = r"[a-z](?:[a-z.'-]{0,22}[a-z])?(?![a-z])"
_UNIT = r"(?:[cm]?m|k?g|[lw]|eur|euros?|gb|watt|volt|zoll|cuotas?|fois|pcs|st|x|h|%|€|£|\$)"
_NUMBER = rf"\d{{1,4}}(?:\s?(?:bis|ter)|[a-h])?(?:[-/]\d{{1,3}})?(?![\w°²³]|[.,:/-]\d|\s{{0,2}}{_UNIT}(?![a-z]))"
_BEFORE_NUMBER = r"[,\s]{1,3}(?:(?:n|nr|no|num|numero|nummer)[.°º]{0,2}\s{0,2})?"
_KANJI = "\u3005\u4e00-\u9fff\u30a1-\u30f6\u30fc"
_BLOCK = r"(?:\d{1,4}(?:丁目|番地|番|号|[-の]))"
_JAPANESE = re.compile(
    rf"[{_KANJI}]{{1,12}}[都道府県市区郡町村][{_KANJI}字]{{0,16}}{_BLOCK}{{1,3}}\d{{0,4}}(?:番地|番|号)?(?![\d-]|\s?(?:日|時|週|個|本|枚|人|回|円|年|[cmkg]))"
)
_POSTCODE = re.compile(r"[,\s-]{1,4}(?:[a-z]-)?(?:\d{4,5}\s[a-z]|[a-z]{1,2}\d[a-z\d]?\s\d[a-z]{2}(?![a-z]))")
_FIGURE = re.compile(r"\d")
_CUE_REACH, _TAIL = 60, 40


class PostalAddresses:
    """Street words of six languages: sure ones, and those that need a postcode or a word such as `address` nearby."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Take `streets`, `perhaps_streets`, `never_`, `after_streets` and `address_words` of a rule's parameters."""
        self._sure = _shapes(parameters["streets"], parameters["after_streets"])
        self._perhaps = _shapes(parameters["perhaps_streets"], parameters["after_streets"])
        self._cues = Words(flat(parameters["address_words"]))
        self._never = Words(flat(parameters["never_streets"]))

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the spans of streets with their numbers in folded `text`."""
        if _FIGURE.search(text) is None:
            return
        yield from (match.span() for match in _JAPANESE.finditer(text))
        for match in self._sure.finditer(text):
            if not self._never.search(match.group()):
                yield match.span()
        for match in self._perhaps.finditer(text):
            if not self._never.search(match.group()) and self._is_address(text, match):
                yield match.span()

    def _is_address(self, text: str, match: re.Match[str]) -> bool:
        if _POSTCODE.match(text, match.end(), match.end() + _TAIL):
            return True
        return self._cues.search(text[max(0, match.start() - _CUE_REACH) : match.start()]) is not None


def _shapes(streets: Mapping[str, Sequence[str]], after: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of streets by where their word stands; a name ends before the words `after`."""
    more = rf"(?:\s(?!(?:{alternatives(after)})(?![a-z])){_LAST_NAME})"
    leading, trailing, joined, numbered = (
        alternatives(NormalisedText(word).folded for word in streets[kind])
        for kind in ("leading", "trailing", "joined", "numbered")
    )
    return re.compile(
        rf"(?<![a-z])(?:{leading})(?:\s{{1,2}}|(?<=[./]))(?!o\s){_NAME}(?:\s{_NAME}){{0,4}}{_BEFORE_NUMBER}{_NUMBER}"
        rf"|(?<![\w.,/-]){_NUMBER},?\s(?:{numbered})(?:\s(?:de|du|des|la|le|les|saint|ste?\.?)){{0,3}}{more}{{1,2}}"
        rf"|(?<![\w.,/-]){_NUMBER},?\s{_NAME}(?:\s{_NAME}){{0,2}}\s(?:{trailing})(?![a-z])"
        rf"|(?<![a-z])(?:[a-z-]{{3,24}}|[a-z-]{{3,24}}\s)(?:{joined}){_BEFORE_NUMBER}{_NUMBER}"
    )
