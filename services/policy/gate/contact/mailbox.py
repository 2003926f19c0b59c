# ruff: noqa: RUF001  # Japanese brackets and signs are what addresses are disguised with
"""Finds e-mail addresses, plainly written or disguised: "name (at) example dot com", spaced, with sign words."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from services.policy.gate.domains import is_public_suffix
from services.policy.gate.scan import BLANK, Quick
from services.policy.gate.wordlist import Words, alternatives, flat

SIGNS = Path(__file__).with_name("signs.toml")
_LOCAL_WINDOW = 96
_DOMAIN_WINDOW = 200
_BACKWARD_LOCAL = re.compile(r"\s{0,3}([a-z0-9_%+'ß-ɏ-]{1,40}(?:\s?[._-]\s?[a-z0-9_%+ß-ɏ-]{1,40}){0,5})")
_LABEL = r"[a-z0-9ß-ɏ](?:[a-z0-9ß-ɏ-]{0,61}[a-z0-9ß-ɏ])?"
_CUE_WINDOW = 60
# The places of the patterns that tell where a closer look is worth it.
_AT, _TOLD, _AT_PROVIDER = range(3)
_ONE_LETTER = re.compile(r"\s([a-z])(?![a-z0-9])")
_TLD_LESS = re.compile(r"[a-z][a-z0-9-]{3,40}(?![a-z0-9.@-])")


@cache
def signs() -> Mapping[str, Any]:
    """Return the packaged words for signs."""
    return tomllib.loads(SIGNS.read_text(encoding="utf-8"))


@cache
def packaged() -> "Mailboxes":
    """Return the finder that uses the packaged words."""
    return Mailboxes(signs())


class Mailboxes:
    """Finds addresses by the signs and words that make one."""

    def __init__(self, signs: Mapping[str, Any]) -> None:
        """Take the words for "@" and ".", mail providers' names, words about mail, words that are no name."""
        at_words, dot_words, providers = signs["at_words"], signs["dot_words"], signs["mail_providers"]
        at, dot = alternatives(at_words), alternatives(dot_words)
        frame, framed_end = r"[(\[{<«〔【*_|/-]", r"[)\]}>»〕】*_|/-]"
        self._at = re.compile(
            rf"(?P<sign>\s{{0,3}}@\s{{0,3}}|(?<=[a-z0-9])[★☆●◎◆■※](?=[a-z0-9]))"
            rf"|(?P<framed>\s{{0,3}}{frame}{{1,2}}\s?(?:@|a|{at})\s?{framed_end}{{1,2}}\s{{0,3}})"
            rf"|(?P<word>(?:(?<=[\sa-z0-9])|^)"
            rf"(?:(?<![a-z])(?:\s{{0,3}})(?:{at})(?:\s{{1,3}})"
            rf"|アットマーク|あっとまーく|アット|あっと))"
        )
        framed_dot = rf"\s{{0,2}}[(\[{{<〔【*_|/-]{{1,2}}\s?(?:\.|{dot})\s?[)\]}}>〕】*_|/-]{{1,2}}\s{{0,2}}"
        self._dot = (
            rf"(?:{framed_dot}|\s{{0,2}}[.。・]\s{{0,2}}|\s{{1,3}}(?:{dot})\s{{1,3}}"
            rf"|\s{{0,2}}(?:ドット|どっと)\s{{0,2}})"
        )
        names = alternatives(providers)
        # "at" and its like are everyday words: of these, only such as a provider or a host may follow.
        sign = rf"{BLANK}*(?:[.。・]|ドット|どっと)|{BLANK}+(?:{dot}){BLANK}|{BLANK}*{frame}+{BLANK}?(?:\.|{dot})"
        host = rf"\[?{BLANK}*[a-z0-9ß-ɏ][a-z0-9ß-ɏ-]*(?:{sign})"
        # What one fast pass does not find, the patterns below have not to look for.
        self._quick = Quick(
            rf"[@★☆●◎◆■※]|アット|あっと|{frame}\s?a\s?{framed_end}|{frame}{BLANK}?(?:{at}){BLANK}?{framed_end}"
            rf"|(?:^|[^a-z])(?:{at}){BLANK}+(?:{names}|{host})",
            rf"(?:^|[^a-z])(?:{alternatives(signs['told_at_words'])})(?:[^a-z]|$)",
            rf"\s(?:{names})[\s.]",
        )
        self._domain = re.compile(rf"\[?\s{{0,3}}({_LABEL}(?:{self._dot}{_LABEL}){{1,4}})")
        self._provider = re.compile(
            rf"\s{{0,3}}({names})(?![a-z0-9])(?:\s{{0,2}}[.,]?\s{{0,2}}(?:{dot})?\s{{0,2}}(?:com|it|de|fr|es|jp|net|co)(?![a-z]))?"
        )
        self._separator = re.compile(self._dot)
        self._cue = Words(flat(signs["mail_words"]))
        # A name, the sign, a name, the dot, an ending: each told, with commas or such between. "As far as the point"
        # has none there.
        self._told = re.compile(
            rf"(?<![a-z])(?:{alternatives(signs['told_at_words'])})(?![a-z])[^\n.!?]{{1,60}}?(?:,|\s(?:{alternatives(signs['then_words'])}))\s"
            rf"(?:{alternatives([*dot_words, *signs['told_dot_words']])})(?:,\s|\s(?:e|y|et|and|und|plus)\s)"
            rf"(?:com|net|org|it|de|fr|es|jp|eu|uk|ch|at)(?=[\s.,;:!?)]|$)"
        )
        # Of an everyday sign word, "at gardenmate dot com": the dot's word and the ending say that an address is meant.
        sure_dots = alternatives(set(dot_words) - {"point"})
        self._sure_dot = re.compile(
            rf"\s(?:{sure_dots})\s{{1,3}}(?:com|net|org|eu|info|shop|fr|jp|uk|ie|biz|io)$|\spunkt\s{{1,3}}(?:de|at|ch)$"
        )
        self._never_local = frozenset(signs["never_local"])
        self._loose = re.compile(
            rf"(?<![a-z0-9])[a-z0-9._-]{{3,40}}\s{{1,3}}(?P<on>(?:su|auf|bei|sur|chez|en|on|at|de|di)\s{{1,3}})?(?:{names})\s{{0,2}}(?P<dot>\.|\s(?:{dot})\s|\s)\s{{0,2}}(?P<tld>com|net|it|de|fr|es|co|jp)(?![a-z0-9])"
        )

    def find(self, text: str) -> list[tuple[int, int]]:
        """Return the spans of addresses in folded `text`."""
        found: list[tuple[int, int]] = []
        possible = self._quick.list_numbers(text)
        for match in self._at.finditer(text) if _AT in possible else ():
            span = self._address(text, match)
            if span is not None and (not found or span[0] >= found[-1][1]):
                found.append(span)
        if _TOLD in possible:
            found.extend(match.span() for match in self._told.finditer(text))
        if _AT_PROVIDER in possible:
            found.extend(match.span() for match in self._loose.finditer(text) if _is_meant(match))
        return sorted(found)

    def _address(self, text: str, at: re.Match[str]) -> tuple[int, int] | None:
        start = self._local(text, at.start())
        if start is None:
            return None
        local = text[start : at.start()].strip()
        window = text[at.end() : at.end() + _DOMAIN_WINDOW]
        provider = self._provider.match(window)
        if provider is not None and self._may_be_local(text, start, local, at):
            return start, at.end() + provider.end()
        is_everyday = at.lastgroup == "word" and at.group().strip() in _EVERYDAY
        end = self._domain_end(window, everyday=is_everyday, named=re.search(r"[0-9._]", local) is not None)
        is_local = local.rpartition(" ")[2] not in self._never_local  # "stay-at-home"
        if end is not None:
            is_sure = is_local and self._sure_dot.search(window[:end]) is not None
            return (start, at.end() + end) if is_sure or self._may_be_local(text, start, local, at) else None
        label = _TLD_LESS.match(window)
        if label is not None and at.group() == "@" and self._cue.search(text[max(0, start - _CUE_WINDOW) : start]):
            return start, at.end() + label.end()
        if at.lastgroup == "framed" and is_local and self._is_named(at.group()) and re.match(r"[a-z0-9]{3}", window):
            label = re.match(_LABEL, window)
            return (start, at.end() + label.end()) if label is not None else None
        return None

    def _is_word(self, ending: str, *, named: bool) -> bool:
        return ending in _WORDS_TOO if named else ending not in _ENDINGS

    def _is_named(self, framed: str) -> bool:
        return len(framed.strip().strip("()[]{}<>«»〔〕【】*_|/- ")) > 1 and "/" not in framed

    def _local(self, text: str, end: int) -> int | None:
        window = text[max(0, end - _LOCAL_WINDOW) : end]
        match = _BACKWARD_LOCAL.match(window[::-1])
        if match is None:
            return None
        start = end - match.end(1)
        while start < end and text[start] in "._-' ":
            start += 1
        return start if start < end else None

    def _may_be_local(self, text: str, start: int, local: str, at: re.Match[str]) -> bool:
        if at.lastgroup != "word":
            return True
        word = at.group().strip()
        if word not in _EVERYDAY:
            return True  # "chiocciola", "arobase": nobody writes these for anything else
        if local.rpartition(" ")[2] in self._never_local:
            return False
        if re.search(r"[0-9._]", local) and not local.isdigit():
            return True
        return bool(self._cue.search(text[max(0, start - _CUE_WINDOW) : start]))

    def _domain_end(self, window: str, *, everyday: bool, named: bool) -> int | None:
        match = self._domain.match(window)
        if match is None:
            return None
        labels = self._separator.split(match.group(1))
        # "f a c t u r a s @ t o l d o n o r . e s": two letters are too few to be joined as a word is.
        rest = _ONE_LETTER.match(window, match.end(1)) if len(labels[-1]) == 1 else None
        if rest is not None and is_public_suffix(labels[-1] + rest.group(1)):
            return rest.end()
        for separator, label in reversed(list(zip(self._separator.finditer(match.group(1)), labels[1:], strict=False))):
            # "… 110 at night. In that case", "… at once. Jo": what begins a sentence is a word, or somebody's name.
            ended = separator.group()[0] == "." and separator.group()[-1].isspace()
            if is_public_suffix(label) and not (everyday and ended and self._is_word(label, named=named)):
                return match.start(1) + separator.end() + len(label)
        return None


def _is_meant(loose: re.Match[str]) -> bool:
    """Tell an address without its sign ("mario.rossi gmail com") from words that happen to stand so."""
    local = loose.group()[: loose.group().find(" ")]
    named = any(sign in "._" or sign.isdigit() for sign in local)
    if loose.group("dot").strip():
        # "… you live. It is …"
        ended = loose.group("dot") == "." and loose.group()[loose.end("dot") - loose.start()].isspace()
        # As in "… bright orange. Net weight: …" and in the names of programs.
        return named or not (loose.group("tld") == "net" or (ended and loose.group("tld") in _WORDS_TOO))
    return named or loose.group("tld") == "com"


_ENDINGS = frozenset({"com", "net", "org", "eu", "info", "fr", "jp", "uk"})
_EVERYDAY = frozenset({"at", "a", "bei", "chez", "su"})
_WORDS_TOO = frozenset(
    {"is", "it", "as", "so", "to", "me", "be", "de", "es", "in", "no", "at", "il", "la", "le", "my", "se", "si", "us"}
)
