"""A candidate made ready to be judged: its texts normalised once, its HTML read once, shared by all detectors."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from services.policy.gate.candidate import Candidate, Context
from services.policy.gate.finding import Field
from services.policy.gate.history import Known
from services.policy.gate.html import HtmlView, read
from services.policy.gate.offsets import OffsetMap
from services.policy.gate.quotation import fresh
from services.policy.gate.text import NormalisedText

_Fact = TypeVar("_Fact")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to judge: the new words of one field. `hidden` for text of an HTML body that does not show."""

    field: Field
    text: NormalisedText
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """What a detector found: a span in the original field, and facts for the explanation's placeholders.

    `excerpt` replaces the original words where the span has none (attachments, context).
    `mask` is what to put in place of the span when the rule mends the message. `variant` chooses among the
    explanations of a rule that explains itself in more than one way.
    """

    field: Field
    start: int
    end: int
    excerpt: str | None = None
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    mask: str | None = None
    variant: str = ""


class Judged:
    """What detectors see of a candidate. Nothing in it is computed twice, and nothing before it is asked for."""

    def __init__(self, candidate: Candidate, context: Context | None = None) -> None:
        self.candidate = candidate
        self.context = context
        self._facts: dict[str, object] = {}
        self._apart = False

    @cached_property
    def html(self) -> HtmlView | None:
        """The HTML body, read; quoted messages are set apart only in replies."""
        if self.candidate.html is None:
            return None
        view = read(self.candidate.html, quotes=self.candidate.kind == "reply")
        if self.candidate.kind == "reply" and not view.visible.text.strip():
            return read(self.candidate.html, quotes=False)  # nothing but a quotation: all of it is the message
        return view

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The texts to judge: subject, new text, and of the HTML body what shows and what does not."""
        passages = [
            Passage("subject", NormalisedText(self.candidate.subject)),
            self._fresh("text", self.candidate.text),
        ]
        if self.html is not None:
            visible, hidden = self.html.visible, self.html.hidden
            passages.append(self._fresh("html", visible.text, visible.map))
            passages.append(Passage("html", NormalisedText(hidden.text, hidden.map), hidden=True))
        return tuple(passage for passage in passages if passage.text.text.strip())

    def _fresh(self, name: Field, text: str, *maps: OffsetMap) -> Passage:
        if self.candidate.kind == "proactive":
            return Passage(name, NormalisedText(text, *maps))  # who starts a thread has no history to quote
        new = fresh(text)
        self._apart = self._apart or len(new) < len(text)
        return Passage(name, NormalisedText(new.text, new.map, *maps))

    @property
    def apart(self) -> bool:
        """Whether something of the bodies was left out as a quotation."""
        return (bool(self.passages) and self._apart) or (self.html is not None and self.html.apart)

    def once(self, name: str, find: Callable[["Judged"], _Fact]) -> _Fact:
        """Return the fact `name`, found by `find` the first time any detector asks for it."""
        if name not in self._facts:
            self._facts[name] = find(self)
        return self._facts[name]  # type: ignore[return-value]  # one name is only ever used with one `find`


class Quotations(Judged):
    """What detectors see of the bodies' quotations: only what the thread has not said before."""

    def __init__(self, candidate: Candidate, known: Known) -> None:
        super().__init__(dataclasses.replace(candidate, subject="", attachments=(), headers=()))
        self._known = known

    @cached_property
    def html(self) -> HtmlView | None:
        """The HTML body with the links that are new to the thread."""
        if not self.candidate.html:
            return None
        view = read(self.candidate.html, quotes=False)
        links = tuple(link for link in view.links if not self._known.holds_link(link.target))
        return dataclasses.replace(view, links=links)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The stretches that are new to the thread."""
        passages = [self._unknown("text", self.candidate.text)]
        if self.html is not None:
            passages.append(self._unknown("html", self.html.visible.text, self.html.visible.map))
            passages.append(self._unknown("html", self.html.hidden.text, self.html.hidden.map, hidden=True))
        return tuple(passage for passage in passages if passage.text.text.strip())

    def _unknown(self, name: Field, text: str, *maps: OffsetMap, hidden: bool = False) -> Passage:
        new = self._known.pick_unknown(text)
        return Passage(name, NormalisedText(new.text, new.map, *maps), hidden=hidden)


def read_apart(judged: Judged) -> Quotations | None:
    """Return what was set apart in the bodies of a message, to be judged against the thread; None if there is none."""
    known = judged.candidate.known
    if known is None or not judged.apart:
        return None
    return Quotations(judged.candidate, known.extended(passage.text.original for passage in judged.passages))


def read_below(candidate: Candidate) -> Quotations | None:
    """Return the history below a message, as its text and HTML, to be judged against the thread; None without any."""
    if candidate.known is None or not (candidate.quoted_text or candidate.quoted_html):
        return None
    below = dataclasses.replace(candidate, text=candidate.quoted_text, html=candidate.quoted_html or None)
    return Quotations(below, candidate.known)


class Detector(Protocol):
    """Finds what one rule looks for. Pure: the same candidate gives the same hits."""

    def __call__(self, judged: Judged, /) -> Iterable[Hit]:
        """Yield the hits, in no particular order; overlapping ones are merged by the rule set."""
        ...
