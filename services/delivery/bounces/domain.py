"""The address that delivery reports of one message come back to: signed, so that nobody can make one up (VERP)."""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from uuid import UUID

from shared.crypto import KeyRing

PREFIX = "b-"
_EPOCH = date(2020, 1, 1)
_LAST_DAY = 0xFFFF
_UUID_BYTES = 16
_DAY_BYTES = 2
_MAC_BYTES = 10
_TOKEN_BYTES = _UUID_BYTES + _DAY_BYTES + _MAC_BYTES
_TOKEN_LETTERS = 45


@dataclass(frozen=True, slots=True)
class BounceAddresses:
    """Writes and reads bounce addresses. The active key signs; every key of the ring is believed, so that keys rotate.

    An address takes reports for `days` after its message was queued, the last of them included.
    """

    keys: Mapping[str, bytes]
    active: str
    days: int

    @classmethod
    def of(cls, ring: KeyRing, days: int) -> Self:
        """Derive the signing keys from the master keys."""
        derived = {
            key_id: hmac.new(key, b"tramite bounce address", hashlib.sha256).digest()
            for key_id, key in ring.keys.items()
        }
        return cls(derived, ring.active, days)

    def write(self, message_id: UUID, domain: str, today: date) -> str:
        """Return the bounce address of a message queued `today`: `b-`, 45 letters and digits, `@domain`."""
        last_day = min((today - _EPOCH).days + self.days, _LAST_DAY)
        signed = message_id.bytes + struct.pack(">H", last_day)
        token = signed + _sign(self.keys[self.active], signed)
        return f"{PREFIX}{base64.b32encode(token).decode().rstrip('=').lower()}@{domain}"

    def read(self, address: str, today: date) -> UUID | None:
        """Return the message whose reports come to `address`, or None: no such address, forged, or out of date."""
        local_part = address.rpartition("@")[0].lower()
        token = _decode(local_part.removeprefix(PREFIX)) if local_part.startswith(PREFIX) else None
        if token is None:
            return None
        signed, mac = token[:-_MAC_BYTES], token[-_MAC_BYTES:]
        genuine = [hmac.compare_digest(_sign(key, signed), mac) for key in self.keys.values()]
        (last_day,) = struct.unpack(">H", signed[_UUID_BYTES:])
        if not any(genuine) or today > _EPOCH + timedelta(days=last_day):
            return None
        return UUID(bytes=signed[:_UUID_BYTES])


def _sign(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()[:_MAC_BYTES]


def _decode(letters: str) -> bytes | None:
    if len(letters) != _TOKEN_LETTERS or not letters.isascii():
        return None
    try:
        token = base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError):
        return None
    # The last letter has bits to spare; only one spelling of a token is good.
    canonical = base64.b32encode(token).decode().rstrip("=").lower() == letters
    return token if canonical and len(token) == _TOKEN_BYTES else None
