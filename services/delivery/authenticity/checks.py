"""SPF, DKIM and DMARC by library. Blocking: for a thread."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import dkim

from services.delivery.authenticity.domain import Evidence, Origin
from services.delivery.authenticity.resolver import Inquiry, LookupFailed, Resolver

with warnings.catch_warnings():
    # pyspf's docstrings have escapes that Python warns of when it first compiles them; authheaders imports it too.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import spf  # type: ignore[import-untyped]  # pyspf ships no types
    from authheaders import dmarc_lookup

_MOST_SIGNATURES: Final = 5
_CONVERT: Final[dict[str, Callable[[Any], Any]]] = {
    "A": lambda record: record.address,
    "AAAA": lambda record: record.address,
    "MX": lambda record: (record.preference, record.exchange.to_text(omit_final_dot=True)),
    "PTR": lambda record: record.target.to_text(omit_final_dot=True),
    "TXT": lambda record: record.strings,
}


def examine(resolver: Resolver, origin: Origin, sender: str, author_domain: str, content: bytes) -> Evidence:
    """Check a mail by what its sender's domains publish. Never raises for what a mail or a domain may contain."""
    inquiry = resolver.inquire()
    spf_result = _check_spf(inquiry, origin, sender)
    spf_domain = (sender.rpartition("@")[2] or origin.greeting).lower()
    dkim_result, signers = _check_dkim(inquiry, content)
    passing = [*signers, *([spf_domain] if spf_result == "pass" else [])]
    aligned = any(is_aligned(domain, author_domain) for domain in passing)
    by_spf = spf_domain if spf_result == "pass" else ""
    return Evidence(spf_result, dkim_result, _check_dmarc(inquiry, author_domain, by_spf, signers), aligned)


def is_aligned(domain: str, author_domain: str) -> bool:
    """Whether both are of one organisation (RFC 7489 section 3.1, relaxed)."""
    if not domain or not author_domain:
        return False
    return _organisation_of(author_domain) == _organisation_of(domain)


def _organisation_of(domain: str) -> str:
    """Return the organisational domain; under a top-level domain that the list does not know, the last two labels."""
    found = str(dmarc_lookup.get_org_domain(domain))
    return found if "." in found else ".".join(domain.rsplit(".", 2)[-2:])


class _Query(spf.query):  # type: ignore[misc]  # pyspf ships no types
    """pyspf's own walk through a record, with our look-ups instead of its own."""

    def __init__(self, inquiry: Inquiry, origin: Origin, sender: str) -> None:
        super().__init__(i=origin.address, s=sender, h=origin.greeting or "unknown")
        self._inquiry = inquiry

    def dns(self, name: Any, qtype: str, _cnames: Any = None, ignore_void: Any = False) -> list[Any]:  # noqa: ANN401, FBT002 - pyspf's signature
        """Look a name up; too many names without records are the domain's fault (RFC 7208 section 4.6.4)."""
        if qtype not in _CONVERT:
            return []
        try:
            values = [_CONVERT[qtype](record) for record in self._inquiry.look_up(str(name), qtype)]
        except LookupFailed:
            raise spf.TempError("no answer") from None
        if not values and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many void lookups")
        return values


def _check_spf(inquiry: Inquiry, origin: Origin, sender: str) -> str:
    try:
        result, _, _ = _Query(inquiry, origin, sender).check()
    except Exception:  # noqa: BLE001 - the library raises anything on records that are no records
        return "permerror"
    return str(result)


def _check_dkim(inquiry: Inquiry, content: bytes) -> tuple[str, list[str]]:
    """Return the best result of the first signatures, and who signed what verifies."""

    def fetch(name: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG001 - dkimpy's signature; the inquiry has its own time
        found = inquiry.read_texts(name.decode("ascii", "replace"))
        return found[0] if found else None

    try:
        mail = dkim.DKIM(content, minkey=1024)
    except dkim.DKIMException:
        return "permerror", []
    count = sum(1 for name, _ in mail.headers if name.lower() == b"dkim-signature")
    signers, results = [], []
    for index in range(min(count, _MOST_SIGNATURES)):
        result = _verify(mail, index, fetch)
        results.append(result)
        if result == "pass":
            signers.append(mail.domain.decode("ascii", "replace").lower())
    if signers:
        return "pass", signers
    return next((word for word in ("temperror", "fail", "permerror") if word in results), "none"), []


def _verify(mail: Any, index: int, fetch: Callable[[bytes], bytes | None]) -> str:  # noqa: ANN401 - dkimpy is untyped
    try:
        return "pass" if mail.verify(idx=index, dnsfunc=fetch) else "fail"
    except LookupFailed:
        return "temperror"
    except Exception:  # noqa: BLE001 - the library raises anything on damaged signatures and keys
        return "fail"


def _check_dmarc(inquiry: Inquiry, author_domain: str, by_spf: str, signers: Sequence[str]) -> str:
    """Hold what passed against the author's domain as its record wants it (RFC 7489 sections 3.1 and 6.6)."""

    def fetch(name: str) -> str | None:
        found = [text for text in inquiry.read_texts(name) if text.startswith(b"v=DMARC1")]
        # Two records are as good as none (RFC 7489 section 6.6.3).
        return found[0].decode("ascii", "replace") if len(found) == 1 else None

    try:
        record = dmarc_lookup.lookup_receiver_record(author_domain, fetch) or dmarc_lookup.lookup_receiver_record(
            _organisation_of(author_domain), fetch
        )
    except LookupFailed:
        return "temperror"
    except Exception:  # noqa: BLE001 - the library raises anything on records that are no records
        return "permerror"
    if not record:
        return "none"
    by_sender = _meets(by_spf, author_domain, record.get("aspf", "r"))
    by_signer = any(_meets(signer, author_domain, record.get("adkim", "r")) for signer in signers)
    return "pass" if by_sender or by_signer else "fail"


def _meets(domain: str, author_domain: str, mode: str) -> bool:
    return domain == author_domain if mode == "s" else is_aligned(domain, author_domain)
