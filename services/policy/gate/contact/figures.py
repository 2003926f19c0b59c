"""Knows figures that are no telephone numbers by their shape: order ids, dates, prices, measures, parcel numbers."""

import re
from collections.abc import Sequence

import phonenumbers

from services.policy.gate.contact.phone import MOBILE, is_mobile

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
# Shapes that are something else, tried where a figure begins: order ids, dates, times, prices, measures.
_OTHER = re.compile(
    r"(?<!\d)\d{3}[\s-]{0,3}\d{7}[\s-]{0,3}\d{7}(?!\d)"
    rf"|(?<![\da-z.])(?:{_DAY}[./-]{_MONTH}[./-](?:19|20)?\d{{2}}|{_MONTH}[./-]{_DAY}[./-](?:19|20)?\d{{2}}"
    rf"|(?:19|20)\d{{2}}[./-]{_MONTH}[./-]{_DAY})(?![\d]|[./ -][a-z]?\d)"
    rf"|(?<![\da-z.]){_DAY}[ ]{_MONTH}[ ](?:19|20)\d{{2}}(?!\d|[./ -]\d)"
    r"|(?:[01]?\d|2[0-3])[.h][0-5]\d\s?-\s?(?:[01]?\d|2[0-3])[.h][0-5]\d(?!\d|[./-]\d)"
    r"|(?:19|20)\d{2}\s?[-/]\s?(?:19|20)?\d{2}(?![\d]|[./ -]\d)"
    r"|(?<!:)\d{1,2}:\d{2}(?::\d{2})?(?!\d)(?:\s?-\s?\d{1,2}:\d{2}(?!\d))?"
    r"|20\d{6}(?=\s+\d{1,2}:\d)"
    rf"|(?<=[€$£¥円])\s?\d{{1,9}}(?:[.,' ]\d{{2,3}}(?!\d)){{0,3}}"
    rf"|(?<=[€$£¥円]\s)\d{{1,9}}(?:[.,' ]\d{{2,3}}(?!\d)){{0,3}}"
    rf"|(?<=[er][uo][ro]\s)\d{{1,9}}(?:[.,' ]\d{{2,3}}(?!\d)){{0,3}}"
    r"|\d{1,5}(?:[.,]\d{1,2})?\s?x\s?\d{1,5}(?:[.,]\d{1,2})?(?:\s?x\s?\d{1,5}(?:[.,]\d{1,2})?)?"
    r"|\d{1,4}年(?:\d{1,2}月)?(?:\d{1,2}日)?"
)
_MEASURE = re.compile(
    rf"(?<![.+])(\d{{1,6}}(?:[.,'\s]\d{{1,3}}){{0,3}}(?:\s?[-x*]\s?\d{{1,5}}(?:[.,]\d{{1,3}})?){{0,3}})\s?(?:{_CURRENCY}|{_UNIT})"
)
# Of a number that is dialled, what stands before its last groups: "07700 900418 in the morning" is no measure.
_DIALLED_BEFORE = re.compile(r"(?<![\d.,])\+?\(?\d[\d()]{0,8}(?:[ ./-]{1,2}[\d()]{1,6}){0,4}[ ./-]{1,2}$")
_DIALLED = re.compile(r"0[1-9]\d{7,10}|(?:3\d|[6-9])\d{8}|(?:00)?(?:39|49|33|34|44|81|43|41|32)\d{8,11}")
_LONGEST_WRITTEN = 24
_SPANISH = re.compile(r"[6-9]\d\d(?:[ .-]\d\d){3}")
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


def barred(text: str, more: Sequence[tuple[int, int]]) -> str:
    """Return folded `text`, as long as before, with everything blotted out that holds no telephone number."""
    spans = [*more]
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
            or _measured(text, start)
        )
        if other is not None:
            spans.append(other.span())
            done = other.end()
    if not spans:
        return text
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


def _measured(text: str, start: int) -> re.Match[str] | None:
    """Return the measure or price that begins here, unless its figures are the end of a number that is dialled."""
    measure = _MEASURE.match(text, start)
    if measure is None:
        return None
    before = _DIALLED_BEFORE.search(text, max(0, start - _LONGEST_WRITTEN), start)
    figures = measure.group(1)
    if before is None and figures[0] != "0" and not _SPANISH.fullmatch(figures):
        return measure  # "600 700 800 mm"
    digits = re.sub(r"\D", "", (before.group() if before else "") + figures)
    return None if _DIALLED.fullmatch(digits) else measure


def _tracked(text: str, start: int) -> re.Match[str] | None:
    """Return the tracking number that begins here, unless it may be a mobile number or words made to look like one."""
    tracked = _TRACKED.match(text, start)
    if tracked is None:
        return None
    letter, sender = (re.sub(r"\s", "", tracked.group(number) or "") for number in (1, 2))
    is_sender = sum(map(str.isdigit, sender)) > 1
    return tracked if is_sender or (letter and not MOBILE.match(letter)) else None


def _posted(text: str, start: int) -> re.Match[str] | None:
    """Return the figures, which begin here, and country of a postal item.

    Its check figure is right, or it could not be dialled as a mobile number either.
    """
    item = _POSTAL_ITEM.match(text, start)
    if item is None or not _SERVICE.search(text[max(0, start - 4) : start]):
        return None
    digits = re.sub(r"\s", "", item.group(1))
    *figures, check = map(int, digits)
    rest = 11 - sum(weight * figure for weight, figure in zip(_S10_WEIGHTS, figures, strict=True)) % 11
    is_harmless = check == {10: 0, 11: 5}.get(rest, rest) or not is_mobile(digits)
    return item if is_harmless and item.group(2).upper() in phonenumbers.SUPPORTED_REGIONS else None
