"""A tolerant reader of HTML that knows where in the source everything stands; linear in its length."""

import html
import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

_RAW = ("script", "style", "xmp", "noembed", "noframes")
_CLOSING = re.compile(r"[\s/]*>")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s=>/\"'][^\s=>/]*|[\"'])(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]*))?")
_ATTRIBUTES = r"(?:[\s/]*+(?:[^\s=>/\"'][^\s=>/]*+|[\"'])(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+)*+[\s/]*+>"
_ANY_RAW = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in name) for name in _RAW)
_CONTENT = "|".join(
    "".join(f"[{letter}{letter.upper()}]" for letter in name)
    + rf"(?=[\s/>]){_ATTRIBUTES}(?:[^<]++|<(?!/(?i:{name})))*+"
    for name in _RAW
)
# A tag, with its content where that is no markup; a comment; a declaration; or, where something began that does not
# end, all the rest.
_WHOLE_SOURCE = (
    rf"(?:/|(?!(?:{_ANY_RAW})[\s/>]))[a-zA-Z][^\s/>]*+{_ATTRIBUTES}|{_CONTENT}"
    r"|!--(?:[^-]++|-(?!->))*+-->|(?:!(?!--)|\?)[^>]*+>"
)
_WHOLE = re.compile(rf"<(?:{_WHOLE_SOURCE})")
_MARKUP = re.compile(rf"(<(?:{_WHOLE_SOURCE}|(?:/?[a-zA-Z]|[!?])(?s:.*+)))")
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_MOST_ATTRIBUTES = 200


class Attribute(NamedTuple):
    """One attribute: `value` decoded, `start` and `end` its place with name and quotes, `at` its value's start.

    Places count from the start of the tag.
    """

    name: str
    value: str
    start: int
    end: int
    at: int


class Tag(NamedTuple):
    """A start or end tag, `end` characters long; `raw` is the unparsed content of script and style, a part of it."""

    name: str
    closing: bool
    attributes: tuple[Attribute, ...]
    end: int
    raw: str = ""

    def get(self, name: str) -> str:
        """Return the value of the attribute `name`, empty where there is none."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute.value
        return ""


def pieces(source: str) -> Iterator[tuple[str, str]]:
    """Yield in order, and together making up the source, runs of text, each with the markup after it.

    Markup is a tag, a comment or a declaration, and is empty at the end. What is broken is text.
    """
    parts = _MARKUP.split(source)
    if len(parts) > 1 and not parts[-1] and _WHOLE.fullmatch(parts[-2]) is None:
        rest = parts[-2]
        # A comment that does not end hides what comes after it, if that could have ended it.
        if not (rest.startswith("<!--") and ">" in rest):
            parts[-3:] = [parts[-3] + rest]
    return zip(parts[::2], chain(parts[1::2], ("",)), strict=False)


def read_tag(written: str) -> Tag:
    """Return the tag that one of the `pieces` is."""
    opening = _NAME.match(written)
    assert opening is not None  # noqa: S101  # no piece is called a tag that has no name
    attributes: list[Attribute] = []
    at = opening.end()
    while (closing := _CLOSING.match(written, at)) is None:
        match = _ATTRIBUTE.match(written, at)
        assert match is not None  # noqa: S101  # nor one that does not end
        at = match.end()
        if len(attributes) < _MOST_ATTRIBUTES:
            attributes.append(_attribute(match))
    name = opening.group(1).lower()
    return Tag(name, written[1] == "/", tuple(attributes), len(written), written[closing.end() :])


def _attribute(match: re.Match[str]) -> Attribute:
    value = match.group(2) or ""
    at = match.start(2) if match.group(2) else match.end()
    if value[:1] in {'"', "'"}:
        value, at = value[1:-1], at + 1
    if "&" in value:
        value = html.unescape(value)
    return Attribute(match.group(1).lower(), value, match.start(1), match.end(), at)
