"""Reads digits however they are written: as figures, spelled out in six languages, set apart, with look-alikes."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.policy.gate.contact.clusters import Clusters
from services.policy.gate.remembered import Remembered
from services.policy.gate.text import NormalisedText

_KANJI = "〇零○◯一二三四五六七八九"
_KANJI_VALUES = dict(zip(_KANJI, "0000123456789", strict=True))
_KANA = {
    **dict.fromkeys(("ぜろ", "ゼロ", "れい", "レイ", "まる", "マル"), "0"),
    **dict.fromkeys(("いち", "イチ"), "1"),
    **dict.fromkeys(("にー", "ニー", "にい", "ニイ", "に", "ニ"), "2"),
    **dict.fromkeys(("さん", "サン"), "3"),
    **dict.fromkeys(("よん", "ヨン", "し", "シ"), "4"),
    **dict.fromkeys(("ごー", "ゴー", "ごお", "ごう", "ゴオ", "ご", "ゴ"), "5"),
    **dict.fromkeys(("ろく", "ロク"), "6"),
    **dict.fromkeys(("なな", "ナナ", "しち", "シチ"), "7"),
    **dict.fromkeys(("はち", "ハチ"), "8"),
    **dict.fromkeys(("きゅう", "キュウ", "きゅー", "キュー", "く", "ク"), "9"),
}
_PARTICLES = frozenset("にご" + "くし" + "ニゴク")
_ANY_KANA = "|".join(sorted(_KANA, key=len, reverse=True))
_TOKEN = re.compile(rf"[0-9a-zß-ɏ]+|[{_KANJI}]|{_ANY_KANA}")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
# Digits run together with a word ("call415", "7777forme", an extension), not with an article's letters.
_LEADING = re.compile(r"(\d{3,15})(?:x\d{1,7}$|[^\W\d_]{3})")
_TRAILING = re.compile(r"(?<![\d_])(?<=[^\W\d_]{3})(\d{3,15})$")
_LOOK_ALIKE = re.compile(r"[0-9oil]{1,20}$")
_TO_DIGITS = str.maketrans("oil", "011")
_GAP = re.compile(r"[^\w€$£¥%°+²³\n]{0,14}\n?[^\w€$£¥%°+²³\n]{0,8}|\s?[_のノー]{1,3}\s?")
_SPLIT = re.compile(r"[,;/|\n]|\s{3}")
_TEN, _HUNDRED = 10, 100
_LONGEST_JOINT = 14
_ANY_NUMBER = 255
_MOST_WORDS = 8_192


@dataclass(frozen=True, slots=True)
class Group:
    """Digits that stand together, as figures or as one number word; a `particle` may be a mere particle of Japanese."""

    digits: str
    start: int
    end: int
    spelled: bool
    particle: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Groups with nothing but separators between them; `international` after a plus sign."""

    groups: tuple[Group, ...]
    international: bool

    @property
    def digits(self) -> str:
        """All digits, in order."""
        return "".join(group.digits for group in self.groups)

    @property
    def start(self) -> int:
        """Where the first digit stands in the normalised text."""
        return self.groups[0].start

    @property
    def end(self) -> int:
        """Where the last digit ends."""
        return self.groups[-1].end

    @property
    def spelled(self) -> int:
        """How many groups are words."""
        return sum(group.spelled for group in self.groups)

    def parts(self, text: str) -> list["Run"]:
        """Return the run cut at commas, slashes, line breaks: a list of numbers rather than one."""
        parts: list[list[Group]] = [[]]
        for group in self.groups:
            if parts[-1] and _SPLIT.search(text, parts[-1][-1].end, group.start):
                parts.append([])
            parts[-1].append(group)
        return [Run(tuple(part), self.international and index == 0) for index, part in enumerate(parts)]


class Numerals:
    """Number words with their values, and the scan for runs of digits."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Take a rule's `numbers` (words for 0 to 99), `repeats` (of the next digit), and words between digits.

        `joints` may stand between number words, `steps` between figures, too.
        """
        words: Mapping[str, int] = parameters["numbers"]
        repeats: Mapping[str, int] = parameters["repeats"]
        joints: Iterable[str] = parameters["joints"]
        self._steps = frozenset(NormalisedText(word).folded for word in parameters["steps"])
        self._words = {NormalisedText(word).folded: value for word, value in words.items()}
        self._repeats = {NormalisedText(word).folded: times for word, times in repeats.items()}
        self._joints = frozenset(NormalisedText(word).folded for word in joints)
        self._joining = self._joints | self._steps | self._repeats.keys()
        known = {*self._words, *self._joining, *_KANJI, *_KANA}
        self._worth: Remembered[str, int] = Remembered(self._most_digits, _MOST_WORDS)
        self._clusters = Clusters(
            {word: self._most_digits(word) for word in known},
            self._joining,
            [*_KANJI, *_KANA],
            self._worth.__getitem__,
        )

    def runs(self, text: str, least: int, bar: Callable[[], str] | None = None) -> list[Run]:
        """Return the runs of at least `least` digits in folded `text`, or rather in what `bar` leaves of it.

        `bar` returns it with what is no run blotted out. It is only asked where there may be some.
        """
        found = self._clusters.find(text, least, parted=True)
        # A word that joins digits may join them over what is barred.
        if not found.spans and not (found.joined and found.worth >= least):
            return []
        barred = text if bar is None else bar()
        stretches = self._stretches(barred, least)
        scan = _Scan(barred, least)
        for start, end in stretches:
            self._scan(scan, start, end)
        return scan.runs

    def _stretches(self, text: str, least: int) -> list[tuple[int, int]]:
        """Return the stretches between words that end a run, if long enough for one."""
        found = self._clusters.find(text, least, parted=True)
        if found.joined and found.japanese:
            # After such a word, Japanese words may stand in between.
            found = self._clusters.find(text, least, parted=False)
        return found.spans

    def _most_digits(self, token: str) -> int:
        """Return how many digits a token may stand for at most; 0 for a word that ends a run."""
        if token in self._repeats:
            return _ANY_NUMBER
        groups = self._groups(token, 0)
        if groups is not None:
            return sum(len(group.digits) for group in groups)
        if token.isalpha():
            return int(token in self._joining)
        ends = [found.group(1) for found in (_LEADING.match(token), _TRAILING.search(token)) if found is not None]
        return sum(map(len, ends)) or (token in self._joining)

    def _scan(self, scan: "_Scan", start: int, end: int) -> None:
        repeat = 1
        for match in _TOKEN.finditer(scan.text, start, end):
            token = match.group()
            if token in self._repeats:
                repeat = self._repeats[token]
                continue
            if (token in self._joints and scan.spelling) or (token in self._steps and scan.open):
                scan.joint(match.end())
                continue
            self._take(scan, token, match.start(), repeat)
            repeat = 1
        scan.finish()

    def _take(self, scan: "_Scan", token: str, start: int, repeat: int) -> None:
        groups = self._groups(token, start)
        if groups is not None:
            for group in groups:
                scan.take(group, repeat)
            return
        leading, trailing = _LEADING.match(token), _TRAILING.search(token)
        if leading is not None:
            scan.take(Group(leading.group(1), start, start + leading.end(1), spelled=False), 1)
        scan.finish()
        if trailing is not None:
            scan.take(Group(trailing.group(1), start + trailing.start(1), start + len(token), spelled=False), 1)

    def _groups(self, token: str, start: int) -> list[Group] | None:
        if token.isdigit():
            return [Group(token, start, start + len(token), spelled=False)]
        single = _KANJI_VALUES.get(token) or _KANA.get(token)
        if single is not None:
            return [Group(single, start, start + len(token), spelled=True, particle=token in _PARTICLES)]
        if token in self._words:
            return [Group(str(self._words[token]), start, start + len(token), spelled=True)]
        if token.isalpha() or not any(character.isdigit() for character in token):
            return None
        if _LOOK_ALIKE.match(token):
            return [Group(token.translate(_TO_DIGITS), start, start + len(token), spelled=False)]
        return self._mixed(token, start)

    def _mixed(self, token: str, start: int) -> list[Group] | None:
        """Return the groups of a token of figures and number words run together; `None` if it has other words."""
        groups: list[Group] = []
        for piece in _PIECE.finditer(token):
            word = piece.group()
            if not word.isdigit() and word not in self._words:
                return None
            digits = word if word.isdigit() else str(self._words[word])
            groups.append(Group(digits, start + piece.start(), start + piece.end(), spelled=not word.isdigit()))
        return groups


class _Scan:
    """Collects groups into runs while the text is walked once."""

    def __init__(self, text: str, least: int) -> None:
        self.text = text
        self._least = least
        self._groups: list[Group] = []
        self._end = 0
        self.runs: list[Run] = []

    @property
    def open(self) -> bool:
        return bool(self._groups)

    @property
    def spelling(self) -> bool:
        return bool(self._groups) and self._groups[-1].spelled

    def joint(self, end: int) -> None:
        if _GAP.fullmatch(self.text, self._end, end) or end - self._end < _LONGEST_JOINT:
            self._end = end

    def take(self, group: Group, repeat: int) -> None:
        between = group.start - self._end
        if self._groups and repeat == 1 and (between > 24 or not _GAP.fullmatch(self.text, self._end, group.start)):  # noqa: PLR2004  # no gap is longer
            self.finish()
        if self._groups and (group.particle or self._groups[-1].particle) and self._is_figure(group):
            self.finish()  # "に" next to figures is a particle, not a two
        last = self._groups[-1] if self._groups else None
        if last is not None and last.spelled and group.spelled and _adds(int(last.digits), int(group.digits)):
            value = str(int(last.digits) + int(group.digits))
            self._groups[-1] = Group(value, last.start, group.end, spelled=True)
        elif last is not None and self._is_quatre_vingt(last, group):
            self._groups[-1] = Group("80", last.start, group.end, spelled=True)
        else:
            self._groups.append(replace(group, digits=group.digits * repeat))
        self._end = group.end

    def _is_figure(self, group: Group) -> bool:
        other = self._groups[-1] if group.particle else group
        return not other.spelled or self.text[other.start] in _KANJI

    def _is_quatre_vingt(self, last: Group, group: Group) -> bool:
        words = last.spelled and group.spelled and (last.digits, group.digits) == ("4", "20")
        return words and self.text[last.end : group.start] == "-"

    def finish(self) -> None:
        if sum(len(group.digits) for group in self._groups) >= self._least:
            start = self._groups[0].start
            plus = "+" in self.text[max(0, start - 3) : start]
            self.runs.append(Run(tuple(self._groups), plus))
        self._groups = []


def _adds(tens: int, units: int) -> bool:
    """Tell whether two number words are one number: "thirty nine", "soixante douze"."""
    if tens in {60, 80}:  # French counts on to nineteen from these
        return 0 < units < 2 * _TEN
    return tens % _TEN == 0 and 2 * _TEN <= tens < _HUNDRED and 0 < units < _TEN
