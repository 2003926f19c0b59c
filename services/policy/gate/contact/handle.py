# ruff: noqa: RUF001  # Japanese text has full-width signs
"""Finds messenger handles and invitations to a messenger, and mentions of QR codes that lead to one."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from services.policy.gate.domains import is_public_suffix
from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, alternatives, flat

_AT_HANDLE = re.compile(
    r"(?<![\w@.%+/#$&*-])(?<![a-z0-9_]!)@(?!\s)([a-z_](?:[a-z0-9_.]{1,29}[a-z0-9_])|[a-z_]{3,30})(?![\w@])"
)
_LIVE = re.compile(r"(?<![a-z0-9])live:\.?[a-z0-9_][a-z0-9._-]{3,40}")
_TAGGED = re.compile(r"(?<![\w#@.-])([^\W\d_][\w.-]{1,31})#\d{4}(?!\w)")
_NAME = r"[a-z0-9_](?:[a-z0-9_.-]{1,30}[a-z0-9_])"
_WINDOW = 56
# Of "I'm", which introduces a name without a sign.
_APOSTROPHE = re.compile(r"(?<=[a-z])'(?=[a-z])")
# A question in Japanese asks by denying: "could you not send it".
_ASKING = re.compile("(?:もらえ|いただけ|頂け|くれ|ください)ませんか(?![らと])")
_CLAUSE = re.compile(r"[,;:(]")
_ENDED = re.compile(r"\s*(?:$|[.,;)!?\n]|#\d{4}(?!\d))")
# "line" is a word of its own in English; the messenger only with a name after it.
_LINE = re.compile(
    r"(?<![a-z])line\s?(?:id)?\s?[:：]\s?@?(?=[a-z0-9.-]{0,30}[_0-9])[a-z0-9_.-]{4,30}"
    r"|(?:(?<![a-z])line|(?<![ァ-ヶー])ライン|らいん)[\sの]{0,2}(?:id|アイディー|アカウント)[\sはがを:：=「]{1,4}@?[a-z0-9_.-]{4,30}"
    r"|(?<!order )(?<!product )(?<!production )(?<![a-z])line,\s?id\s?[:：]\s?@?(?=[a-z0-9.-]{0,30}_)[a-z0-9_.-]{4,30}"
    r"|(?<![a-z])line[での][^\n。]{0,24}(?<![文品])id[^a-z0-9\n]{1,8}[a-z0-9_.-]{4,30}"
    r"|(?:(?<![a-z])line|(?<![ァ-ヶー])ライン|らいん)[^\n。]{0,24}[「『\"']@?[a-z0-9_.-]{4,30}[」』\"']\s?[でをの]?\s?(?:検索|追加|友)"
    r"|(?:(?<![a-z])line|(?<![ァ-ヶー])ライン|らいん)[^\n]{0,40}[「『\"']@[a-z0-9_.-]{4,30}[」』\"']\s?[でをの]?\s?(?:検索|追加|友)"
    r"|(?:(?<![a-z])line|(?<![ァ-ヶー])ライン|らいん)[^\n。]{0,24}(?:(?<![文品])id|アイディー|アイデイー|アイディ)[\sはがを:：=]{0,4}[「『\"']@?[a-z0-9_.-]{3,30}[」』\"']"
    r"|(?<![a-z])line[での][^\n]{0,24}id検索[^a-z0-9\n]{0,6}[a-z0-9_.-]{4,30}"
)
_LINE_NAMES = ("line", "ライン", "らいん")
_LINE_NAME = re.compile("|".join(_LINE_NAMES))
# Of a longer word as "オフライン" is.
_WITHIN_KATAKANA = re.compile("(?<=[ァ-ヶー])[ァ-ヶー]")
_QR = re.compile(
    r"(?<![a-z0-9])(?:qr(?:[\s-]?(?:code|kod|コード))?|codice\s?qr|code\s?qr|codigo\s?qr|二次元コード|2次元コード)(?![a-z])|qrコード|二次元コード"
)


def _is_domain(name: str) -> bool:
    return "." in name and is_public_suffix(name.rpartition(".")[2])


def _folded(words: Iterable[str]) -> list[str]:
    return [NormalisedText(word).folded for word in words]


def _find_line(text: str) -> Iterator[re.Match[str]]:
    """Yield where the messenger is named with a name there."""
    if not any(name in text for name in _LINE_NAMES):
        return
    done = 0
    for name in _LINE_NAME.finditer(text):
        match = _LINE.match(text, name.start()) if name.start() >= done else None
        if match is not None:
            done = match.end()
            yield match


class Handles:
    """Platforms, the words that invite to them, and the words that introduce a name there, as the rule has them."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        """Take the platforms and the words around them from a rule's parameters."""
        platforms = list(parameters["platforms"])
        self._platform = Words(platforms)
        self._inviting = Words(flat(parameters["invitations"]))
        self._contact_word = Words(flat(parameters["contact_words"]))
        self._denial = Words(flat(parameters["denials"]))
        led, bare = alternatives(_folded(parameters["leading"])), alternatives(_folded(parameters["leading_bare"]))
        self._led = re.compile(rf"(?<![a-z])(?:(?:{led})\s(?:[a-z']{{1,14}}\s)?|(?:{bare})\s)$|[:/(]\s?$")
        following = alternatives(_folded(parameters["following"]))
        self._following = re.compile(rf"\s?-?(?:{following})")
        self._numbered = Words(flat(parameters["other_number_words"]))
        self._device = Words(flat(parameters["device_words"]))
        self._never = frozenset(parameters["never_handle"])
        introduced = alternatives(flat(parameters["name_words"]))
        self._surely = re.compile(rf"[:：=→@\"']|(?:{'|'.join(map(re.escape, parameters['sure_name_words']))})[\s(は]")
        self._introduced = re.compile(
            rf"(?:\s{{0,3}}[:：=]\s{{0,2}}@?|[\s,(\"'はで。.-]{{0,3}}(?<![a-z])(?:{introduced})(?:\s(?:is|e|ist|est|es|lautet))?[\s:：=→\"'(「『は、]{{1,4}}@?|\s{{1,2}}@)({_NAME})"
        )
        self._named = re.compile(rf"(?:[\s,:(\"'→👉-]{{1,4}}|で「|\s(?:is|e|ist|est|es)\s(?=[a-z]{{4}}))@?({_NAME})")
        self._before = re.compile(rf"({_NAME})[\"')]{{0,2}}\s{{1,3}}(?:su|on|auf|sur|en|bei|chez)\s{{1,3}}$")

    def find(self, passage: NormalisedText, mailboxes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the spans of handles and invitations in a passage, folded, outside of `mailboxes`."""
        text = passage.folded
        taken = list(mailboxes)
        found = [
            match.span()
            for match in (_AT_HANDLE.finditer(text) if "@" in text else ())
            if not _is_domain(match.group(1)) and not any(start <= match.start() < end for start, end in taken)
        ]
        found += [match.span() for match in _find_line(text)]
        if "live:" in text:
            found += [match.span() for match in _LIVE.finditer(text)]
        if "discord" in text and "#" in text:
            found += [match.span() for match in _TAGGED.finditer(text) if self._is_tagged(text, match)]
        for platform in self._platform.finditer(passage):
            span = self._at_platform(text, platform)
            if span is not None and not _WITHIN_KATAKANA.match(text, platform.start()):
                found.append(span)
        for code in _QR.finditer(text) if "qr" in text or "コード" in text else ():
            near = text[max(0, code.start() - _WINDOW) : code.end() + 2 * _WINDOW]
            if self._contact_word.search(near) or self._leads_to_platform(near):
                found.append(code.span())
        return found

    def _is_tagged(self, text: str, name: re.Match[str]) -> bool:
        """Tell whether "name#1234" is a name on Discord, and not the number of an order or a lot."""
        near = text[max(0, name.start() - _WINDOW) : name.end() + _WINDOW]
        return "discord" in near and not self._numbered.fullmatch(name.group(1))

    def _leads_to_platform(self, near: str) -> bool:
        return (
            self._platform.search(near) is not None and not self._denial.search(near) and not self._device.search(near)
        )

    def _at_platform(self, text: str, platform: re.Match[str]) -> tuple[int, int] | None:
        after = text[platform.end() : platform.end() + _WINDOW].partition("\n")[0]
        before = text[max(0, platform.start() - _WINDOW) : platform.start()]
        before = before[max(before.rfind(stop) for stop in ".!?。！？\n") + 1 :]
        for introduced in self._introduced.finditer(after):
            lead = introduced.group()[: introduced.start(1) - introduced.start()]
            ended = lead.strip() not in {":", "："} or _ENDED.match(after, introduced.end()) is not None
            sure = ended and self._surely.search(_APOSTROPHE.sub("", lead)) is not None
            if self._is_name(introduced.group(1), sure=sure):
                return platform.start(), platform.end() + introduced.end()
        named = self._named.match(after)
        if named is not None and self._is_name(named.group(1), sure=False):
            return platform.start(), platform.end() + named.end()
        preceding = self._before.search(before)
        if preceding is not None and self._is_name(preceding.group(1), sure=False):
            return platform.start() - len(before) + preceding.start(1), platform.end()
        near = after[:24].partition("。")[0]
        if (
            self._device.search(before)
            or self._device.search(near)
            or self._denial.search(_ASKING.sub("", f"{_CLAUSE.split(before)[-1]} {near}"))
        ):
            return None
        if not self._led.search(before) and not self._following.match(after):
            return None
        inviting = self._inviting.search(before) or self._inviting.search(after)
        return platform.span() if inviting is not None else None

    def _is_name(self, name: str, *, sure: bool) -> bool:
        if name in self._never or name.isdigit() or self._platform.fullmatch(name):
            return False
        return (sure and len(name) > 3) or any(character in "_." or character.isdigit() for character in name)  # noqa: PLR2004
