"""A trusted upstream's word for where a mail comes from: its `Authentication-Results` (RFC 8601)."""

import email
import email.policy
import re
from collections.abc import Collection

from authres import (  # type: ignore[import-untyped]  # authres ships no types
    AuthenticationResult,
    AuthenticationResultsHeader,
    AuthResError,
)

from services.delivery.authenticity.checks import is_aligned
from services.delivery.authenticity.domain import Evidence

_HEADER_OCTETS = 256 * 1024
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_PROPERTIES = {"spf": ("smtp", "mailfrom"), "dkim": ("header", "d"), "dmarc": ("header", "from")}
NOTHING = Evidence("none", "none", "none", aligned=False)


def read_results(content: bytes, author_domain: str, trusted: Collection[str]) -> Evidence:
    """Return what the topmost field says, if one of the `trusted` names wrote it.

    Only the topmost counts: what stands below it came with the mail, and anybody may have written it.
    """
    block = _HEADER_END.split(content[:_HEADER_OCTETS], maxsplit=1)[0]
    header = email.message_from_bytes(block, policy=email.policy.compat32)
    field = " ".join(str(header.get("Authentication-Results", "")).split())
    if not field:
        return NOTHING
    try:
        read = AuthenticationResultsHeader.parse(f"Authentication-Results: {field}")
    except (AuthResError, ValueError, IndexError):
        return NOTHING
    if str(read.authserv_id).lower() not in trusted:
        return NOTHING
    return _weigh(read, author_domain)


def _weigh(read: AuthenticationResultsHeader, author_domain: str) -> Evidence:
    words = {"spf": "none", "dkim": "none", "dmarc": "none"}
    aligned = False
    for result in read.results:
        method, word = str(result.method).lower(), str(result.result).lower()
        if method not in words:
            continue
        domain = _domain_of(result, method)
        if method == "dmarc" and domain and domain != author_domain:
            continue
        aligned = aligned or (method != "dmarc" and word == "pass" and is_aligned(domain, author_domain))
        if words[method] != "pass":
            words[method] = word
    return Evidence(words["spf"], words["dkim"], words["dmarc"], aligned)


def _domain_of(result: AuthenticationResult, method: str) -> str:
    value = next((prop.value for prop in result.properties if (prop.type, prop.name) == _PROPERTIES[method]), "")
    return str(value).rpartition("@")[2].lower()
