"""What a thread has said before, and what of a quotation was not said there.

A sender can dress new words as quoted ones: `> call me on …`, or beneath a made-up "On … wrote:". So quoted text is
new unless the thread holds it. Texts are compared by their letters and figures alone: mail programs wrap lines anew,
mark them, turn HTML into plain text and back, but leave the words and their order.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property

from services.policy.gate.links.address import Address, parse
from services.policy.gate.links.written import packaged_links
from services.policy.gate.offsets import Derived
from services.policy.gate.text import NormalisedText

RUN = 12
"""Letters and figures in a row that a quotation must share with the thread to count as quoted."""
LONGEST = 100_000
"""Letters and figures of the thread that are remembered at most, those of the texts given first."""

_SHORTEST_NAME = 3
_MARKS = re.compile(r"[ \t]*(?:[>\uff1e|][ \t]?)+")
_MAILBOX = re.compile(r"[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@]{1,255}")


class Known:
    """What may be quoted: `texts` that were delivered in the thread, the newest first, and `names` however short.

    Names are what mail programs put above a quotation: aliases, a business name. `links` are targets seen before.
    """

    def __init__(self, texts: Iterable[str] = (), names: Iterable[str] = (), links: Iterable[str] = ()) -> None:
        self._texts = tuple(texts)
        self._names = tuple(names)
        self._links = tuple(links)

    @cached_property
    def length(self) -> int:
        """The characters of the texts: what comparing with them costs."""
        return sum(map(len, self._texts))

    def extended(self, texts: Iterable[str]) -> "Known":
        """Return the same with further texts."""
        return Known((*texts, *self._texts), self._names, self._links)

    def pick_unknown(self, text: str) -> Derived:
        """Return those stretches of a quotation that were not said before, each on lines of its own, unmarked."""
        letters, places = _squeeze(text)
        covered = self._cover(letters)
        self._cover_lines(text, letters, places, covered)
        picked = Derived()
        for start, end in _gaps(covered):
            begin = _widen_left(text, places[start], places[start - 1] + 1 if start else 0)
            stop = _widen_right(text, places[end - 1] + 1, places[end] if end < len(places) else len(text))
            _append_lines(picked, text, begin, stop)
        return picked

    def holds_link(self, target: str) -> bool:
        """Tell whether a link leads where one of the thread did, or to an address, whole, of its texts and names."""
        address = parse(target)
        if (address.is_web or not address.scheme) and not _squeeze(address.host + address.rest)[0]:
            return True
        return _plain_target(address) in self._targets

    @cached_property
    def _pieces(self) -> tuple[str, ...]:
        """The texts' letters and figures; what one text repeats of another is left out."""
        pieces: list[str] = []
        seen: set[str] = set()
        left = LONGEST
        for text in self._texts:
            run: list[str] = []
            for line in text.splitlines():
                letters = _squeeze(line)[0][:left]
                if letters and letters not in seen:
                    seen.add(letters)
                    run.append(letters)
                    left -= len(letters)
                elif letters and run:
                    pieces.append("".join(run))
                    run = []
            pieces.append("".join(run))
            if left <= 0:
                break
        return tuple(piece for piece in pieces if piece)

    @cached_property
    def _runs(self) -> frozenset[str]:
        return frozenset(piece[at : at + RUN] for piece in self._pieces for at in range(len(piece) - RUN + 1))

    @cached_property
    def _short(self) -> frozenset[str]:
        """The letters of lines, and of whole texts, that are too short for a run."""
        short: set[str] = set()
        for text in self._texts:
            lines = [_squeeze(line)[0] for line in text[:LONGEST].splitlines()]
            short.update(line for line in lines if len(line) < RUN)
            if sum(map(len, lines)) < RUN:
                short.add("".join(lines))
        return frozenset(short - {""})

    @cached_property
    def _named(self) -> frozenset[str]:
        names = (_squeeze(name)[0] for name in self._names)
        return frozenset(name for name in names if len(name) >= _SHORTEST_NAME)

    @cached_property
    def _targets(self) -> frozenset[str]:
        targets = {_plain_target(parse(link)) for link in self._links}
        targets.update(_plain_target(parse(word)) for name in self._names for word in name.split())
        left = LONGEST
        for text in self._texts:
            targets.update(_list_targets(text[:left]))
            left -= len(text)
            if left <= 0:
                break
        return frozenset(targets)

    def _cover(self, letters: str) -> bytearray:
        covered = bytearray(len(letters))
        runs = self._runs
        for at in range(len(letters) - RUN + 1):
            if letters[at : at + RUN] in runs:
                covered[at : at + RUN] = b"\1" * RUN
        for name in self._named:
            at = letters.find(name)
            while at >= 0:
                covered[at : at + len(name)] = b"\1" * len(name)
                at = letters.find(name, at + len(name))
        return covered

    def _cover_lines(self, text: str, letters: str, places: list[int], covered: bytearray) -> None:
        """Cover whole lines that are too short for a run, where the thread has just such a line.

        Several in a row count only where they are a whole text of the thread: short lines could be strung together
        to a number that nobody said.
        """
        group: list[tuple[int, int]] = []
        for at, end in _list_lines(text, places):
            if letters[at:end] in self._short and not all(covered[at:end]):
                group.append((at, end))
            else:
                self._cover_group(group, letters, covered)
                group = []
        self._cover_group(group, letters, covered)

    def _cover_group(self, group: list[tuple[int, int]], letters: str, covered: bytearray) -> None:
        if group and letters[group[0][0] : group[-1][1]] in self._short:
            begin, end = group[0][0], group[-1][1]
            covered[begin:end] = b"\1" * (end - begin)


def _squeeze(text: str) -> tuple[str, list[int]]:
    """Return the letters, figures, `@` signs and pictures of a text in one form, and where each stands in it."""
    letters: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        if character.isascii():
            if character.isalnum() or character == "@":
                letters.append(character.lower())
                places.append(at)
            continue
        for one in unicodedata.normalize("NFKD", character).casefold():
            if one.isalnum() or one == "@" or unicodedata.category(one) == "So":
                letters.append(one)
                places.append(at)
    return "".join(letters), places


def _list_lines(text: str, places: list[int]) -> Iterator[tuple[int, int]]:
    """Return where the letters of each line begin and end; lines without any are left out."""
    begin = at = 0
    for line in text.splitlines(keepends=True):
        begin += len(line)
        end = at
        while end < len(places) and places[end] < begin:
            end += 1
        if end > at:
            yield at, end
        at = end


def _plain_target(address: Address) -> str:
    """Return one form of where a link leads, whether by http or https, with or without a slash at its end."""
    rest = address.rest.rstrip("/")
    if address.is_web:
        return address.host + rest
    return f"{address.scheme or 'mailto'}:{rest}" if address.scheme or "@" in rest else rest


def _list_targets(text: str) -> Iterator[str]:
    """Return where the links lead that a text writes out, and its e-mail addresses; no parts of words."""
    for link in packaged_links().find(NormalisedText(text), text):
        if not link.disguised:
            yield _plain_target(link.address)
    for match in _MAILBOX.finditer(text):
        yield _plain_target(parse("mailto:" + match.group().rstrip(".!?'")))


def _gaps(covered: bytearray) -> Iterator[tuple[int, int]]:
    begin = covered.find(0)
    while begin >= 0:
        end = covered.find(1, begin)
        end = len(covered) if end < 0 else end
        yield begin, end
        begin = covered.find(0, end)


def _widen_left(text: str, at: int, floor: int) -> int:
    """Take signs before a stretch along, such as the `+` of a number; not those that end what was said before."""
    begin = at
    while begin > floor and not text[begin - 1].isspace():
        begin -= 1
    return at if begin == floor > 0 else begin


def _widen_right(text: str, at: int, ceiling: int) -> int:
    end = at
    while end < ceiling and not text[end].isspace():
        end += 1
    return at if end == ceiling < len(text) else end


def _append_lines(picked: Derived, text: str, begin: int, stop: int) -> None:
    """Add the lines of a stretch without the marks that mail programs put before them."""
    for line in text[begin:stop].splitlines(keepends=True):
        marks = _MARKS.match(line) if begin == 0 or text[begin - 1] in "\r\n" else None
        start = begin + (marks.end() if marks else 0)
        begin += len(line)
        picked.append(text[start:begin], start, begin)
    if len(picked):
        picked.append("\n", stop, stop)
