"""What any match of a word list's entry must hold: words, or beginnings of words, that one look tells to be absent."""

import re
import re._parser as parser  # type: ignore[import-not-found]  # the library's own reader of patterns ships no types
from collections.abc import Container, Iterable, Sequence
from itertools import product
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["whole", "begun", "anywhere"]


class Anchor(NamedTuple):
    """A text that a match holds: a `whole` word, a word's beginning, or in scripts without blanks `anywhere`."""

    text: str
    kind: Kind


# A pattern's pieces: letters, what is surely no letter, and what may be anything or nothing.
_BREAK, _ANYTHING = "\0", "\1"
_Piece: TypeAlias = str
_Pieces: TypeAlias = tuple[_Piece, ...]
_MOST = 128
# Of Japanese, what is written in hiragana alone is the most common.
_OTHER_THAN_HIRAGANA = re.compile("[^ぁ-ゟ]")
_MOST_OF_SET = 32
# What a text is asked for besides the rarest is no common word, and longer than a letter.
_TELLING = 3
_LONGEST_REPEAT = 4


def read_anchors(pattern: str, common: Container[str], *, spaced: bool) -> list[list[Anchor]]:
    """Return lists of anchors, of each of which any match of `pattern` holds one; two at most, none where none is told.

    First the rarest, which are neither short nor `common` words. `spaced`: the pattern's language sets blanks between
    words.
    """

    def rate(anchor: Anchor) -> int:
        return 0 if anchor.text in common else len(anchor.text) + len(_OTHER_THAN_HIRAGANA.findall(anchor.text))

    if "[:" in pattern:
        return []  # a class that Python reads otherwise
    try:
        tree = parser.parse(pattern)
    except re.error:
        return []  # what only RE2 understands
    choices: list[tuple[int, int, list[Anchor]]] = []
    for alternatives in _sections(tree, spaced=spaced):
        chosen = [max(_list_sure(pieces, spaced=spaced), key=rate, default=None) for pieces in alternatives]
        found = list(dict.fromkeys(anchor for anchor in chosen if anchor is not None))
        if found and None not in chosen:
            choices.append((min(map(rate, found)), -len(found), found))
    choices.sort(key=lambda choice: choice[:2], reverse=True)
    return [found for least, _, found in choices[:2] if least >= _TELLING or found is choices[0][2]]


def _sections(tree: Any, *, spaced: bool) -> Iterable[list[_Pieces]]:  # noqa: ANN401  # see above
    """Yield what stands between a pattern's breaks, each as its alternatives; a match holds one of each."""
    current: list[_Pieces] = [()]
    for node in tree:
        expanded = _expand(node, spaced=spaced)
        if len(current) * len(expanded) > _MOST:
            yield current
            current, expanded = [(_ANYTHING,)], expanded if len(expanded) <= _MOST else [(_ANYTHING,)]
        current = [(*before, *after) for before in current for after in expanded]
        if expanded == [(_BREAK,)]:
            yield current
            current = [(_BREAK,)]
    yield current


def _expand(node: tuple[Any, Any], *, spaced: bool) -> list[_Pieces]:
    """Return the alternatives of one part of a pattern; of what is not told apart here, that it may be anything."""
    expanded: list[_Pieces] = [(_ANYTHING,)]
    match str(node[0]), node[1]:
        case "LITERAL", code:
            expanded = [(_piece(chr(code), spaced=spaced),)]
        case "IN", members:
            expanded = _expand_set(members, spaced=spaced)
        case "SUBPATTERN", (_, 0, 0, inner):
            expanded = _expand_all(inner, spaced=spaced)
        case "BRANCH", (_, branches):
            expanded = _bounded([pieces for branch in branches for pieces in _expand_all(branch, spaced=spaced)])
        case (("MAX_REPEAT" | "MIN_REPEAT"), (least, most, repeated)):
            expanded = _repeat(least, most, _expand_all(repeated, spaced=spaced))
        case "AT", place if str(place) == "AT_BOUNDARY":
            expanded = [(_BREAK,)]
    return expanded


def _expand_all(tree: Any, *, spaced: bool) -> list[_Pieces]:  # noqa: ANN401  # see above
    expanded = [_expand(node, spaced=spaced) for node in tree]
    size = 1
    for alternatives in expanded:
        size *= len(alternatives)
    if size > _MOST:
        return [(_ANYTHING,)]
    return [tuple(piece for pieces in chosen for piece in pieces) for chosen in product(*expanded)]


def _repeat(least: int, most: int, expanded: list[_Pieces]) -> list[_Pieces]:
    if least == most <= _LONGEST_REPEAT and len(expanded) == 1:
        return [expanded[0] * least]
    if most == 1 and len(expanded) < _MOST:
        return [(), *expanded]
    # Whatever it is, each time it may begin or end with a break.
    before = (_BREAK,) if all(pieces[:1] == (_BREAK,) for pieces in expanded) else ()
    after = (_BREAK,) if all(pieces[-1:] == (_BREAK,) for pieces in expanded) else ()
    repeated = (*before, _ANYTHING, *after) if {_BREAK} != set().union(*expanded) else (_BREAK,)
    return [repeated] if (least and () not in expanded) or repeated == (_ANYTHING,) else [(), repeated]


def _expand_set(members: Sequence[tuple[Any, Any]], *, spaced: bool) -> list[_Pieces]:
    letters = [chr(value) for operation, value in members if str(operation) == "LITERAL"]
    # Of digits one stands for all: it is no letter.
    letters += ["0" for operation, value in members if spaced and str(value) == "CATEGORY_DIGIT"]
    if len(letters) == len(members) <= _MOST_OF_SET:
        return [(piece,) for piece in dict.fromkeys(_piece(letter, spaced=spaced) for letter in letters)]
    return [(_BREAK,)] if spaced and not _may_be_letter(members) else [(_ANYTHING,)]


def _may_be_letter(members: Sequence[tuple[Any, Any]]) -> bool:
    negated = str(members[0][0]) == "NEGATE"
    named = {str(value) for operation, value in members if str(operation) == "CATEGORY"}
    if negated:
        return "CATEGORY_WORD" not in named
    spans = [
        value if str(operation) == "RANGE" else (value, value)
        for operation, value in members
        if str(operation) in {"RANGE", "LITERAL"}
    ]
    return bool(named - {"CATEGORY_DIGIT", "CATEGORY_SPACE", "CATEGORY_NOT_WORD"}) or any(
        first <= ord("z") and last >= ord("a") for first, last in spans
    )


def _piece(character: str, *, spaced: bool) -> _Piece:
    return character if "a" <= character <= "z" or not spaced else _BREAK


def _bounded(expanded: list[_Pieces]) -> list[_Pieces]:
    return expanded if len(expanded) <= _MOST else [(_ANYTHING,)]


def _list_sure(pieces: _Pieces, *, spaced: bool) -> list[Anchor]:
    """Return the texts that `pieces` hold for sure, and that begin a word where there are blanks."""
    found: list[Anchor] = []
    text, begins = "", False
    for piece in (*pieces, _ANYTHING):
        if piece not in {_BREAK, _ANYTHING}:
            text += piece
            continue
        if text and not spaced:
            found.append(Anchor(text, "anywhere"))
        elif text and begins:
            found.append(Anchor(text, "whole" if piece == _BREAK else "begun"))
        text, begins = "", piece == _BREAK
    return found
