"""Links in mails that let their reader do one thing without signing in: signed, for one purpose, until they expire."""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Self
from uuid import UUID

from shared.crypto import KeyRing

PATH = "/links/"
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_SIGNED = struct.Struct(">B16sI")
_MAC_BYTES = 16
TOKEN_LETTERS = 60


class LinkPurpose(IntEnum):
    """What a link does, and nothing else. The numbers stand in links that are out there: never reuse one."""

    CONFIRM_SENDER = 1
    NO_RESPONSE_NEEDED = 2
    REPORT = 3


@dataclass(frozen=True, slots=True)
class Link:
    """What a genuine link says; whether it has expired is for the reader to look at."""

    purpose: LinkPurpose
    subject: UUID
    expires_at: datetime

    def expired(self, now: datetime) -> bool:
        """Whether the link is good no more; the moment it expires at is already too late."""
        return now >= self.expires_at


@dataclass(frozen=True, slots=True)
class Links:
    """Writes and reads links. The active master key signs; every key of the ring is believed, so that keys rotate."""

    keys: Mapping[str, bytes]
    active: str
    base_url: str

    @classmethod
    def of(cls, ring: KeyRing, base_url: str) -> Self:
        """Derive the signing keys from the master keys. `base_url` is where people reach the gateway."""
        derived = {key_id: hmac.new(key, b"tramite link", hashlib.sha256).digest() for key_id, key in ring.keys.items()}
        return cls(derived, ring.active, base_url)

    def write(self, purpose: LinkPurpose, subject: UUID, expires_at: datetime) -> str:
        """Return the link, good until `expires_at`, rounded up to the minute; the same arguments give the same link."""
        minutes = -(-(expires_at - _EPOCH) // timedelta(minutes=1))
        signed = _SIGNED.pack(purpose, subject.bytes, minutes)
        token = signed + _sign(self.keys[self.active], signed)
        return f"{self.base_url}{PATH}{_encode(token)}"

    def read(self, token: str) -> Link | None:
        """Return what the token of a link says, or None: forged, damaged, or signed under a key that is gone."""
        octets = _decode(token)
        if octets is None:
            return None
        signed, mac = octets[:-_MAC_BYTES], octets[-_MAC_BYTES:]
        # All keys are tried, so that the time tells nothing.
        if not any([hmac.compare_digest(_sign(key, signed), mac) for key in self.keys.values()]):  # noqa: C419 - see above
            return None
        purpose, subject, minutes = _SIGNED.unpack(signed)
        try:
            return Link(LinkPurpose(purpose), UUID(bytes=subject), _EPOCH + timedelta(minutes=minutes))
        except ValueError:
            return None


def _sign(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()[:_MAC_BYTES]


def _encode(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()


def _decode(token: str) -> bytes | None:
    if len(token) != TOKEN_LETTERS or not token.isascii():
        return None
    try:
        octets = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    # The last letter has bits to spare; only one spelling of a token is good.
    return octets if _encode(octets) == token.lower() else None
