"""The kinds of values that bodies, paths and queries hold, bounded and checked once for all features."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+{_LABEL}")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATEXT}(\.{_ATEXT})*")
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
_LONGEST_DOMAIN = 253
_KEPT_CONTROLS = frozenset("\t\n\r")
_LINE_BREAKING = frozenset({"Zl", "Zp"})
# Characters that turn the direction of what follows can make one name look like another.
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_EARLIEST, _LATEST = 1990, 2199


class Body(BaseModel):
    """A request's body: every field it has is declared, or it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """A response's body."""

    model_config = ConfigDict(frozen=True)


def check_text(text: str) -> str:
    """Return a text of several lines; raises `ValueError` for control characters and lone surrogates."""
    for character in text:
        category = unicodedata.category(character)
        if (category == "Cc" and character not in _KEPT_CONTROLS) or category == "Cs":
            raise ValueError(f"contains a character that text cannot have (U+{ord(character):04X})")
    return text


def check_line(line: str) -> str:
    """Return a text of one line; raises `ValueError` for line breaks too, and where nothing shows."""
    check_text(line)
    for character in line:
        if (
            character in _KEPT_CONTROLS
            or character in _DIRECTION_OVERRIDES
            or unicodedata.category(character) in _LINE_BREAKING
        ):
            raise ValueError(f"contains a character that one line cannot have (U+{ord(character):04X})")
    if line and not line.strip():
        raise ValueError("must not be blank")
    return line


def check_domain(domain: str) -> str:
    """Return a domain in its lower-case ASCII form, two labels at least; raises `ValueError`."""
    if len(domain) > _LONGEST_DOMAIN or not _DOMAIN.fullmatch(domain):
        raise ValueError("must be a domain name such as mail.example.com, in lower case, other scripts as xn--")
    return domain


def check_address(address: str) -> str:
    """Return an e-mail address (RFC 5321 Mailbox with a dot-string and a domain), the domain in lower case."""
    local_part, _, domain = address.rpartition("@")
    if len(local_part) > _LONGEST_LOCAL_PART or not _LOCAL_PART.fullmatch(local_part):
        raise ValueError("must be an e-mail address such as name@example.com")
    return f"{local_part}@{check_domain(domain.lower())}"


def check_time_zone(name: str) -> str:
    """Return the name of a time zone of the IANA database; raises `ValueError`."""
    if name not in available_timezones():
        raise ValueError("must be the name of an IANA time zone, such as Europe/Rome")
    return name


def _require_text(moment: object) -> object:
    # Numbers would be taken for seconds since 1970, or milliseconds, depending on their size.
    if not isinstance(moment, str | datetime):
        raise ValueError("must be an RFC 3339 time such as 2026-03-01T09:30:00Z")  # noqa: TRY004 - pydantic's way
    if isinstance(moment, str) and moment.replace(".", "", 1).lstrip("+-").isdigit():
        raise ValueError("must be an RFC 3339 time such as 2026-03-01T09:30:00Z")
    return moment


def _bound_moment(moment: datetime) -> datetime:
    if not _EARLIEST <= moment.year <= _LATEST:
        raise ValueError(f"must lie between the years {_EARLIEST} and {_LATEST}")
    return moment.astimezone(UTC)


Text = Annotated[str, AfterValidator(check_text)]
Line = Annotated[str, AfterValidator(check_line)]
Name = Annotated[Line, Field(min_length=1, max_length=200)]
Keyword = Annotated[Line, Field(min_length=2, max_length=100)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
OrderId = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}-[0-9]{7}-[0-9]{7}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-[0-9]{3})?$")]
Domain = Annotated[str, Field(max_length=_LONGEST_DOMAIN), AfterValidator(check_domain)]
Address = Annotated[str, Field(max_length=254), AfterValidator(check_address)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(check_time_zone)]
Moment = Annotated[AwareDatetime, BeforeValidator(_require_text), AfterValidator(_bound_moment)]
