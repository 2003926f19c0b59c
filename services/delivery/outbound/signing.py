"""DKIM signatures (RFC 6376) on what leaves, by the key of the domain that a mail is from."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import dkim

from services.delivery.outbound.domain import domain_of
from shared.misconfiguration import MisconfiguredError

_FILE = re.compile(r"(?P<selector>[a-z0-9][a-z0-9-]{0,62})\._domainkey\.(?P<domain>[a-z0-9.-]{3,253})\.pem")
# Fields that are not there are signed too, so that nobody adds them on the way.
_FIELDS = (
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To"),
    *("Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
)
_PROBE = b"From: a@b.example\r\n\r\nx\r\n"


@dataclass(frozen=True, slots=True)
class Key:
    """A domain's private key, PEM, and the selector under which its public half is published."""

    selector: bytes
    pem: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs by domain; what is from a domain without a key leaves unsigned."""

    keys: Mapping[str, Key]

    @classmethod
    def of(cls, folder: Path | None) -> Self:
        """Read `<selector>._domainkey.<domain>.pem` files; of several for one domain the last by name signs.

        Raises `MisconfiguredError` for a folder that cannot be read and for a file that is no RSA private key.
        """
        keys: dict[str, Key] = {}
        try:
            paths = sorted(folder.iterdir()) if folder is not None else []
            for path in paths:
                if found := _FILE.fullmatch(path.name):
                    keys[found["domain"]] = _check_key(Key(found["selector"].encode(), path.read_bytes()), path)
        except OSError as error:
            raise MisconfiguredError(f"TRAMITE_DKIM_FOLDER: {error.strerror}") from error
        return cls(keys)

    async def sign(self, content: bytes, from_address: str, date: datetime) -> bytes:
        """Return the mail with its signature on top; the same octets for the same mail and date."""
        domain = domain_of(from_address)
        key = self.keys.get(domain)
        if key is None:
            return content
        return await asyncio.to_thread(_sign, content, domain, key, date)


class _Signature(dkim.DKIM):  # type: ignore[misc]  # dkimpy ships no types
    """dkimpy's signature at a time of our choice instead of now, so that each attempt sends the same octets."""

    signed_at: int = 0

    def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: Any, **named: Any) -> bytes:  # noqa: ANN401 - dkimpy is untyped
        """See dkimpy; only `t=` differs."""
        moment = str(self.signed_at).encode()
        set_fields = [(name, moment if name == b"t" else value) for name, value in fields]
        header: bytes = super().gen_header(set_fields, *rest, **named)
        return header


def _sign(content: bytes, domain: str, key: Key, date: datetime) -> bytes:
    mail = _Signature(content)
    mail.signed_at = int(date.timestamp())
    header: bytes = mail.sign(
        key.selector,
        domain.encode(),
        key.pem,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name.lower().encode() for name in _FIELDS],
    )
    return header + content


def _check_key(key: Key, path: Path) -> Key:
    try:
        dkim.DKIM(_PROBE).sign(key.selector, b"b.example", key.pem)
    except Exception as error:
        raise MisconfiguredError(f"TRAMITE_DKIM_FOLDER: {path.name} is no RSA private key in PEM form") from error
    return key
