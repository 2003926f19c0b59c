"""Takes a link's target apart the way a browser would, tolerant of what senders do to hide it."""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,20}):")
_AUTHORITY = re.compile(r"[/\\]{0,8}([^/\\?#]{0,500})")
_LONGEST = 2000
# Japanese goes on right after a link, without a blank; a link's path is written in Latin letters, or in %-escapes.
_JAPANESE = r"\u3000-\u9fff\uff00-\uffef"
IN_LINK = rf"[^\s<>\"{_JAPANESE}]"
"""Pattern of a character that a written link may go on with after its host."""
# All of it may be but a name before the host's "@", or the host may go on behind the Japanese, after a dot; an
# ideographic full stop is one too, where no prose comes after it.
_GOES_ON = (
    r"[^\s<>\"/?#]{0,500}@|[^\s<>\"/?#、。()]{0,500}"
    r"(?:[.]\w|。(?:[a-z0-9-]{1,63}(?![^\s<>\"/?#])|[^\s<>\"/?#。]{1,63}[/?#]))"
)
_LATIN_HOST = rf"(?:[a-z0-9-]{{1,63}}\.){{1,8}}[a-z]{{2,18}}(?=[{_JAPANESE}()])(?!{_GOES_ON})"
AFTER_SCHEME = rf"(?:{_LATIN_HOST}|[^\s<>\"/?#]{{1,255}}(?:[/?#]{IN_LINK}{{0,2000}})?)"
"""Pattern of a written link's host and what comes after it."""
_UNSEEN = re.compile(r"[\x00-\x20]+")
WEB_SCHEMES = frozenset({"http", "https", "hxxp", "hxxps", "ftp", "ws", "wss"})


@dataclass(frozen=True, slots=True)
class Address:
    """A link's scheme ("" where none is written), host and the rest, all in lower case."""

    scheme: str
    host: str
    rest: str

    @property
    def is_web(self) -> bool:
        """Whether following it opens a page."""
        return bool(self.host) and (not self.scheme or self.scheme in WEB_SCHEMES)


def parse(target: str) -> Address:
    """Return the parts of `target`; never fails, an unreadable host is kept as written."""
    text = target[:_LONGEST]
    text = _UNSEEN.sub("", text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower())
    scheme = ""
    match = _SCHEME.match(text)
    if match is not None and not text[match.end() : match.end() + 1].isdigit():
        scheme, text = match.group(1), text[match.end() :]
        if scheme not in WEB_SCHEMES:
            return Address(scheme, "", text)
    elif not text.startswith(("//", "\\\\")):
        return Address("", "", text)
    authority = _AUTHORITY.match(text)
    assert authority is not None  # noqa: S101  # the pattern matches the empty string
    host = authority.group(1).rpartition("@")[2].partition(":")[0].rstrip(".")
    return Address(scheme, host, text[authority.end() :])


def is_private(host: str) -> bool:
    """Tell whether `host` is an address inside a home network, as in set-up instructions for a router."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def is_number(host: str) -> bool:
    """Tell whether `host` is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
