"""Finds links that leave the marketplace, deceive, imitate it, or end a subscription."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.policy.gate.characters import ACCENTLESS
from services.policy.gate.contact.mailbox import packaged
from services.policy.gate.domains import is_within, registrable
from services.policy.gate.finding import Field
from services.policy.gate.judged import Detector, Hit, Judged, Passage
from services.policy.gate.links.address import Address, is_private, parse
from services.policy.gate.links.written import WrittenLink, packaged_links
from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, flat

_NEAR = 110
_LONGEST_SHOWN = 500
_OPT_OUT = re.compile(r"unsub|opt-?_?out")
# What follows the marketplace's name where it has a shop in another country.
_SISTER = re.compile(r"(?:\.(?:com?|org|net))?(?:\.[a-z]{2})?")
# Shorter ones are part of too many words.
_SHORTEST_NAME = 5
_LOOK_ALIKE_FIGURES = str.maketrans("0135", "oles")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A link of the message: where it stands in its field, where it leads, what it shows, and the words around it.

    Of a `labelled` link these are its own.
    """

    field: Field
    start: int
    end: int
    address: Address
    shown: Address | None = None
    disguised: bool = False
    around: str = ""
    labelled: bool = False


def build(parameters: dict[str, Any]) -> Detector:
    """Return the detector for `find`: `external`, `imitation` or `unsubscribe`."""
    kinds: dict[str, Callable[[dict[str, Any]], Detector]] = {
        "external": _External,
        "imitation": _Imitation,
        "unsubscribe": _Unsubscribe,
    }
    return kinds[parameters["find"]](parameters)


def _links(judged: Judged) -> list[_Placed]:
    """Return a message's links: those written in its texts and those of its HTML."""
    links = [
        _placed(passage, link)
        for passage in judged.passages
        for link in packaged_links().find(passage.text, judged.candidate.written(passage.field))
    ]
    if judged.html is not None:
        for link in judged.html.links:
            if not link.quoted:
                around, shown = _shown(link.text[:_LONGEST_SHOWN])
                links.append(
                    _Placed("html", link.start, link.end, parse(link.target), shown, around=around, labelled=True)
                )
    return links


def _shown(text: str) -> tuple[str, Address | None]:
    """Return a link's text in folded form, and the address it shows, if it shows one."""
    if text.isascii() and "." not in text:
        return text.lower(), None
    normalised = NormalisedText(text)
    found = packaged_links().find(normalised, text)
    return normalised.folded, found[0].address if found else None


def _placed(passage: Passage, link: WrittenLink) -> _Placed:
    text = passage.text.folded
    around = f"{text[max(0, link.start - _NEAR) : link.start]} {text[link.end : link.end + _NEAR // 2]}"
    start, end = passage.text.span(link.start, link.end)
    return _Placed(passage.field, start, end, link.address, disguised=link.disguised, around=around)


class _External:
    """Links outside the marketplace and the reason's allow-list, and links that hide where they lead."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._allowed = _by_reason(parameters["allowed"], parameters["country_suffixes"])

    def __call__(self, judged: Judged) -> Iterable[Hit]:
        for link in judged.once("links", _links):
            if link.address.is_web and self._is_external(judged, link):
                yield Hit(link.field, link.start, link.end)

    def _is_external(self, judged: Judged, link: _Placed) -> bool:
        candidate, address = judged.candidate, link.address
        if is_private(address.host):
            return False
        if link.disguised or address.scheme not in {"", "https"} or _is_foreign_script(address.host):
            return True
        trusted = is_within(address.host, candidate.trusted_domains)
        if not trusted and not is_within(address.host, self._allowed.get(candidate.reason, frozenset())):
            return True
        return link.shown is not None and not _same(link.shown.host, address.host, candidate.trusted_domains)


class _Imitation:
    """Links that pose as the marketplace: its name in a foreign domain, look-alike letters, false link texts."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._genuine = frozenset(parameters["genuine"])

    def __call__(self, judged: Judged) -> Iterable[Hit]:
        trusted = judged.candidate.trusted_domains
        for link in judged.once("links", _links):
            host = link.address.host
            if not host or is_within(host, trusted) or is_within(host, self._genuine):
                continue
            posed = link.shown is not None and is_within(link.shown.host, trusted)
            if posed or _imitates(host, trusted):
                yield Hit(link.field, link.start, link.end)


def _imitates(host: str, trusted: Iterable[str]) -> bool:
    """Tell whether a part of `host` begins as the name of one of `trusted` does, without being its shop elsewhere."""
    if "xn--" in host:
        try:
            host = host.encode("ascii").decode("idna")
        except UnicodeError:
            return True
    names = [name for name in {domain.partition(".")[0] for domain in trusted} if len(name) >= _SHORTEST_NAME]
    if any(_SISTER.fullmatch(registrable(host).removeprefix(name)) for name in names):
        return False
    parts = re.split(r"[.-]", _plain(host))
    return any(part.startswith(_plain(name)) for name in names for part in parts)


def _plain(name: str) -> str:
    """Return a name with what is mistaken for one another made one."""
    return name.translate(_LOOK_ALIKE_FIGURES).replace("rn", "m").replace("vv", "w").translate(ACCENTLESS)


class _Unsubscribe:
    """Ways to leave a mailing list: a message to one buyer has none."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._words = Words(flat(parameters["words"]))
        self._account = Words(parameters["account_words"])
        self._mails, self._stops = Words(flat(parameters["mails"])), Words(flat(parameters["stops"]))
        self._commands = Words(flat(parameters["commands"]))
        self._targets = re.compile("|".join(map(re.escape, parameters["targets"])))
        self._headers = frozenset(name.lower() for name in parameters["headers"])
        self._header_line = re.compile("|".join(map(re.escape, sorted(self._headers))))

    def __call__(self, judged: Judged) -> Iterable[Hit]:
        for name, _ in judged.candidate.headers:
            if name.lower() in self._headers:
                yield Hit("message", 0, 0, excerpt=name)
        for passage in judged.passages:
            for span in self._in_text(passage.text):
                yield Hit(passage.field, *passage.text.span(*span))
        links = judged.once("links", _links)
        worded = bool(links) and self._words.search("\n".join(link.around for link in links)) is not None
        for link in links:
            # The marketplace's own subscriptions are no mailing list of the seller's, unless the link itself says so.
            own = is_within(link.address.host, judged.candidate.trusted_domains)
            if self._says_so(link) if own else self._leads_out(link, worded=worded):
                yield Hit(link.field, link.start, link.end)

    def _in_text(self, passage: NormalisedText) -> Iterable[tuple[int, int]]:
        text = passage.folded
        if any(name in text for name in self._headers):
            yield from (match.span() for match in self._header_line.finditer(text))
        yield from (command.span() for command in self._commands.finditer(passage))
        for start, end in passage.once(packaged().find):
            if self._words.search(text[max(0, start - _NEAR) : end + _NEAR // 2]):
                yield start, end

    def _says_so(self, link: _Placed) -> bool:
        """Tell it from a link to what else can be ended in an account, as a subscription."""
        if _OPT_OUT.search(link.address.rest):
            return True
        words = link.around if link.labelled else ""
        return self._words.search(words) is not None and self._account.search(words) is None

    def _leads_out(self, link: _Placed, *, worded: bool) -> bool:
        where = f"{link.address.host}{link.address.rest}"
        if self._targets.search(where) or (worded and self._words.search(link.around)):
            return True
        return self._is_about_mail(link)

    def _is_about_mail(self, link: _Placed) -> bool:
        return self._mails.search(link.around) is not None and self._stops.search(link.around) is not None


def _by_reason(allowed: list[dict[str, Any]], suffixes: list[str]) -> Mapping[str | None, frozenset[str]]:
    """Return the allowed domains of each reason; `name.*` stands for the name under every country's suffix."""
    lists: dict[str | None, set[str]] = {}
    for entry in allowed:
        domains = {domain for domain in entry["domains"] if not domain.endswith(".*")}
        names = [domain.removesuffix(".*") for domain in entry["domains"] if domain.endswith(".*")]
        domains |= {f"{name}.{suffix}" for name in names for suffix in suffixes}
        for reason in entry["reasons"]:
            lists.setdefault(reason or None, set()).update(domains)
    return {reason: frozenset(domains) for reason, domains in lists.items()}


def _is_foreign_script(host: str) -> bool:
    return "xn--" in host or not host.isascii()


def _same(shown: str, target: str, trusted: frozenset[str]) -> bool:
    return registrable(shown) == registrable(target) or (is_within(shown, trusted) and is_within(target, trusted))
