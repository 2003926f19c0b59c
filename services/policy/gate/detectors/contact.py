"""Finds ways to reach somebody outside the marketplace: addresses, telephone numbers, messenger handles, QR codes.

Of buyers who have not ordered yet also where they live.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.policy.gate.contact.figures import blot, find_others
from services.policy.gate.contact.handle import Handles
from services.policy.gate.contact.mailbox import packaged
from services.policy.gate.contact.numerals import Numerals
from services.policy.gate.contact.phone import Cues, is_mobile, phones
from services.policy.gate.contact.piecemeal import Piecemeal
from services.policy.gate.contact.postal import PostalAddresses
from services.policy.gate.domains import is_within
from services.policy.gate.judged import Detector, Hit, Judged, Passage
from services.policy.gate.links.address import AFTER_SCHEME, IN_LINK, parse
from services.policy.gate.scan import Quick
from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, flat

_FEWEST_DIGITS = 6
_LINKED = re.compile(
    rf"(?:https?://|www\.){AFTER_SCHEME}|(?<![\w@.])(?:[a-z0-9-]{{1,63}}\.){{1,4}}[a-z]{{2,12}}/{IN_LINK}{{1,2000}}"
)
_SERVICE_WINDOW = 90
# What names have and the names of messengers have not.
_NAMING = re.compile(r"[@._:\d]")
# "1-800-FLOWERS", and addresses written from the end.
_COUNTED = (
    r"(?:watt|volt|gram|lumen|met[er]|page|pagin|seite|euro|stuck|stueck|piec|pezz|piez|lit[er]|kcal|kilo|mbit"
    r"|mill|dollar|pound|frank|franc|umdreh|tour|giri|hour|stund|heur|hora|item|unit|unid|point|punt|sheet|blatt|feuil|fogl|hoja"
    r"|time|year|jahr|anni|anos|mini|word|step|hertz)"
)
_LETTERED_NUMBER = re.compile(
    r"(?<![\w.,-])(?:1[ .-]0?8(?:00|88|77|66|08)[ .-]?|08(?:00|88|77|66|08)[ .-]?|8(?:00|88|77|66|08)-?)"
    rf"(?!{_COUNTED})[a-z]{{4,10}}(?![a-z])"
)
_BACKWARDS = re.compile(r"(?<![a-z0-9.])(?:moc|ten|gro|ti|ed|rf|se|pj|ku\.oc)\.[a-z0-9-]{2,40}@[a-z0-9._-]{2,40}")
_FREE_OF_CHARGE = ("800", "888", "877", "866", "808")
_QUICK_LINKED = Quick(r"://|www\.|\.[a-z]{2,12}/")
_CONTACT_SCHEMES = frozenset(
    {
        "mailto",
        "tel",
        "sms",
        "smsto",
        "callto",
        "skype",
        "whatsapp",
        "tg",
        "viber",
        "line",
        "facetime",
        "sip",
        "xmpp",
        "msnim",
        "weixin",
    }
)


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    phone: bool


@dataclass(frozen=True, slots=True)
class _Service:
    """When a service centre's telephone number is allowed."""

    reasons: frozenset[str]
    words: Words
    never: Words

    def allows(self, reason: str | None, text: str, found: _Found) -> bool:
        if reason not in self.reasons or not found.phone:
            return False
        near = text[max(0, found.start - _SERVICE_WINDOW) : found.end + _SERVICE_WINDOW // 2]
        if self.never.search(near):
            return False
        digits = re.sub(r"\D", "", text[found.start : found.end])
        if len(digits) < _FEWEST_DIGITS:
            return False  # spelled out: no service centre writes its number so
        return bool(self.words.search(near)) or not is_mobile(digits)


def _is_asked(judged: Judged, passage: Passage, found: _Found) -> bool:
    """Tell whether a messenger is only spoken of in the subject of a reply, which is the other side's."""
    if judged.candidate.kind != "reply" or passage.field != "subject" or found.phone:
        return False
    return _NAMING.search(passage.text.folded, found.start, found.end) is None


def _tells_own(judged: Judged) -> bool:
    """Tell whether a buyer writes before any order, when where he lives is none of the seller's business yet."""
    return judged.candidate.presale and judged.candidate.direction == "buyer_to_seller"


def build(parameters: dict[str, Any]) -> Detector:
    """Return the detector; its word lists and the mask that replaces a finding come from the rule's file."""
    return _Contact(parameters)


class _Contact:
    def __init__(self, parameters: dict[str, Any]) -> None:
        self._mask: str = parameters["mask"]
        self._numerals = Numerals(parameters)
        self._cues = Cues(Words(flat(parameters["telephone_words"])), Words(flat(parameters["other_number_words"])))
        self._mailboxes = packaged()
        self._piecemeal = Piecemeal(parameters)
        self._handles = Handles(parameters)
        self._streets = PostalAddresses(parameters)
        self._messenger_hosts = frozenset(parameters["messenger_hosts"])
        service = parameters["service"]
        self._service = _Service(
            frozenset(service["reasons"]), Words(flat(service["words"])), Words(flat(service["never"]))
        )

    def __call__(self, judged: Judged) -> Iterable[Hit]:
        for passage in judged.passages:
            for found in self._in_text(passage.text):
                if self._is_own(judged, passage, found) or _is_asked(judged, passage, found):
                    continue
                if not self._service.allows(judged.candidate.reason, passage.text.folded, found):
                    yield Hit(passage.field, *passage.text.span(found.start, found.end), mask=self._mask)
        yield from self._in_links(judged)
        # Where a seller is to be found (a workshop, where returns go) is no way to write past the marketplace.
        if _tells_own(judged):
            yield from self._homes(judged)
        for attachment in judged.candidate.attachments:
            if any(self._is_contact(code) for code in attachment.codes):
                yield Hit("attachment", 0, 0, excerpt=attachment.name)

    def _homes(self, judged: Judged) -> Iterable[Hit]:
        for passage in judged.passages:
            for span in self._streets.find(passage.text, judged.candidate.written(passage.field)):
                yield Hit(passage.field, *passage.text.span(*span), mask=self._mask)

    def _is_own(self, judged: Judged, passage: Passage, found: _Found) -> bool:
        """Tell whether this is an address of the marketplace itself, as its aliases are."""
        domain = passage.text.folded[found.start : found.end].rpartition("@")[2].strip()
        return not found.phone and is_within(domain, judged.candidate.trusted_domains)

    def _in_text(self, passage: NormalisedText) -> list[_Found]:
        text = passage.folded
        mailboxes = passage.once(self._mailboxes.find)
        found = [_Found(*span, phone=False) for span in (*mailboxes, *self._handles.find(passage, mailboxes))]
        links = [match.span() for match in _LINKED.finditer(text)] if _may_be_linked(text) else []
        runs = self._numerals.runs(text, _FEWEST_DIGITS, lambda: self._barred(passage, [*mailboxes, *links]))
        found += [_Found(*span, phone=True) for span in phones(text, runs, self._cues)]
        spans = [*mailboxes, *links, *((one.start, one.end) for one in found)]
        pieces = self._piecemeal.find(passage, lambda: self._barred(passage, spans))
        found += [_Found(*span, phone=True) for span in pieces]
        if any(prefix in text for prefix in _FREE_OF_CHARGE):
            found += [_Found(*match.span(), phone=True) for match in _LETTERED_NUMBER.finditer(text)]
        if "@" in text:
            found += [_Found(*match.span(), phone=False) for match in _BACKWARDS.finditer(text)]
        found += [_Found(*span, phone=False) for span in links if self._leads_to_messenger(text[slice(*span)])]
        return found

    def _barred(self, passage: NormalisedText, more: Sequence[tuple[int, int]]) -> str:
        return blot(passage.folded, [*passage.once(self._others), *more])

    def _others(self, text: str) -> list[tuple[int, int]]:
        return find_others(text, lambda start, end: self._cues.says(text, start, end) is True)

    def _in_links(self, judged: Judged) -> Iterable[Hit]:
        for link in () if judged.html is None else judged.html.links:
            if link.quoted:
                continue
            address = parse(link.target)
            if address.scheme in _CONTACT_SCHEMES or is_within(address.host, self._messenger_hosts):
                if address.scheme in {"tel", "callto"} and self._allows_call(judged, link.target):
                    continue
                yield Hit("html", link.start, link.end, mask='href=""')

    def _allows_call(self, judged: Judged, target: str) -> bool:
        words = " ".join(passage.text.folded for passage in judged.passages)[:20000]
        return self._service.allows(
            judged.candidate.reason, f"{words} {target}", _Found(len(words), len(words), phone=True)
        )

    def _leads_to_messenger(self, target: str) -> bool:
        address = parse(target if "//" in target[:12] else "//" + target)
        return is_within(address.host, self._messenger_hosts)

    def _is_contact(self, code: str) -> bool:
        address = parse(code)
        if address.scheme in _CONTACT_SCHEMES or self._leads_to_messenger(code):
            return True
        if code[:12].upper().startswith(("BEGIN:VCARD", "MECARD:", "MATMSG:", "BIZCARD:")):
            return True
        return bool(self._in_text(NormalisedText(code[:2000])))


def _may_be_linked(text: str) -> bool:
    return ("/" in text or "www." in text) and _QUICK_LINKED.is_in(text)
