"""Messages drawn from grammars: moulds whose slots hold the many words that people use for the same.

A grammar is a text file of one language. `name = one | other` gives a slot its alternatives (again adds more);
`:: labels direction kinds` begins a section of moulds, each a line after `- `, with `{name}` where a slot is filled.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_SLOT = re.compile(r"\{(\w+)\}")
_BLANKS = re.compile(r"[ \t]+")
_BLANK_BEFORE_MARK = re.compile(r" ([.,!?;:…])(?!\w)")
_BLANKS_AT_BREAK = re.compile(r" ?\n ?")
_BEGINNING = re.compile(r"(^|[.!?]\s+|\n)([^\W\d_])")
_DEEPEST = 12


@dataclass(slots=True)
class Section:
    """Moulds of messages to which the same `labels` apply (`-`: none), in a direction (`s2b`, `b2s`), of some kinds."""

    labels: str
    direction: str
    kinds: str
    moulds: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar as it was read."""

    slots: dict[str, list[str]]
    sections: list[Section]

    def draw(self, mould: str, chance: random.Random, depth: int = 0) -> str:
        """Return a mould with its slots filled. Raises `ValueError` on a slot that is empty or within itself."""
        if depth > _DEEPEST:
            raise ValueError(f"slots within themselves: {mould[:60]}")

        def fill(match: re.Match[str]) -> str:
            if match[1] not in self.slots:
                raise ValueError(f"a slot without alternatives: {match[1]}")
            return self.draw(chance.choice(self.slots[match[1]]), chance, depth + 1)

        return _SLOT.sub(fill, mould)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message that was drawn."""

    labels: str
    direction: str
    kind: str
    text: str


def read_grammar(path: Path) -> Grammar:
    """Read a grammar. Raises `ValueError` with the line that is neither slot nor section nor mould."""
    grammar = Grammar({}, [])
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.startswith("- ") and grammar.sections:
            grammar.sections[-1].moulds.append(line[2:])
        elif line.startswith("::"):
            labels, direction, kinds = line[2:].split()
            grammar.sections.append(Section(labels, direction, kinds))
        elif slot := re.match(r"(\w+) =(.*)$", line):
            grammar.slots.setdefault(slot[1], []).extend(one.strip() for one in slot[2].split("|"))
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"{path.name}, line {number}: neither slot nor section nor mould")
    return grammar


def draw_messages(grammar: Grammar, per_mould: int, seed: int) -> Iterator[Drawn]:
    """Yield `per_mould` messages of each mould, the same ones for the same seed."""
    chance = random.Random(seed)  # chance is for variety here, not for secrets
    for section in grammar.sections:
        for mould in section.moulds:
            for _ in range(per_mould):
                text = tidy(grammar.draw(mould, chance))
                yield Drawn(section.labels, section.direction, chance.choice(section.kinds), text)


def tidy(text: str) -> str:
    r"""Return a drawn text with its breaks (written `\n`), blanks and capitals put right."""
    text = _BLANKS.sub(" ", text.replace("\\n", "\n"))
    text = _BLANKS_AT_BREAK.sub("\n", _BLANK_BEFORE_MARK.sub(r"\1", text)).strip()
    return _BEGINNING.sub(lambda match: match[1] + match[2].upper(), text)
