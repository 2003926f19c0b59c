# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Finds sentences, in one pass over a text's characters.

It is compiled where that can be done (`sentences.pxd` says which numbers are the machine's own), and runs as it stands
where it cannot, much slower, with the same answers.
"""

from typing import NamedTuple

# What a stop belongs to that ends no sentence, as it does to single letters, of which "z. B." has two.
_WRITTEN = (
    "mr mrs ms dr sig sigg ra sra srta sr st herr fr hr mme mlle dott prof gent egr spett nr no num art cod tel ord ca"
    " approx vs max min pz es ej bzw inkl ggf evtl"
)
_SHORTENED = frozenset(_WRITTEN.split())
_LONGEST_SHORTENED = max(map(len, _SHORTENED))
_CONTINUING = "abcdefghijklmnopqrstuvwxyz0123456789(,;"
_WRAPPED = 45
_LONGEST = 700
_LAST_OF_ASCII, _LAST_OF_LATIN_1 = "\x7f", "\xff"


class Span(NamedTuple):
    """A stretch of the normalised text."""

    start: int
    end: int


def sentences(text: str) -> list[Span]:
    """Return the sentences of a normalised text, none longer than 700 characters.

    A line that was only wrapped goes on in the next one; a short line, a greeting or an item of a list, does not.
    """
    spans: list[Span] = []
    begin = 0
    for start, end in endings(text):
        if _goes_on(text, begin, start, end):
            continue
        _append(spans, text, begin, end)
        begin = end
    _append(spans, text, begin, len(text))
    return spans


def _goes_on(text: str, begin: int, start: int, end: int) -> bool:
    """Tell whether the sentence that began at `begin` goes on after the ending in `[start, end)`."""
    first = text[start]
    if first == "\n":
        if end == len(text) or text[end] not in _CONTINUING or text.count("\n", start, end) > 1:
            return False
        line = text.rfind("\n", 0, start) + 1
        return start - max(line, begin) >= _WRAPPED or (line > 0 and start - line >= _WRAPPED)
    if first != "." or end - start > 1:
        return False
    return _is_shortened(text, begin, start)


def _is_shortened(text: str, begin: int, stop: int) -> bool:
    """Tell whether the word before a stop, of the sentence that began at `begin`, is only a part of one."""
    start = stop
    while start > begin and stop - start <= _LONGEST_SHORTENED and _is_of_word(text[start - 1]):
        start -= 1
    if start > 0 and _is_of_word(text[start - 1]):
        return False
    word = text[start:stop]
    if word == "ex":
        # As in "p. ex."
        before = text[max(begin, start - 4) : start].removesuffix(" ")
        return before.endswith("p.") and not (len(before) > 2 and _is_of_word(before[len(before) - 3]))  # noqa: PLR2004  # those two
    return len(word) == 1 or word in _SHORTENED


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    while end - start > _LONGEST:
        spans.append(Span(start, start + _LONGEST))
        start += _LONGEST
    if start < end and not text[start:end].isspace():
        # As `Span(start, end)`, without a call of a function made in Python.
        spans.append(tuple.__new__(Span, (start, end)))


def endings(text: str) -> list[tuple[int, int]]:
    """Return the spans in `text` at which a sentence may end, in order.

    A line break, with what blanks and line breaks follow it. Any number of `.!?…`, with what quotes and brackets close
    after them, before a blank, the end or a character beyond ASCII: not inside a number or a word. Any number of `.!?`
    right after a character beyond Latin-1. Any number of what Japanese ends a sentence with.
    """
    found: list[tuple[int, int]] = []
    at = 0
    end = len(text)
    while at < end:
        start = at
        at = _finish(text, start, end)
        if at > start:
            found.append((start, at))
        else:
            at = start + 1
            if text[start] in ".!?":
                # Nor does any of those right behind it end anything; after an ellipsis one may.
                while at < end and _is_stop(text[at]):
                    at += 1
    return found


def _finish(text: str, start: int, end: int) -> int:
    """Return where the ending that begins at `start` is over; `start` if none begins there."""
    character = text[start]
    if _is_stop(character):
        return _finish_stops(text, start, end)
    at = start
    if character == "\n":
        while at < end and text[at] in " \n":
            at += 1
    elif character > _LAST_OF_LATIN_1:
        while at < end and text[at] in "。！？":  # noqa: RUF001  # as Japanese writes them
            at += 1
    return at


def _finish_stops(text: str, start: int, end: int) -> int:
    stops = start
    while stops < end and _is_stop(text[stops]):
        stops += 1
    at = stops
    while at < end and text[at] in "\"')]":
        at += 1
    if at == end or text[at] > _LAST_OF_ASCII or text[at].isspace():
        return at
    # An ellipsis is itself a character that others may end before.
    for at in range(stops - 1, start, -1):
        if text[at] == "…":
            return at
    if start > 0 and text[start - 1] > _LAST_OF_LATIN_1 and text[start] != "…":
        return stops
    return start


def _is_stop(character: str) -> bool:
    return character in ".!?…"
