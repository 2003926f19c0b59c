"""The normalised form of a text that every detector reads, and the way back to what was written.

Normalised means: compatibility forms (full-width, circled, mathematical) as plain characters, lower case,
nothing invisible, entities decoded, look-alike letters of other scripts as the Latin ones they imitate,
dashes, apostrophes and quotes in one form each, and words whose letters were set apart joined again.
Everything here is linear in the length of the text.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, TypeVar

from services.policy.gate.characters import (
    ACCENTLESS,
    COMBINING,
    INVISIBLE,
    LOOK_ALIKE_SCRIPTS,
    LOOK_ALIKES,
    SEVERAL,
    SINGLE,
    SPECIAL,
    character_class,
)
from services.policy.gate.offsets import Derived, OffsetMap
from services.policy.gate.scan import Quick
from services.policy.gate.spotting import Codes

_Fact = TypeVar("_Fact")
# What plain ASCII comes to, at once.
_PLAIN = {code: SINGLE.get(code, chr(code)) for code in range(128)}
_HALF_WIDTH_KANA = "\uff66-\uff9d"
_SEVERAL_CLASS = character_class(SEVERAL)
_wide = partial(re.sub, r"\\U([0-9a-f]{8})", lambda match: f"\\x{{{match.group(1)}}}")
# One character class first: the scan skips ordinary text at the speed of a table look-up.
_ODD = re.compile(
    rf"[&{INVISIBLE}{COMBINING}{_HALF_WIDTH_KANA}{_SEVERAL_CLASS}]"
    r"(?:(?<=&)(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});"
    rf"|(?<=[{_HALF_WIDTH_KANA}])[\uff9e\uff9f])?"
)
_SPECIAL = re.compile(f"[{SPECIAL}]")
# RE2 has one pass for all of these; only where it finds something is a closer look worth the time.
_UNUSUAL = Quick(
    rf"[&{INVISIBLE}{COMBINING}{_HALF_WIDTH_KANA}{LOOK_ALIKE_SCRIPTS}]|[{_wide(_SEVERAL_CLASS)}]|[{_wide(SPECIAL)}]"
)
_SET_APART = Quick(r"(?:^|[^a-z0-9])(?:[\pL\pN][ ._*·•|/~+-]){2}[\pL\pN](?:$|[^a-z0-9])")
# Most texts are of no other characters, and of those a table of bytes has all.
_ACCENTLESS_LATIN_1 = bytes(ord(ACCENTLESS.get(code, chr(code))) for code in range(256))
_ACCENTED = re.compile(f"[{character_class(map(chr, ACCENTLESS))}]")
_HIDDEN = re.compile(rf"[{INVISIBLE}]")
_MARK = re.compile(rf"[{COMBINING}]")
_WORD = re.compile(r"[^\W_]+")
_FOREIGN = re.compile(rf"[{LOOK_ALIKE_SCRIPTS}]")
_LATIN = re.compile(r"[a-z0-9]")
# A word set apart: at least three single letters with the same single separator between each two.
_SPACED = re.compile(r"(?<![^\W_])[^\W_](?:( )[^\W_](?: [^\W_])+|([._*·•|/~+-])[^\W_](?:\2[^\W_])+)(?![^\W_])")
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(r"[.!?…。]+(?=\s|[^\x00-\x7f]|$)|\n\s*")


class NormalisedText:
    """A text in normalised form; positions in it map back to the original it was made from."""

    def __init__(self, original: str, *maps: OffsetMap) -> None:
        """Normalise `original`; `maps`, one after the other, lead from it to the field it was derived from."""
        self.original = original
        self._maps = list(maps)
        self._facts: dict[Callable[[str], Any], Any] = {}
        self.text = self._joined(self._plain(original))
        # Without the accents of Latin letters; positions are the same.
        self.folded = _without_accents(self.text)

    @cached_property
    def codes(self) -> Codes:
        """The codes of the characters of the folded text, and where words begin in it."""
        return Codes(self.folded)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """The spans of the sentences in the normalised text; a line break ends one, too."""
        spans = []
        begin = 0
        for match in _SENTENCE_END.finditer(self.text):
            if self.text[begin : match.end()].strip():
                spans.append((begin, match.end()))
            begin = match.end()
        if self.text[begin:].strip():
            spans.append((begin, len(self.text)))
        return tuple(spans)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original field that the normalised `[start, end)` stands for."""
        for step in self._maps:
            start, end = step.start(start), step.end(end)
        return start, end

    def once(self, find: Callable[[str], _Fact]) -> _Fact:
        """Return what `find` makes of the folded text, found the first time any detector asks for it."""
        if find not in self._facts:
            self._facts[find] = find(self.folded)
        return self._facts[find]  # type: ignore[no-any-return]  # what is kept under a function is what it returned

    def _plain(self, original: str) -> str:
        if original.isascii() and "&" not in original:
            return original.translate(_PLAIN)
        if not _UNUSUAL.is_in(original):
            return original.lower()
        if _ODD.search(original) is None:
            return _latinised(_lowered(original))
        derived = Derived()
        done = 0
        for match in _ODD.finditer(original):
            start, end = match.span()
            if _MARK.match(original, start) and start > done:
                start -= 1  # a mark belongs to the letter before it
            derived.append(_lowered(original[done:start]), done, start)
            derived.append(_replacement(original[start:end]), start, end)
            done = end
        derived.append(_lowered(original[done:]), done, len(original))
        self._maps.insert(0, derived.map)
        return _latinised(derived.text)

    def _joined(self, text: str) -> str:
        if not _SET_APART.is_in(text):
            return text
        derived = Derived()
        done = 0
        for match in _SPACED.finditer(text):
            if len(_LETTER.findall(match.group())) < 3:  # noqa: PLR2004  # digits set apart are not a word
                continue
            derived.append(text[done : match.start()], done, match.start())
            for at in range(match.start(), match.end(), 2):
                derived.append(text[at], at, at + 1)
            done = match.end()
        if not done:
            return text
        derived.append(text[done:], done, len(text))
        self._maps.insert(0, derived.map)
        return derived.text


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").translate(_ACCENTLESS_LATIN_1).decode("latin-1")
    except UnicodeEncodeError:
        return _ACCENTED.sub(lambda match: ACCENTLESS.get(ord(match.group()), match.group()), text)


def _lowered(text: str) -> str:
    """Return the one-to-one simple form of `text`, which holds no odd sequence."""
    if _SPECIAL.search(text) is not None:
        text = _SPECIAL.sub(lambda match: SINGLE.get(ord(match.group()), match.group()), text)
    return text.lower()


def _replacement(odd: str) -> str:
    """Return what an odd sequence stands for: nothing, one character, or several."""
    if odd in SEVERAL:
        return SEVERAL[odd]
    if odd[0] == "&":
        decoded = html.unescape(odd)
        return odd if decoded == odd else "".join(_replacement(one).translate(SINGLE) for one in decoded)
    if _HIDDEN.match(odd) or _MARK.match(odd):
        return ""
    composed = odd.translate(SINGLE) if len(odd) == 1 else unicodedata.normalize("NFKC", odd)
    return (composed if len(composed) == 1 else odd[0]).translate(SINGLE)


def _latinised(text: str) -> str:
    """Return `text` with look-alike letters as Latin ones in words that mix scripts or imitate Latin words."""
    if text.isascii() or _FOREIGN.search(text) is None:
        return text
    around_is_latin = len(_LATIN.findall(text)) > len(text) // 4

    def latin(match: re.Match[str]) -> str:
        word = match.group()
        if _FOREIGN.search(word) is None:
            return word
        plain = word.translate(LOOK_ALIKES)
        if _FOREIGN.search(plain) is None and (around_is_latin or _LATIN.search(word)):
            return plain
        return plain if _LATIN.search(word) else word

    return _WORD.sub(latin, text)
