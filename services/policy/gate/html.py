"""What a reader of an HTML message sees, and what works behind it: text, links, images, active parts.

Visible and hidden text are apart, so that hidden letters cannot break up a visible number; both are judged.
Every position is one of the source, so that findings point at what was written.
"""

import html
import re
from dataclasses import dataclass

from services.policy.gate.elements import Element, acts, fetches, is_image, read_element, words
from services.policy.gate.markup import Attribute, pieces
from services.policy.gate.offsets import Derived

_NO_TAG = frozenset({"", "<!", "<?"})
_REFERENCE = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});?"
_SPACE_OR_REFERENCE = re.compile(rf"[ \t\r\n\f]{{2,}}|[\r\n\t\f]|{_REFERENCE}")
_ONLY_REFERENCE = re.compile(_REFERENCE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its target, the text it shows, both with their place in the source; `image` where one carries it."""

    target: str
    text: str
    start: int
    end: int
    image: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of the source that acts (script, form, handler) or fetches (remote image, style sheet)."""

    kind: str
    start: int
    end: int
    target: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class HtmlView:
    """Everything the detectors need of an HTML body, read once. `apart`: the texts leave out quoted messages."""

    source: str
    visible: Derived
    hidden: Derived
    links: tuple[Link, ...]
    images: tuple[Spot, ...]
    remote: tuple[Spot, ...]
    active: tuple[Spot, ...]
    apart: bool = False


def read(source: str, *, quotes: bool) -> HtmlView:
    """Read an HTML body. With `quotes`, containers of quoted messages are left out of the texts."""
    return _Reader(source, quotes=quotes).read()


class _Reader:
    """Walks the pieces once and keeps only what is open: hiding, quoting, links."""

    def __init__(self, source: str, *, quotes: bool) -> None:
        self._source = source
        self._quotes = quotes
        self._visible = Derived()
        self._hidden = Derived()
        self._links: list[Link] = []
        self._images: list[Spot] = []
        self._remote: list[Spot] = []
        self._active: list[Spot] = []
        self._hiding = _Enclosure()
        self._quoting = _Enclosure()
        self._rest_quoted = False
        self._apart = False
        self._anchor: _Anchor | None = None

    def read(self) -> HtmlView:
        at = 0
        inside = broken = False
        for text, written in pieces(self._source):
            if text:
                self._characters(text, at)
                at += len(text)
                broken = False
            if written[:2] not in _NO_TAG:
                element = read_element(written)
                if inside or not element.plain:
                    self._tag(element, at)
                    inside, broken = self._hiding.inside or self._quoted, False
                elif element.breaks and not broken:
                    self._break(at)
                    broken = True
            at += len(written)
        self._finish_link()
        return HtmlView(
            self._source,
            self._visible,
            self._hidden,
            tuple(self._links),
            tuple(self._images),
            tuple(self._remote),
            tuple(self._active),
            apart=self._apart,
        )

    @property
    def _quoted(self) -> bool:
        return self._rest_quoted or self._quoting.inside

    def _characters(self, text: str, at: int) -> None:
        if self._quoted:
            self._apart = True
            return
        _append_words(self._hidden if self._hiding.inside else self._visible, text, at)

    def _tag(self, element: Element, at: int) -> None:
        if element.tag.closing:
            self._close(element, at)
        else:
            self._open(element, at)

    def _break(self, at: int) -> None:
        self._visible.end_line(at)
        self._hidden.end_line(at)

    def _open(self, element: Element, at: int) -> None:
        self._apart = self._apart or self._quoted
        if self._quotes:
            self._quoting.open(element, begins=element.quotes)
            self._rest_quoted = self._rest_quoted or element.quotes_rest
        if element.breaks:
            self._break(at)
        self._hiding.open(element, begins=element.hides)
        if element.notable:
            self._note_activity(element, at)
            self._note_resources(element, at)
            self._note_words(element, at)
        if element.tag.name in {"a", "area"}:
            self._begin_link(element, at)

    def _close(self, element: Element, at: int) -> None:
        self._quoting.close(element)
        self._hiding.close(element)
        if element.breaks:
            self._break(at)
        if element.tag.name == "a":
            self._finish_link()

    def _begin_link(self, element: Element, at: int) -> None:
        self._finish_link()
        is_area = element.tag.name == "area"
        if element.link is not None:
            self._anchor = _Anchor(element.link, at, self._visible.pieces, image=is_area)
        if is_area:
            self._finish_link()

    def _finish_link(self) -> None:
        anchor, self._anchor = self._anchor, None
        if anchor is None:
            return
        attribute, at = anchor.attribute, anchor.at
        text = self._visible.since(anchor.begin).strip()
        link = Link(attribute.value, text, at + attribute.at, at + attribute.end, anchor.image, self._quoted)
        self._links.append(link)

    def _note_activity(self, element: Element, at: int) -> None:
        for kind, start, end in acts(element.tag):
            self._active.append(Spot(kind, at + start, at + end, quoted=self._quoted))

    def _note_resources(self, element: Element, at: int) -> None:
        tag = element.tag
        if is_image(tag):
            self._images.append(Spot("image", at, at + tag.end, tag.get("src"), self._quoted))
            if self._anchor is not None:
                self._anchor.image = True
        for one in fetches(tag):
            self._remote.append(Spot(one.kind, at + one.start, at + one.end, one.target, self._quoted))
            if self._anchor is not None and one.is_picture:
                self._anchor.image = True

    def _note_words(self, element: Element, at: int) -> None:
        for start, end in words(element.tag) if not self._quoted else ():
            self._hidden.append("\n", at, at)
            _append_words(self._hidden, self._source[at + start : at + end], at + start)
            self._hidden.append("\n", at, at)


@dataclass(slots=True)
class _Anchor:
    """A link that is open: its target's attribute, where its tag stands, which piece of the text is its first."""

    attribute: Attribute
    at: int
    begin: int
    image: bool


class _Enclosure:
    """Tells whether the reader is inside an element that began a state (hidden, quoted)."""

    def __init__(self) -> None:
        self._name = ""
        self._depth = 0

    @property
    def inside(self) -> bool:
        return self._depth > 0

    def open(self, element: Element, *, begins: bool) -> None:
        if self._depth:
            self._depth += element.tag.name == self._name
        elif begins and not element.void:
            self._name, self._depth = element.tag.name, 1

    def close(self, element: Element) -> None:
        if self._depth and element.tag.name == self._name:
            self._depth -= 1


def _append_words(text: Derived, words: str, at: int) -> None:
    """Append `words`, which stand at `at` in the source, with blanks as one and what references stand for."""
    done = 0
    # Most words stand with one blank between them; the search for a sign is much faster.
    is_even = words.isprintable() and "  " not in words
    for match in (_ONLY_REFERENCE if is_even else _SPACE_OR_REFERENCE).finditer(words):
        start, end = match.span()
        text.append(words[done:start], at + done, at + start)
        text.append(" " if words[start] != "&" else html.unescape(match.group()), at + start, at + end)
        done = end
    text.append(words[done:] if done else words, at + done, at + len(words))
