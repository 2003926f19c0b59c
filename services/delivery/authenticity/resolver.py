"""Looking names up: blocking, but never for longer than allowed, and never more often."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Self

import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver

_CACHED_ANSWERS = 10_000
_MOST_LOOKUPS = 60
_DNS_PORT = 53
_KINDS = frozenset({"A", "AAAA", "MX", "PTR", "TXT"})


class LookupFailed(Exception):  # noqa: N818 - says what is the case
    """No answer in time, or too many questions: nothing is known, now."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """Asks name servers, the system's where none are named."""

    inner: dns.resolver.Resolver
    seconds: float

    @classmethod
    def of(cls, servers: str, seconds: float) -> Self:
        """Read `address[:port],…`; IPv6 addresses in brackets. Empty: the system's. Raises `ValueError`."""
        inner = dns.resolver.Resolver(configure=not servers)
        if servers:
            inner.nameservers = [_read_server(server) for server in servers.split(",")]
        inner.cache = dns.resolver.LRUCache(_CACHED_ANSWERS)
        return cls(inner, seconds)

    def inquire(self) -> "Inquiry":
        """Begin the look-ups for one mail."""
        return Inquiry(self.inner, time.monotonic() + self.seconds)


@dataclass(slots=True)
class Inquiry:
    """All look-ups for one mail, in one time."""

    resolver: dns.resolver.Resolver
    ends_at: float
    left: int = _MOST_LOOKUPS

    def look_up(self, name: str, kind: str) -> Sequence[Any]:
        """Return the records of a name, none where there are none. Raises `LookupFailed`."""
        seconds = self.ends_at - time.monotonic()
        self.left -= 1
        if seconds <= 0 or self.left < 0 or kind not in _KINDS:
            raise LookupFailed
        try:
            return list(self.resolver.resolve(name, kind, lifetime=seconds, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise LookupFailed from error

    def read_texts(self, name: str) -> list[bytes]:
        """Return the TXT records of a name, each with its strings joined (RFC 7208 section 3.3)."""
        return [b"".join(record.strings) for record in self.look_up(name, "TXT")]


def _read_server(server: str) -> dns.nameserver.Nameserver:
    address, _, port = server.strip().rpartition(":") if server.count(":") == 1 or "]:" in server else (server, "", "")
    return dns.nameserver.Do53Nameserver(str(ip_address(address.strip("[] "))), int(port) if port else _DNS_PORT)
