# ruff: noqa: RUF001  # other scripts and full-width signs are what links are disguised with
"""Finds links written out in text: plain, without scheme, spaced, defanged, or with the dots as words."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import re2

from services.policy.gate.contact.mailbox import packaged, signs
from services.policy.gate.domains import is_public_suffix
from services.policy.gate.links.address import AFTER_SCHEME, IN_LINK, Address, is_number, is_private, parse
from services.policy.gate.scan import BLANK, Quick
from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, alternatives, flat

_LABEL = r"[a-z0-9ß-ɏ](?:[a-z0-9ß-ɏ-]{0,61}[a-z0-9ß-ɏ])?"
_SCHEMED = re.compile(rf"(?<![a-z0-9_])(?:https?|hxxps?|ftp)\s?:\s?//\s?{AFTER_SCHEME}")
_FRAMED_DOT = r"[\[({]\s?(?:\.|dot|punto|point|punkt)\s?[\])}]"
_DEFANGED = re.compile(_FRAMED_DOT)
_BARE = re.compile(
    rf"(?<![a-z0-9ß-ɏ_@./:&=%+#~\\-])(?:(?:{_LABEL})\.){{1,8}}(?P<tld>[a-zß-ɏ]{{2,18}}|xn--[a-z0-9-]{{1,50}}|[а-я]{{2,10}}|みんな|セール)"
    rf"(?P<dot>\.)?(?P<port>:\d{{1,9}})?(?P<path>[/?#](?:(?!'){IN_LINK}){{0,2000}})?(?![a-z0-9_@])"
)
_NEUTRAL = re.compile(rf"(?<![/:\w])//(?P<host>(?:{_LABEL}\.){{1,8}}[a-z]{{2,18}}){IN_LINK}{{0,500}}")
_NUMBERED = re.compile(
    rf"(?<![\w./:-])(\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}})(?:(:\d{{1,5}})?/{IN_LINK}{{0,500}}|:\d{{2,5}}(?!\d))"
)
_BLANK = re.compile(r"\s")
_QUICK_BARE = Quick(r"\pL[.][\pL]|[0-9][.][\pL0-9]|[.]xn-")
_SPACED_WWW = re.compile(rf"(?<![a-z0-9@])www[\s.,]{{1,3}}({_LABEL})[\s,]{{1,3}}([a-z]{{2,6}})(?![a-z0-9])")
# The three letters read out or set apart announce a site, whatever comes after them.
_SPELLED_WWW = (
    r"(?:www(?:\s{1,2}[.,]\s{0,2}|[.,]\s{1,2})[a-z0-9]|(?:vu|uve|we)\s(?:vu|uve|we)\s(?:vu|uve|we)\s"
    r"|tres uves? dobles?|triple [vw]\s|trois w|drei(?:mal)? w(?:\s|,)|ダブリュ(?:[ー、・]|\s)?ダブリュ)"
)
_SPELLED = re.compile(rf"(?<![a-zß-ɏ]){_SPELLED_WWW}[^\n]{{0,60}}")
_TRAILING = ".,;:!?'\")]}>*。、」』）"
_SENTENCE = re.compile(r"[.][A-ZÀ-Þ][a-zà-ÿ]*")
_WORD_SUFFIXES = frozenset(
    [
        "al",
        "am",
        "an",
        "as",
        "at",
        "be",
        "ci",
        "de",
        "do",
        "es",
        "id",
        "il",
        "in",
        "is",
        "it",
        "la",
        "le",
        "li",
        "lo",
        "ma",
        "me",
        "mi",
        "mo",
        "my",
        "ne",
        "no",
        "se",
        "si",
        "so",
        "st",
        "su",
        "to",
        "us",
        "je",
        "tu",
        "un",
        "et",
        "va",
    ]
)
_SURE_SUFFIXES = frozenset(
    [
        "com",
        "net",
        "org",
        "eu",
        "shop",
        "store",
        "info",
        "biz",
        "online",
        "it",
        "fr",
        "co",
        "uk",
        "jp",
        "io",
        "app",
        "site",
        "xyz",
        "top",
        "club",
    ]
)
_KANA_SUFFIXES = {"コム": "com", "ネット": "net", "ジェーピー": "jp", "ジェイピー": "jp"}
_FILES = frozenset(["zip", "mov", "py", "sh", "rs", "md", "ps", "so", "cab", "bat"])
_CUE_WINDOW = 28
_QUICK_WWW, _QUICK_SPELLED, _QUICK_ENDING = range(3)
# How far a disguised link reaches before its last dot, and behind it.
_LONGEST_NAME, _LONGEST_REST = 320, 110


@dataclass(frozen=True, slots=True)
class WrittenLink:
    """A link in a normalised text's `[start, end)`; `disguised` where it is not written as links are."""

    start: int
    end: int
    address: Address
    disguised: bool


@cache
def packaged_links() -> "WrittenLinks":
    """Return the finder that uses the packaged words."""
    return WrittenLinks(signs())


class WrittenLinks:
    """Finds links in text; what is part of an e-mail address is none."""

    def __init__(self, signs: Mapping[str, Any]) -> None:
        """Take sign words, words that announce a web site, and words no site's name consists of."""
        dots, slashes = alternatives(signs["dot_words"]), alternatives(signs["slash_words"])
        ending = alternatives(signs["ending_words"])
        self._quick = Quick(rf"www(?:{BLANK}|,)", _widen(_SPELLED_WWW), ending)
        # What each of the dots below has in it.
        self._dot = re2.compile(
            _widen(
                rf"(?:\s(?:{dots})\s|\s\.|[(\[{{<〔【*_-]\s?(?:\.|{dots})|ドット|どっと"
                r"|(?:,(?:com|net|org)|。\s?(?:com|net|org|jp)|\.\scom)(?:[^a-z]|$))+"
            )
        )
        self._ending = re.compile(
            rf"(?<![a-zß-ɏ])(?:{ending})[\s「\"']{{0,3}}\.?(?:com|net|org|eu|de|fr|it|es|jp|shop|store|io)(?![a-z0-9-])"
        )
        self._disguised = re.compile(
            rf"(?<![a-z0-9ß-ɏ_@])(?P<www>www\s{{0,2}}\.?\s{{1,3}})?(?P<name>{_LABEL}(?:(?:\.|\s?{_FRAMED_DOT}\s?){_LABEL}){{0,3}})"
            rf"(?P<dot>\s{{1,3}}(?:{dots})\s{{1,3}}|\s{{0,2}}(?:ドット|どっと)\s{{0,2}}|\s{{1,2}}\.\s{{0,2}}|,(?=(?:com|net|org)(?![a-z]))|。\s?(?=(?:com|net|org|jp)(?![a-z]))|\.\s(?=com(?![a-zß-ɏ'’]))"
            rf"|\s{{0,2}}[(\[{{<〔【*_-]{{1,2}}\s?(?:\.|{dots}|ドット)\s?[)\]}}>〕】*_-]{{1,2}}\s{{0,2}})"
            rf"(?P<tld>[a-z]{{2,12}}|コム|ネット|ジェーピー|ジェイピー)(?P<path>\s{{0,2}}(?:/|{slashes})\s{{0,2}}[a-z0-9_-]{{1,60}})?(?![a-z0-9_@])"
        )
        self._cue = Words(flat(signs["site_words"]))
        self._never = frozenset(signs["never_sites"])
        self._no_sites = frozenset(signs["no_sites"])

    def find(self, passage: NormalisedText, original: str) -> list[WrittenLink]:
        """Return the links written in `passage`; `original` is the field its spans point into."""
        text = passage.text
        found: list[WrittenLink] = []
        if "/" in text:
            found += [*self._schemed(text), *self._neutral(text)]
        if _QUICK_BARE.is_in(text):
            found += self._bare(passage, original)
        found += [*self._announced(passage.folded), *self._dressed_up(passage.folded)]
        mailboxes = (
            passage.once(packaged().find) if any(link.disguised or not link.address.scheme for link in found) else []
        )
        links = [link for link in _apart(found) if not _overlaps(link, mailboxes)]
        return links if original.isascii() else [_unmasked(link, passage, original) for link in links]

    def _schemed(self, text: str) -> Iterable[WrittenLink]:
        for match in _SCHEMED.finditer(text):
            written = match.group().rstrip(_TRAILING)
            plain = _DEFANGED.sub(".", written.replace(" ", "").replace("hxxp", "http"))
            address = parse(plain)
            if _names_a_host(address.host) and not written.endswith("_"):
                disguised = plain != written
                yield WrittenLink(match.start(), match.start() + len(written), address, disguised)

    def _bare(self, passage: NormalisedText, original: str) -> Iterable[WrittenLink]:
        text = passage.text
        for match in _in_words(_BARE, text):
            host = match.group()[: match.end("tld") - match.start()]
            if not is_public_suffix(match.group("tld")) or _is_bad_port(match.group("port")):
                continue
            if self._is_prose(passage, original, match, host):
                continue
            path = (match.group("path") or "").rstrip(_TRAILING)
            end = match.end("tld") + (len(match.group("port") or "") + len(path) if path or match.group("port") else 0)
            yield WrittenLink(match.start(), end, Address("", host, path), disguised=False)
        for match in _in_words(_NUMBERED, text):
            if is_number(match.group(1)) and not is_private(match.group(1)):
                yield WrittenLink(match.start(), match.end(), Address("", match.group(1), ""), disguised=False)

    def _is_prose(self, passage: NormalisedText, original: str, match: re.Match[str], host: str) -> bool:
        """Tell a sentence that begins without a space ("grazie.Il pacco") or a file name from a host name."""
        tld = match.group("tld")
        if match.group("path") or host.startswith("www."):
            return False
        start, end = passage.span(match.start("tld") - 1, match.end("tld"))
        if not original[start:end].isascii() and tld.isascii():
            return False  # nobody writes full-width letters by mistake
        before = original[max(0, start - 2) : start]
        begins_sentence = _SENTENCE.fullmatch(original[start:end]) and not (before.isalpha() and before.isupper())
        if begins_sentence or tld in _FILES or host in self._no_sites:
            return True
        return self._is_word(host[: -len(tld) - 1], tld, passage.text[match.end() : match.end() + 4])

    def _is_word(self, name: str, tld: str, after: str) -> bool:
        """Tell whether `name.tld` is more likely two words of a sentence than a host."""
        if tld not in _WORD_SUFFIXES or "." in name or not name.isalpha():
            return name.replace(".", "").isdigit()
        if tld in {"it", "de", "es"}:
            return name in self._never
        return re.match(r"\s+[^\W\d_]", after) is not None or name in self._never

    def _neutral(self, text: str) -> Iterable[WrittenLink]:
        for match in _NEUTRAL.finditer(text):
            host = match.group("host")
            if is_public_suffix(host.rpartition(".")[2]):
                yield WrittenLink(match.start(), match.end(), parse(match.group()), disguised=False)

    def _announced(self, text: str) -> Iterable[WrittenLink]:
        possible = self._quick.list_numbers(text)
        for match in _SPACED_WWW.finditer(text) if _QUICK_WWW in possible else ():
            if is_public_suffix(match.group(2)):
                host = f"{match.group(1)}.{match.group(2)}"
                yield WrittenLink(match.start(), match.end(), Address("", host, ""), disguised=True)
        for number, pattern in ((_QUICK_SPELLED, _SPELLED), (_QUICK_ENDING, self._ending)):
            for match in pattern.finditer(text) if number in possible else ():
                yield WrittenLink(match.start(), match.end(), Address("", "www", match.group()), disguised=True)

    def _dressed_up(self, text: str) -> Iterable[WrittenLink]:
        for match in self._around_dots(text):
            address = Address("", f"{match.group('name')}.{_read_ending(match)}", match.group("path") or "")
            yield WrittenLink(match.start(), match.end(), address, disguised=True)

    def _around_dots(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the disguised links, looked for only near what may stand for a dot."""
        stretches: list[tuple[int, int]] = []
        for dot in self._dot.finditer(text):
            first, last = max(0, dot.start() - _LONGEST_NAME), dot.end()
            if stretches and first <= stretches[-1][1] + _LONGEST_REST:
                first, _ = stretches.pop()
            stretches.append((first, last))
        for first, last in stretches:
            for match in self._scan(text, first, last + _LONGEST_REST):
                # Behind the last dot, the end of the stretch would pass for that of a word.
                if match.start("dot") < last:
                    yield match

    def _scan(self, text: str, first: int, last: int) -> Iterator[re.Match[str]]:
        """Yield the disguised links; what ends none may begin one, as in "shop . example . com"."""
        while match := self._disguised.search(text, first, last):
            is_link = (
                is_public_suffix(_read_ending(match))
                and match.group("name") not in self._never
                and self._is_meant(text, match)
            )
            if is_link:
                yield match
            first = match.end() if is_link else match.start("tld")

    def _is_meant(self, text: str, match: re.Match[str]) -> bool:
        name, tld, dot = match.group("name"), match.group("tld"), match.group("dot").strip()
        if match.group("www") or match.group("path") or tld in _KANA_SUFFIXES or (dot, tld) == ("punkt", "de"):
            return True
        if dot[:1] in {"(", "[", "{", "<", "〔", "【", "*", "_"} and dot != "*":
            return tld in _SURE_SUFFIXES or "-" in name or tld in {"de", "es"}
        announced = self._cue.search(text[max(0, match.start() - _CUE_WINDOW) : match.start()]) is not None
        telling = "-" in name or any(character.isdigit() for character in name) or announced
        if dot == "point" and tld in _WORD_SUFFIXES:
            # "never point it at the sun", "the pick-up point at the station"
            return announced or (tld == "it" and "-" in name)
        if tld in _WORD_SUFFIXES - {"it"}:
            return telling and len(name) > 2  # noqa: PLR2004  # "12 . de"
        if dot == ".":
            return telling or tld in {"com", "net", "org", "eu"}
        return telling or tld in _SURE_SUFFIXES


def _read_ending(link: re.Match[str]) -> str:
    return _KANA_SUFFIXES.get(link.group("tld"), link.group("tld"))


def _widen(pattern: str) -> str:
    """Return a pattern for RE2, which takes fewer characters for blanks by itself than `re` does."""
    return pattern.replace(r"\s", BLANK)


def _in_words(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern that has a dot, and no blank, in it."""
    at = text.find(".")
    while at >= 0:
        end = at + 1
        if end < len(text) and not text[end].isspace():
            start = at
            while start and not text[start - 1].isspace():
                start -= 1
            blank = _BLANK.search(text, end)
            end = len(text) if blank is None else blank.start()
            yield from pattern.finditer(text, start, end)
        at = text.find(".", end)


def _unmasked(link: WrittenLink, passage: NormalisedText, original: str) -> WrittenLink:
    """Return `link` as disguised if its host was written in other letters than it reads."""
    host = link.address.host
    at = passage.text.find(host, link.start, link.end)
    if at < 0 or not host.isascii():
        return link
    start, end = passage.span(at, at + len(host))
    return link if original[start:end].isascii() else replace(link, disguised=True)


def _overlaps(link: WrittenLink, spans: list[tuple[int, int]]) -> bool:
    """Tell whether `link`, unless it has a scheme, is part of one of `spans`, which are in order."""
    if link.address.scheme and not link.disguised:
        return False
    at = bisect_right(spans, (link.end, 0)) - 1
    return at >= 0 and spans[at][1] > link.start


def _names_a_host(host: str) -> bool:
    if not host or host[0] in ".-_" or host[-1] in "_-" or ".." in host:
        return False
    return any(character.isalnum() for character in host) and not is_private(host)


def _is_bad_port(port: str | None) -> bool:
    return port is not None and int(port[1:]) > 65535  # noqa: PLR2004  # RFC 6335


def _apart(found: list[WrittenLink]) -> list[WrittenLink]:
    found.sort(key=lambda link: (link.start, -link.end))
    apart: list[WrittenLink] = []
    for link in found:
        if not apart or link.start >= apart[-1].end:
            apart.append(link)
    return apart
