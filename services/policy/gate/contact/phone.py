"""Decides which runs of digits are telephone numbers. An order id, a price, a date, a parcel number is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import phonenumbers

from services.policy.gate.contact.numerals import Run
from services.policy.gate.wordlist import Words

_COMMAS = re.compile(r"\d{1,3}(?:[,.]\s\d{1,3})+")
# Sizes, each with its centimetres: a table whose cells stand in a row.
_SIZES = re.compile(r"(?:\d{2}\s{1,3}\d{2}[.,]\d\s{0,3}){2,9}")
_NORTH_AMERICAN = re.compile(r"(?:1\W{0,2})?\(?[2-9]\d\d\)?\W{1,3}\d{3}\W{1,3}\d{4}")
_JAPANESE = re.compile(r"0\d{1,4}\W{1,2}\d{1,4}\W{1,2}\d{3,4}")
SOUTHERN_MOBILE = re.compile(r"(?:3\d{9}|[67]\d{8})$")  # Italy, Spain: no trunk prefix
_SPANISH_LANDLINE = re.compile(r"[89]\d{8}$")
_TRUNK_LENGTHS, _JAPANESE_LENGTHS = range(9, 13), range(10, 12)
_TOLL = re.compile(r"0?(?:800|808|80[1569]|120|570|700)")
MOBILE = re.compile(r"0(?:1[567]\d{8,9}|[67]\d{8}|7\d{9}|[789]0\d{8})$")
_CODES = ("39", "49", "33", "34", "44", "81", "43", "41", "32")
_REGIONS = ("IT", "DE", "FR", "ES", "GB", "JP", "AT", "CH", "BE", "US")
_BEFORE, _AFTER = 60, 24
# How near words have to be that make something else of what looks like nothing but a telephone number.
_BEFORE_PAIRS, _BEFORE_PLUS = 30, 9
# A full stop after a short word ("no. ", "ref. ") ends no sentence.
_STOP = re.compile(r"[。！？\n]|[!?] |(?:[^\W\d_]{4}|\d{3}|[)\]\"»])[.] ")  # noqa: RUF001  # Japanese sentences end in these
_LONGEST, _SHORTEST, _SHORTEST_WITH_CUE = 15, 8, 6
# Longer ones begin with the code of a country (E.164).
_LONGEST_AT_HOME, _EAN = 12, 13
_MANY_SPELLED = 5
_MANY_SINGLES = 8
_LISTS = 3
_KEY = 4
_PAIRS = 5
_ALIKE = 5


@dataclass(frozen=True, slots=True)
class Cues:
    """Words around a number that say what it is. Patterns over folded text."""

    telephone: Words
    other: Words

    def says(self, text: str, start: int, end: int, within: int = _BEFORE) -> bool | None:
        """Return whether the words nearest to `[start, end)` speak of a telephone; `None` if none speak.

        Words about a telephone count from further away, and from behind the number too; words about something
        else only before it, in the same sentence, and so many characters `within`.
        """
        before = text[max(0, start - _BEFORE) : start]
        before = before[before.rfind("\n\n") + 1 :]
        telephone = _distance(self.telephone, before)
        sentence = before[max((stop.end() for stop in _STOP.finditer(before)), default=0) :]
        other = _distance(self.other, sentence)
        if other >= within:
            other = _BEFORE
        behind = self.telephone.search(text[end : end + _AFTER].partition("\n")[0])
        if behind is not None:
            telephone = min(telephone, max(behind.start(), 3))
        if telephone == other == _BEFORE:
            return None
        return telephone < other


def _distance(pattern: Words, before: str) -> int:
    """Return how far from its end `pattern` was last found in `before`."""
    distance = _BEFORE
    for match in pattern.finditer(before):
        distance = len(before) - match.end()
    return distance


def phones(text: str, runs: Sequence[Run], cues: Cues) -> list[tuple[int, int]]:
    """Return the spans of `runs` in folded `text` that are telephone numbers."""
    found: list[tuple[int, int]] = []
    for before, run in zip((None, *runs), runs, strict=False):
        if before is not None and _is_listed(text, before, run, cues):
            continue
        if _is_phone(text, run, cues):
            found.append(_widened(text, run))
            continue
        parts = run.parts(text)
        if len(parts) > 1:
            found.extend(_widened(text, part) for part in parts if _is_phone(text, part, cues))
    return found


def _is_listed(text: str, before: Run, run: Run, cues: Cues) -> bool:
    """Tell whether a number is the second of two that begin alike: `reference 600 210 445, and yours 600 210 454`."""
    if run.start - before.end > _BEFORE or before.digits[:_ALIKE] != run.digits[:_ALIKE]:
        return False
    if _is_unmistakable(text, run) or _STOP.search(text, before.start, run.start):
        return False
    return cues.says(text, before.start, before.end) is False and cues.says(text, run.start, run.end) is None


def _widened(text: str, run: Run) -> tuple[int, int]:
    start = run.start
    while start > 0 and text[start - 1] in "+(":
        start -= 1
    return start, run.end


def _is_phone(text: str, run: Run, cues: Cues) -> bool:
    says = cues.says(text, run.start, run.end)
    if says is False and _is_unmistakable(text, run):
        within = _BEFORE_PLUS if run.international else _BEFORE_PAIRS
        says = cues.says(text, run.start, run.end, within=within)
    if says is False:
        return False
    if run.spelled >= _MANY_SPELLED and len(run.digits) > _SHORTEST_WITH_CUE:
        return not _counts(run)
    if not _SHORTEST_WITH_CUE <= len(run.digits) <= _LONGEST:
        return False
    if len(run.digits) > _LONGEST_AT_HOME and not run.international:
        return _is_coded(run.digits) and not _is_article(run.digits) and _is_possible_abroad(run)
    return _is_called(text, run) if says else not _stuck(text, run) and _is_dialled(text, run)


def _is_unmistakable(text: str, run: Run) -> bool:
    """Tell whether digits stand as only a telephone number does: after a plus sign, or in the five pairs of the French.

    Only words right before them then make them something else.
    """
    if run.international:
        return _is_possible_abroad(run)
    return _is_in_pairs(run) and "," not in text[run.start : run.end] and is_valid_at_home(run.digits)


def _is_coded(digits: str) -> bool:
    """Tell whether digits begin with a country's code, or with the 00 before one."""
    return digits.startswith(("00", *_CODES))


def _is_article(digits: str) -> bool:
    """Tell whether these are the thirteen digits of an article (EAN), with the right check digit."""
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, (1, 3) * 7, strict=False))
    return len(digits) == _EAN and weighed % 10 == 0


def _is_called(text: str, run: Run) -> bool:
    """Decide where the words around speak of a telephone: nearly anything that is no list or decimal."""
    if run.international:
        return _is_possible_abroad(run) or (len(run.digits) > _SHORTEST and not _counts(run))
    if len(run.digits) <= _SHORTEST_WITH_CUE + 1 and re.search(r"\d[.,]\d{1,3}$", text[run.start : run.end]):
        return False
    return not _counts(run)


def _is_dialled(text: str, run: Run) -> bool:
    """Decide by the shape alone."""
    if len(run.digits) < _SHORTEST or _counts(run) or _is_key(run) or _is_list(text, run):
        return False
    if run.international or run.groups[0].digits.startswith("00"):
        return _is_possible_abroad(run)
    singles = sum(len(group.digits) == 1 for group in run.groups)
    return (singles >= _MANY_SINGLES and not set(run.digits) <= {"0", "1"}) or _is_national(text, run)


def _is_key(run: Run) -> bool:
    """Tell whether these are groups of four, as of a key or a parcel."""
    return len(run.groups) >= _LISTS and {len(group.digits) for group in run.groups} == {_KEY}


def _is_list(text: str, run: Run) -> bool:
    """Tell whether these are numbers that a sentence or a table lists: `pins 30, 85, 86, 87`.

    None is dialled in two figures.
    """
    first = run.groups[0].digits
    if run.international or first[0] == "0" or len(first) != 2:  # noqa: PLR2004  # see above
        return False
    return any(pattern.fullmatch(text, run.start, run.end) is not None for pattern in (_COMMAS, _SIZES))


def _stuck(text: str, run: Run) -> bool:
    """Tell whether letters or a minus stand right at the digits, as in article codes."""
    before = text[run.start - 1] if run.start else " "
    after = text[run.end] if run.end < len(text) else " "
    return (
        (before.isascii() and before.isalnum())
        or before in "#-_/"
        or (after.isascii() and (after.isalnum() or after in "-_/"))
    )


def _counts(run: Run) -> bool:
    """Tell whether the groups go up in even steps or never fall: a count or a range of sizes, not a number."""
    values = [int(group.digits) for group in run.groups]
    if len(values) < _LISTS or _is_in_pairs(run):
        return False
    steps = {later - earlier for earlier, later in pairwise(values)}
    return len(steps) == 1 or (min(steps) > 0 and max(map(len, (group.digits for group in run.groups))) < _LISTS)


def _is_in_pairs(run: Run) -> bool:
    """Tell whether the digits stand in five pairs after a 0, as the French dial."""
    return len(run.groups) == _PAIRS and run.groups[0].digits[0] == "0" and len(run.digits) == 2 * _PAIRS


def _is_national(text: str, run: Run) -> bool:
    """Tell whether the digits are grouped as a number is written in one of the storefronts' countries."""
    digits = run.digits
    separated = len(run.groups) > 1
    if len({group.end - group.start for group in run.groups}) > _LISTS:
        return False
    if separated and _is_north_american_or_japanese(text, run):
        return True
    if digits[0] == "0":
        return _is_trunk_dialled(text, run) and is_valid_at_home(digits)
    if SOUTHERN_MOBILE.match(digits):
        return (separated or digits[0] == "3") and is_valid_at_home(digits)
    return separated and _SPANISH_LANDLINE.match(digits) is not None and is_valid_at_home(digits)


def _is_north_american_or_japanese(text: str, run: Run) -> bool:
    written = text[max(0, run.start - 1) : run.end]
    if _NORTH_AMERICAN.search(written):
        return True
    return _JAPANESE.fullmatch(written.lstrip(" (\n:")) is not None and len(run.digits) in _JAPANESE_LENGTHS


def _is_trunk_dialled(text: str, run: Run) -> bool:
    """Tell whether digits that begin with the trunk prefix 0 stand as a number does."""
    if len(run.digits) not in _TRUNK_LENGTHS or run.digits[1] == "0":
        return False
    if len(run.groups) < _LISTS:
        return _stands_out(text, run)
    alone = run.groups[0].digits == "0" and text[run.groups[0].end] in " ./-"
    return not alone or re.search(r"[()]", text[run.start : run.end]) is not None


def _stands_out(text: str, run: Run) -> bool:
    """Tell whether digits in one or two groups are a mobile number, set off with a slash or dash, or end a line."""
    if MOBILE.match(run.digits):
        return True
    if len(run.groups) > 1 and re.search(r"[/()-]", text[run.start : run.end]):
        return True
    return len(run.groups) > 1 and re.match(r"[ .]{0,2}(?:\n|$)", text[run.end : run.end + 4]) is not None


def _is_possible_abroad(run: Run) -> bool:
    digits = run.digits.removeprefix("00")
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return False
    return len(digits) >= _SHORTEST - 1 and phonenumbers.is_possible_number(number)


@lru_cache(maxsize=1024)
def is_valid_at_home(digits: str) -> bool:
    """Tell whether digits, without a country's code, make a number that somebody may have in one of the storefronts."""
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False


def is_mobile(digits: str) -> bool:
    """Tell whether these are the digits of a mobile number at home or, with its country code, abroad."""
    national = re.sub(rf"^(?:00)?(?:{'|'.join(_CODES)})(?=\d{{9,11}}$)", "", digits)
    if _TOLL.match(national):
        return False
    if MOBILE.match(national) or MOBILE.match("0" + national):
        return True
    return SOUTHERN_MOBILE.match(national) is not None
