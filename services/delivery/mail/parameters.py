"""Content-Type and Content-Disposition with parameters in every form clients use (RFC 2045, 2183, 2231, 2047)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from services.delivery.mail import charsets, headers

MAX_PARAMETERS = 200
MAX_VALUE = 4000

_PARAMETER = re.compile(
    r';\s*(?P<name>[^\s=;*"]+)\s*(?P<part>\*\d{1,3})?(?P<extended>\*)?\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"?|[^;]*)',
    re.DOTALL,
)
_TYPE = re.compile(r"\s*([A-Za-z0-9!#$&^_.+-]{1,100})\s*/\s*([A-Za-z0-9!#$&^_.+-]{1,100})")
_TOKEN = re.compile(r"\s*([A-Za-z0-9!#$&^_.+-]{1,100})")
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Field:
    """A structured field: its leading value in lower case, empty when unreadable, and its parameters."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)

    def token(self, name: str) -> str | None:
        """Give a parameter that is a single token (charset, format), without comment and blanks."""
        words = self.parameters.get(name, "").split()
        return words[0].strip("\"';,") if words else None


def _unquote(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        closed = len(value) > 1 and value.endswith('"')
        return _ESCAPED.sub(r"\1", value[1:-1] if closed else value[1:])
    return value


def _join_extended(pieces: Iterable[tuple[str, bool]]) -> str:
    """Join the pieces of an RFC 2231 value; the first extended piece names the charset for all."""
    charset: str | None = None
    octets = b""
    for value, extended in pieces:
        text = value
        if extended and charset is None and text.count("'") >= 2:  # noqa: PLR2004 - charset'language'value
            charset, _, text = text.split("'", 2)
        octets += unquote_to_bytes(text) if extended else text.encode("utf-8")
    return charsets.decode(octets, charset)


def _parameters(text: str) -> dict[str, str]:
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for hit in list(_PARAMETER.finditer(text))[:MAX_PARAMETERS]:
        name, value = hit["name"].lower(), _unquote(hit["value"])
        if hit["part"] or hit["extended"]:
            number = int(hit["part"][1:]) if hit["part"] else 0
            pieces.setdefault(name, {}).setdefault(number, (value, bool(hit["extended"])))
        elif name not in plain:
            plain[name] = headers.decode_words(value)
    for name, numbered in pieces.items():
        plain[name] = _join_extended(numbered[number] for number in sorted(numbered))
    return {name: charsets.normalise_lines(value)[:MAX_VALUE] for name, value in plain.items()}


def read_media_type(raw: str | None) -> Field:
    """Read a Content-Type; an unreadable one has an empty value (and means text/plain, RFC 2045 section 5.2)."""
    text = headers.unfold(raw or "")
    hit = _TYPE.match(text)
    value = f"{hit[1]}/{hit[2]}".lower() if hit else ""
    return Field(value, _parameters(text))


def read_disposition(raw: str | None) -> Field:
    """Read a Content-Disposition; a missing one has an empty value."""
    text = headers.unfold(raw or "")
    hit = _TOKEN.match(text)
    # Some clients write the parameter straight away, without `attachment;` before it.
    bare = text.lower().startswith("filename")
    return Field("" if bare or not hit else hit[1].lower(), _parameters(";" + text if bare else text))
