"""Text laid bare: entities, percent signs, escapes, invisible and wide characters undone, each place remembered."""

import html.entities
import re
import unicodedata
from dataclasses import dataclass

from services.delivery.mail import markup

_PASSES = 3
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
)
_ALL_INVISIBLE = re.compile(f"[{_INVISIBLE}]*")
# What any run of invisible characters becomes: it parts words, and a word may hold it.
INVISIBLE = "\u200b"
# Letters, figures and signs in other shapes: full-width, mathematical, enclosed, raised, joined. The rest of Unicode
# is no disguise for an address; lower case keeps its length, but for the dotted capital I.
_COMPATIBLE = (
    "\u00aa\u00b2\u00b3\u00b9\u00ba\u0130\u017f\u02b0-\u02b8\u02e0-\u02e4\u1d2c-\u1d6a\u2024\u2070-\u209c\u2100-\u214e"
    "\u2160-\u217f\u2460-\u24ff\ufb00-\ufb06\ufe50-\ufe6b\uff01-\uff5e\uff61"
    "\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff"
)
# Case is ignored for the codes only: the letters s and k have look-alikes among the compatible characters.
_SCANNER = re.compile(
    rf"(?P<gone>[{_INVISIBLE}]+)|(?P<other>[{_COMPATIBLE}])"
    r"|(?i:&(?:amp;)*(?:#(?P<decimal>\d{1,7});?|#x(?P<hexadecimal>[0-9a-f]{1,6});?|(?P<name>[a-z][a-z0-9]{1,30});)"
    r"|%(?:25)*(?P<percent>[0-7][0-9a-f])"
    r"|\\u00(?P<escape>[0-7][0-9a-f]))"
)
# With what a disguise of plain letters begins.
_PLAIN_MARKS = ("&", "%", "\\")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Bare:
    """Folded text and, for each of its characters, the place in the source; no places mean the same places."""

    text: str
    places: tuple[tuple[int, int], ...] | None

    def spans(self, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """Give the source spans of the characters from ``start`` to ``end``."""
        if self.places is None:
            return tuple((place, place + 1) for place in range(start, end))
        return self.places[start:end]


def fold(text: str) -> str:
    """Fold case and width (NFKC) of each character by itself."""
    return "".join(unicodedata.normalize("NFKC", character).lower() for character in text)


def _undo(hit: re.Match[str]) -> str | None:
    """Give the characters that a disguise stands for, None where it is none."""
    if hit["gone"] or hit["other"]:
        return hit[0]
    if hit["name"]:
        return html.entities.html5.get(hit["name"] + ";") or html.entities.html5.get(hit["name"].lower() + ";")
    code = int(hit["decimal"]) if hit["decimal"] else int(hit["hexadecimal"] or hit["percent"] or hit["escape"], 16)
    return chr(code) if 0 < code < 0x11_0000 and not 0xD800 <= code < 0xE000 else None  # noqa: PLR2004 - Unicode's range


def _lay_bare_once(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    # Most text is of plain letters, which is seen much faster than every disguise is looked for.
    plain = text.isascii() and not any(mark in text for mark in _PLAIN_MARKS)
    if plain or not _SCANNER.search(text):
        return text.lower(), None
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    position = 0
    for hit in _SCANNER.finditer(text):
        characters += text[position : hit.start()].lower()
        places += [(place, place + 1) for place in range(position, hit.start())]
        undone = _undo(hit)
        if undone is None:
            characters += hit[0].lower()
            places += [(place, place + 1) for place in range(*hit.span())]
        else:
            folded = INVISIBLE if _ALL_INVISIBLE.fullmatch(undone) else fold(undone)
            characters += folded
            places += [hit.span()] * len(folded)
        position = hit.end()
    characters += text[position:].lower()
    places += [(place, place + 1) for place in range(position, len(text))]
    return "".join(characters), places


def bare_text(text: str) -> Bare:
    """Lay plain text bare; up to three layers of disguise on top of each other are undone."""
    bare, places = _lay_bare_once(text)
    for _ in range(_PASSES - 1):
        deeper, inner = _lay_bare_once(bare)
        if inner is None or deeper == bare:
            break
        outer = places
        places = [(_start(outer, first), _end(outer, last)) for first, last in inner]
        bare = deeper
    return Bare(bare, None if places is None else tuple(places))


def _start(places: list[tuple[int, int]] | None, index: int) -> int:
    return index if places is None else places[index][0]


def _end(places: list[tuple[int, int]] | None, after: int) -> int:
    return after if places is None else places[after - 1][1]


def bare_html(source: str) -> Bare:
    """Lay the text of sanitised HTML bare; a run of tags becomes one line break, which a word may span."""
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    for token in markup.read_tokens(source):
        if token.is_text:
            inner = bare_text(token.text)
            characters.append(inner.text)
            places += [(token.start + first, token.start + last) for first, last in inner.spans(0, len(inner.text))]
        elif not characters or characters[-1] != "\n":
            characters.append("\n")
            places.append((token.end, token.end))
    return Bare("".join(characters), tuple(places))


def tags_in(gap: str) -> str:
    """Give the tags, and nothing else, of a stretch of HTML."""
    return "".join(_TAG.findall(gap))
