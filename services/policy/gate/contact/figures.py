"""Knows figures that are no telephone numbers by their shape: order ids, dates, prices, measures, parcel numbers."""

import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

import phonenumbers

from services.policy.gate.contact.phone import MOBILE

IsCalled: TypeAlias = Callable[[int, int], bool]

_CURRENCY = (
    r"(?:[€$£¥円]|eur(?:os?|i)?\b|usd\b|gbp\b|chf\b|jpy\b|yen\b|dollars?\b|pounds?\b|franken\b|zl\b|pln\b|sek\b)"
)
_UNIT = (
    r"(?:%|°|\"|''|[cmdk]?m[23²³]?\b|in\b|inch\w*|zoll\b|pollici\b|pouces\b|pulgadas\b|ft\b|[mk]?g\b|[mc]?l\b|litri\b|liter\b|k?wh?\b"
    r"|watt\w*|k?v\b|volt\b|m?ah?\b|mah\b|k?hz\b|mhz\b|ghz\b|[kmgt]b\b|px\b|dpi\b|rpm\b|db\b|lm\b|lumen\b|bar\b|psi\b|nm\b"
    r"|pz\b|pezzi\b|pcs\b|pieces\b|pieces?\b|stk\b|stuck\b|piezas\b|uds?\b|unidades\b|x\b|mm\b"
    r"|giorn[io]\b|tag\w{0,3}\b|jours?\b|dias?\b|days?\b|ore\b|hours?\b|stunden?\b|heures?\b|horas?\b|min\w*\b|uhr\b|h\d{0,2}\b"
    r"|[個枚本台月日年時分号週階歳点冊組円名人セ箱袋足着回倍才秒話番])"
)
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = (
    rf"{_DAY}[./-]{_MONTH}[./-](?:19|20)?\d{{2}}|{_MONTH}[./-]{_DAY}[./-](?:19|20)?\d{{2}}"
    rf"|(?:19|20)\d{{2}}[./-]{_MONTH}[./-]{_DAY}"
)
# Shapes that are something else, tried where a figure begins: order ids, dates, times, prices, timetables, places on a
# map, addresses in a home network, codes to key in.
_OTHER = re.compile(
    r"(?<!\d)\d{3}[\s-]{0,3}\d{7}[\s-]{0,3}\d{7}(?!\d)"
    rf"|(?<![\da-z.])(?:{_DATE})(?![\d]|[./ -][a-z]?\d)"
    rf"|(?<![\da-z.]){_DAY}[ ]{_MONTH}[ ](?:19|20)\d{{2}}(?!\d|[./ -]\d)"
    r"|(?:[01]?\d|2[0-3])[.h][0-5]\d\s?-\s?(?:[01]?\d|2[0-3])[.h][0-5]\d(?!\d|[./-]\d)"
    r"|(?:19|20)\d{2}\s?[-/]\s?(?:19|20)?\d{2}(?![\d]|[./ -]\d)"
    r"|(?<!:)\d{1,2}:\d{2}(?::\d{2})?(?!\d)(?:\s?-\s?\d{1,2}:\d{2}(?!\d))?"
    r"|20\d{6}(?=\s+\d{1,2}:\d)"
    rf"|(?<=[€$£¥円])\s?\d{{1,9}}(?:[.,' ]\d{{2,3}}(?!\d)){{0,3}}"
    rf"|(?<=[€$£¥円]\s)\d{{1,9}}(?:[.,' ]\d{{2,3}}(?!\d)){{0,3}}"
    rf"|(?<=[er][uo][ro]\s)\d{{1,9}}(?:[.,' ]\d{{2,3}}(?!\d)){{0,3}}"
    r"|\d{1,5}(?:[.,]\d{1,2})?\s?x\s?\d{1,5}(?:[.,]\d{1,2})?(?:\s?x\s?\d{1,5}(?:[.,]\d{1,2})?)?"
    r"|(?:\d{1,2}[.:][0-5]\d,\s){2,20}\d{1,2}[.:][0-5]\d(?!\d)"
    r"|\d{1,3}\.\d{3,8},\s?-?\d{1,3}\.\d{3,8}(?!\d)"
    r"|(?<![\d.])(?:192\.168|10\.\d{1,3}|127\.0)\.\d{1,3}\.\d{1,3}(?![\d.]\d)"
    r"|(?<=[*#])\d{2,12}[*#]"
    r"|\d{1,4}年(?:\d{1,2}月)?(?:\d{1,2}日)?"
)
_MEASURE = re.compile(
    rf"(?<![.+])(\d{{1,6}}(?:[.,'\s]\d{{1,3}}){{0,3}}(?:\s?[-x*]\s?\d{{1,5}}(?:[.,]\d{{1,3}})?){{0,3}})\s?(?:{_CURRENCY}|{_UNIT})"
)
# Words that are units too, which may well follow a number that is dialled: "07700 900418 in the morning".
_LOOSE_UNIT = re.compile(
    r"\s?(?:in|a|x|m|h\d{0,2}|giorn\w*|tag\w*|jours?|dias?|days?|ore|hours?|stunden?|heures?|horas?|min\w*|uhr)\b|\s?[日時分番]"
)
# What stands before the last groups of a number, as far as they may be one with it.
_GROUPS_BEFORE = re.compile(r"(?<!\d)(?<!\d[.,])\+?\(?\d[\d()]{0,8}(?:[ ./-]{1,3}[\d()]{1,6}){0,8}[ ./-]{1,3}$")
_GROUP = re.compile(r"\+?\d+")
_DATED = re.compile(_DATE)
_CALLED_LENGTHS, _TRUNK_LENGTHS, _ABROAD_LENGTHS = range(8, 14), range(9, 13), range(8, 16)
_SOUTHERN = re.compile(
    r"3\d\d[ .-](?:\d{3}[ .-]?\d{4}|\d\d[ .-]\d\d[ .-]\d{3})|[6-9]\d\d(?:[ .-]\d{3}){2}|[6-9]\d\d(?:[ .-]\d\d){3}"
)
_LONGEST_WRITTEN = 28
# Groups of four after two letters and two figures, as in an IBAN.
_LETTERED = re.compile(r"\d{2}(?:[ ]?[0-9a-z]{4}){3,8}[ ]?[0-9a-z]{0,4}(?![a-z0-9])")
# Two letters, eight figures and one that checks them, the country: an item of the post (UPU S10).
_POSTAL_ITEM = re.compile(r"((?:\d\s?){9})([a-z]{2})(?![a-z\d])")
_SERVICE = re.compile(r"(?<![a-z\d])[celruv][a-z]\s?$")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
# A figure, an L, eleven figures: a letter that La Poste tracks. 1Z, six of the sender, ten figures: a parcel of UPS.
_TRACKED = re.compile(
    r"(?<![\da-z])(?:[1-9]l\s?((?:\d\s?){10}\d)|1z\s?([\da-z]{3}\s?[\da-z]{3})\s?\d\d\s?\d{4}\s?\d{4})(?![\da-z])"
)
_FIGURES = re.compile(r"\d+")
_BAR = "€"  # stands in for what is no telephone number: no digit and no separator


def find_others(text: str, is_called: IsCalled) -> list[tuple[int, int]]:
    """Return the spans in folded `text` of figures that hold no telephone number.

    `is_called` tells whether the words around a place speak of a telephone.
    """
    spans = []
    done = 0
    for figures in _FIGURES.finditer(text):
        start = figures.start()
        if start < done:
            continue
        other = (
            _lettered(text, start)
            or _tracked(text, start)
            or _posted(text, start)
            or _OTHER.match(text, start)
            or _measured(text, start, is_called)
        )
        if other is not None:
            spans.append(other.span())
            done = other.end()
    return spans


def blot(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `text`, as long as before, with `spans` blotted out."""
    parts = []
    done = 0
    for start, end in sorted(spans):
        if end > done:
            begin = max(start, done)
            parts += [text[done:begin], _BAR * (end - begin)]
            done = end
    parts.append(text[done:])
    return "".join(parts)


def _lettered(text: str, start: int) -> re.Match[str] | None:
    letters = text[max(0, start - 2) : start]
    return _LETTERED.match(text, start) if len(letters) == 2 and letters.isalpha() else None  # noqa: PLR2004  # a country


def _measured(text: str, start: int, is_called: IsCalled) -> re.Match[str] | None:
    """Return the measure or price that begins here, unless its figures are the end of a number that is dialled."""
    measure = _MEASURE.match(text, start)
    if measure is None:
        return None
    end = measure.end(1)
    before = _GROUPS_BEFORE.search(text, max(0, start - _LONGEST_WRITTEN), start)
    begin = before.start() if before else start
    if _DATED.match(text, begin, start) or not set("x*,'").isdisjoint(text[begin:end]):
        return measure
    loose = _LOOSE_UNIT.match(text, end) is not None
    for group in _GROUP.finditer(text, begin, start + 1):
        if _is_written_as_dialled(text[group.start() : end], loose=loose):
            return None
    digits = sum(map(str.isdigit, text[begin:end]))
    return None if loose and digits in _CALLED_LENGTHS and is_called(begin, end) else measure


def _is_written_as_dialled(written: str, *, loose: bool) -> bool:
    """Tell whether groups of figures look like a whole number abroad or at home; `loose`: before a word, not a unit."""
    groups = re.findall(r"\d+", written)
    digits = "".join(groups)
    if written[0] == "+" or digits.startswith("00"):
        return len(digits) in _ABROAD_LENGTHS
    if digits[0] == "0":
        pairs = {len(group) for group in groups} == {2}
        rising = all(one < other for one, other in pairwise(groups))
        return len(digits) in _TRUNK_LENGTHS and "/" not in written[len(groups[0]) + 1 :] and not (pairs and rising)
    return loose and _SOUTHERN.fullmatch(written) is not None


def _tracked(text: str, start: int) -> re.Match[str] | None:
    """Return the tracking number that begins here, unless it may be a mobile number or words made to look like one."""
    tracked = _TRACKED.match(text, start)
    if tracked is None:
        return None
    letter, sender = (re.sub(r"\s", "", tracked.group(number) or "") for number in (1, 2))
    is_sender = sum(map(str.isdigit, sender)) > 1
    return tracked if is_sender or (letter and not MOBILE.match(letter)) else None


def _posted(text: str, start: int) -> re.Match[str] | None:
    """Return the figures, which begin here, and country of a postal item whose check figure is right."""
    item = _POSTAL_ITEM.match(text, start)
    if item is None or not _SERVICE.search(text[max(0, start - 4) : start]):
        return None
    *figures, check = map(int, re.sub(r"\s", "", item.group(1)))
    rest = 11 - sum(weight * figure for weight, figure in zip(_S10_WEIGHTS, figures, strict=True)) % 11
    is_sound = check == {10: 0, 11: 5}.get(rest, rest)
    return item if is_sound and item.group(2).upper() in phonenumbers.SUPPORTED_REGIONS else None
