# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Finds where sentences may end, in one pass over a text's characters.

It is compiled where that can be done (`endings.pxd` says which numbers are the machine's own), and runs as it stands
where it cannot, much slower, with the same answers.
"""

_LAST_OF_ASCII, _LAST_OF_LATIN_1 = "\x7f", "\xff"


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
