# look-alike characters are what these tables are about
"""Character tables behind the normaliser: which characters stand for which, and which stand for nothing."""

import unicodedata
from collections.abc import Iterable, Iterator

# Invisible characters: soft hyphen, joiners, direction marks, fillers, variation selectors, keycap, tags.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0020-\U000e007f\U000e0100-\U000e01ef"
)
COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20e2\u20e4-\u20f0\u3099\u309a"

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u02bc\u00b4\u0060\u2032\uff07"
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"
_BREAKS = "\u000b\u000c\u001c\u001d\u001e\u0085\u2028\u2029"
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢɑɡı", "abcdefghijklmnopqrstuvwyzagi", strict=True))

# Letters of other scripts that a reader takes for a Latin one; used only where the company they keep says so.
LOOK_ALIKES = str.maketrans(
    {
        **dict(zip("авекмнорстухіјѕһԁԛԝгпьѵӏєїё", "abekmhopctyxijshdqwrnbvleie", strict=True)),
        **dict(zip("αβγδεζηικνορτυχωςμ", "aByseznikvoptuxwcu".lower(), strict=True)),
        **dict(zip("օոսցհյտքԁ", "onughjmpd", strict=True)),
    }
)
LOOK_ALIKE_SCRIPTS = "\u0370-\u03ff\u0400-\u052f\u0531-\u058f"

_RANGES = (
    (0x80, 0x3400),
    (0xA640, 0xA800),
    (0xF900, 0xFFF0),
    (0x1D400, 0x1D800),
    (0x1F100, 0x1F1E6),
    (0x1FBF0, 0x1FBFA),
)


def _simple(character: str) -> str:
    code = ord(character)
    for first in (0x1F150, 0x1F170):
        if first <= code < first + 26:
            return chr(code - first + 97)
    changed = unicodedata.normalize("NFKC", character).lower()
    if changed == character:
        digit = unicodedata.digit(character, None)
        return character if digit is None else str(digit)
    return "".join(str(unicodedata.decimal(one, one)) for one in changed)


def _changed() -> Iterator[tuple[str, str]]:
    for first, last in _RANGES:
        for code in range(first, last):
            character = chr(code)
            simple = _simple(character)
            if simple != character:
                yield character, simple


def _tables() -> tuple[dict[int, str], dict[str, str]]:
    """Return the one-to-one table and the table of characters that stand for none or several."""
    single = {code: chr(code + 32) for code in range(65, 91)}
    several: dict[str, str] = {}
    for character, simple in _changed():
        if len(simple) == 1:
            single[ord(character)] = simple
        else:
            several[character] = simple.replace("\u2044", "/")
    for characters, simple in ((_DASHES, "-"), (_APOSTROPHES, "'"), (_QUOTES, '"'), (_BREAKS, "\n"), ("\t\r", " ")):
        for character in characters:
            single[ord(character)] = simple
            several.pop(character, None)
    for character, simple in _SMALL_CAPITALS.items():
        single[ord(character)] = simple
    return single, several


SINGLE, SEVERAL = _tables()


_LAST_OF_BMP = 0xFFFF
_BEYOND = "\U0001d400-\U0001d7ff\U0001f100-\U0001f1e5\U0001fbf0-\U0001fbf9"


def character_class(characters: Iterable[str]) -> str:
    """Return the inside of a regular expression's class for `characters`, as ranges, which search fastest.

    Beyond the basic plane it takes in more than `characters`: a few wide ranges, for the same reason.
    """
    codes = sorted(code for code in map(ord, characters) if code <= _LAST_OF_BMP)
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + _BEYOND


# Characters whose simple form is more than their lower case: only these need the table.
SPECIAL = character_class(chr(code) for code, simple in SINGLE.items() if chr(code).lower() != simple)


def _accentless() -> dict[int, str]:
    """Latin letters with marks, to their base letter; other scripts keep theirs (が is not か)."""
    table = {ord("ß"): "s", ord("ø"): "o", ord("ł"): "l", ord("đ"): "d"}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base != chr(code):
            table[code] = base
    return table


ACCENTLESS = _accentless()
