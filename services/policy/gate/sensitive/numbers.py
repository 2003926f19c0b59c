"""Finds payment cards, bank accounts and identity numbers in folded text, by their own check digits and words."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stdnum import iban, luhn
from stdnum.es import dni, nie
from stdnum.fr import nir

from services.policy.gate.scan import DIGIT, Quick
from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, flat

WORDS = Path(__file__).with_name("words.toml")

# A digit first, here and below, so that the search skips what is none.
_ORDER_ID = re.compile(r"\d(?<!\d\d)\d{2}-\d{7}-\d{7}(?!\d)")
_CARD = re.compile(r"\d(?<![\d.,+-]\d)(?:[ .\-_*]{0,2}\d){12,18}(?![\d]|[.,-]\d)")
# First digits and lengths of the card schemes (ISO/IEC 7812).
_SCHEMES = re.compile(
    r"(?:4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01]|720)\d{12,13}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14}|(?:50|5[6-9]|6\d)\d{14})$"
)
_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}[ ]?\d{2}(?:[ .-]?[0-9a-z]){11,32}")
_IBAN_COUNTRIES = frozenset(
    [
        "ad",
        "at",
        "be",
        "bg",
        "ch",
        "cy",
        "cz",
        "de",
        "dk",
        "ee",
        "es",
        "fi",
        "fo",
        "fr",
        "gb",
        "ge",
        "gi",
        "gl",
        "gr",
        "hr",
        "hu",
        "ie",
        "il",
        "is",
        "it",
        "li",
        "lt",
        "lu",
        "lv",
        "mc",
        "md",
        "me",
        "mk",
        "mt",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "rs",
        "se",
        "si",
        "sk",
        "sm",
        "tr",
        "ua",
        "va",
    ]
)
_MOST_IBAN, _LEAST_IBAN = 34, 15
_TAX_CODE = re.compile(r"(?<![a-z0-9])[a-z]{6}[ ]?\d{2}[ ]?[abcdehlmprst][ ]?\d{2}[ ]?[a-z]\d{3}[ ]?[a-z](?![a-z0-9])")
_NIR = re.compile(r"[12](?<![\d.-][12])[ .]?\d{2}[ .]?\d{2}[ .]?\d[\dab][ .]?\d{3}[ .]?\d{3}[ .]?\d{2}(?![\d])")
_SPANISH = re.compile(r"(?<![a-z0-9])(?:\d{8}[ -]?[a-z]|[xyz][ -]?\d{7}[ -]?[a-z])(?![a-z0-9])")
# What one fast pass does not find, the patterns above have not to look for; the last is what most codes look like.
_QUICK = Quick(
    rf"{DIGIT}(?:[ .\-_*]{{0,2}}{DIGIT}){{12}}",
    rf"(?:^|[^a-z0-9])(?:{'|'.join(sorted(_IBAN_COUNTRIES))}) ?{DIGIT}{{2}}(?:[ .-]?[0-9a-z]){{11}}",
    (
        rf"[a-z]{{6}} ?{DIGIT}{{2}} ?[abcdehlmprst] ?{DIGIT}{{2}} ?[a-z]{DIGIT}{{3}}"
        rf"|[12](?:[ .]?{DIGIT}{{2}}){{2}}[ .]?{DIGIT}(?:{DIGIT}|[ab])[ .]?{DIGIT}{{3}}[ .]?{DIGIT}{{3}}"
        rf"|{DIGIT}{{8}}[ -]?[a-z]|[xyz][ -]?{DIGIT}{{7}}[ -]?[a-z]"
    ),
    (
        r"(?:[0-9][ .\-_*]?[ .\-_*]?){7}|[a-z][a-z][ ]?[0-9]{2}[ .-]?[0-9a-z]{4}|[a-z]{6}[ ]?[0-9]{2}"
        r"|[0-9]{5}|[a-z][0-9]{2}[a-z0-9]{4}|[0-9][0-9. -]{5}"
    ),
)
_QUICK_CARD, _QUICK_ACCOUNT, _QUICK_IDENTITY, _QUICK_CODE = range(4)
_CODE = re.compile(
    r"(?<![a-z0-9])(?=[a-z0-9]{0,12}\d)[a-z0-9]{1,20}"
    r"(?:[ ./-]{1,2}(?=[a-z]{0,3}\d)[a-z0-9]{1,12}){0,6}(?![a-z0-9])"
)
_NEAR, _CODE_NEAR, _FEWEST_DIGITS = 36, 34, 5


@cache
def words() -> Mapping[str, Any]:
    """Return the packaged words around sensitive data."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


class Numbers:
    """Finds sensitive numbers; the words tell a card from a parcel and an identity card from an article."""

    def __init__(self) -> None:
        """Use the packaged words."""
        self._other = Words(words()["other_numbers"])
        self._transfer = Words(words()["transfers"])
        self._identity = Words(flat(words()["identity"]))

    def find(self, passage: NormalisedText) -> Iterator[tuple[int, int]]:
        """Yield the spans of sensitive numbers in a passage, folded."""
        text = passage.folded
        if text.count("-") > 1:
            text = _ORDER_ID.sub(lambda match: "€" * len(match.group()), text)
        possible = _QUICK.list_numbers(text)
        if _QUICK_CARD in possible:
            yield from self._cards(text)
        if _QUICK_ACCOUNT in possible:
            yield from self._accounts(text)
        if _QUICK_IDENTITY in possible:
            yield from self._identities(text)
        if _QUICK_CODE in possible or text != passage.folded:
            yield from self._announced(passage, text)

    def _cards(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _CARD.finditer(text):
            digits = re.sub(r"\D", "", match.group())
            if _SCHEMES.match(digits) and luhn.is_valid(digits) and not self._is_other(text, match.start()):
                yield match.span()

    def _is_other(self, text: str, start: int) -> bool:
        return self._other.search(text[max(0, start - _NEAR) : start]) is not None

    def _accounts(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _IBAN.finditer(text):
            if match.group()[:2] in _IBAN_COUNTRIES:
                end = self._account_end(text, match)
                if end is not None:
                    yield match.start(), end

    def _account_end(self, text: str, match: re.Match[str]) -> int | None:
        """Return where the account number ends that begins at `match`, which may run on into words."""
        compact = re.sub(r"[^0-9a-z]", "", match.group()).upper()
        for length in range(min(len(compact), _MOST_IBAN), _LEAST_IBAN - 1, -1):
            if iban.is_valid(compact[:length]):
                return _after(text, match.start(), length)
        digits = sum(character.isdigit() for character in compact[:24])
        near = text[max(0, match.start() - 2 * _NEAR) : match.start()]
        if digits >= _LEAST_IBAN - 1 and self._transfer.search(near) is not None:
            return match.end()
        return None

    def _identities(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _TAX_CODE.finditer(text):
            yield match.span()
        for match in _NIR.finditer(text):
            if nir.is_valid(re.sub(r"\W", "", match.group()).upper()):
                yield match.span()
        for match in _SPANISH.finditer(text):
            code = re.sub(r"\W", "", match.group()).upper()
            if (dni.is_valid(code) or nie.is_valid(code)) and not self._is_other(text, match.start()):
                yield match.span()

    def _announced(self, passage: NormalisedText, text: str) -> Iterator[tuple[int, int]]:
        """Yield the codes that a word before them says to be of an identity."""
        for word in self._identity.finditer(passage):
            code_match = _CODE.search(text, word.end(), word.end() + _CODE_NEAR + 24)
            if code_match is None or code_match.start() - word.end() > _CODE_NEAR:
                continue
            if _is_code(code_match.group()):
                yield code_match.span()


def _is_code(code: str) -> bool:
    return sum(character.isdigit() for character in code) >= _FEWEST_DIGITS


def _after(text: str, start: int, length: int) -> int:
    """Return the position after `length` letters and digits from `start` on."""
    at = start
    while length and at < len(text):
        length -= text[at].isalnum()
        at += 1
    return at
