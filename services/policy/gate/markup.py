"""A tolerant reader of HTML that knows where in the source everything stands; linear in its length."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

_OPENING = re.compile(r"<(?:(/?)([a-zA-Z][^\s/>]*)(\s*>)?|!--|[!?])")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s=>/\"'][^\s=>/]*|[\"'])(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]*))?")
_CLOSING = re.compile(r"[\s/]*>")
_RAW = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in ("script", "style", "xmp", "noembed", "noframes")}
_MOST_ATTRIBUTES = 200


class Attribute(NamedTuple):
    """One attribute: `value` decoded, `start` and `end` its place with name and quotes, `at` its value's start."""

    name: str
    value: str
    start: int
    end: int
    at: int


class Tag(NamedTuple):
    """A start or end tag with its place in the source; `raw` is the unparsed content of script and style."""

    name: str
    closing: bool
    attributes: tuple[Attribute, ...]
    start: int
    end: int
    raw: str = ""

    def get(self, name: str) -> str:
        """Return the value of the attribute `name`, empty where there is none."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute.value
        return ""


class Characters(NamedTuple):
    """A run of text between tags, as it stands in the source's `[start, end)`."""

    start: int
    end: int


def tokens(source: str) -> Iterator[Tag | Characters]:
    """Yield tags and runs of text in order. Comments and declarations are skipped; what is broken is text."""
    last = source.rfind(">")
    done = at = 0
    while (opening := _OPENING.search(source, at)) is not None and opening.start() < last:
        if not opening.group(2):
            if opening.start() > done:
                yield Characters(done, opening.start())
            done = at = _after_declaration(source, opening)
            continue
        tag = _tag(source, opening)
        if tag is None:
            break
        if tag.start > done:
            yield Characters(done, tag.start)
        yield tag
        done = at = tag.end
    if done < len(source):
        yield Characters(done, len(source))


def _after_declaration(source: str, opening: re.Match[str]) -> int:
    ending = "-->" if opening.group().startswith("<!--") else ">"
    end = source.find(ending, opening.end())
    return len(source) if end < 0 else end + len(ending)


def _tag(source: str, opening: re.Match[str]) -> Tag | None:
    name = opening.group(2).lower()
    if opening.group(3) and name not in _RAW:
        return Tag(name, bool(opening.group(1)), (), opening.start(), opening.end())
    attributes: list[Attribute] = []
    at = opening.end(2)
    while (closing := _CLOSING.match(source, at)) is None:
        match = _ATTRIBUTE.match(source, at)
        if match is None:
            return None
        at = match.end()
        if len(attributes) < _MOST_ATTRIBUTES:
            attributes.append(_attribute(match))
    end = closing.end()
    raw = ""
    if not opening.group(1) and name in _RAW:
        finish = _RAW[name].search(source, end)
        raw_end = len(source) if finish is None else finish.start()
        raw, end = source[end:raw_end], raw_end
    return Tag(name, bool(opening.group(1)), tuple(attributes), opening.start(), end, raw)


def _attribute(match: re.Match[str]) -> Attribute:
    value = match.group(2) or ""
    at = match.start(2) if match.group(2) else match.end()
    if value[:1] in {'"', "'"}:
        value, at = value[1:-1], at + 1
    if "&" in value:
        value = html.unescape(value)
    return Attribute(match.group(1).lower(), value, match.start(1), match.end(), at)
