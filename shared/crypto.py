"""Sealing personal data: AES-256-GCM under envelope keys, and keyed hashes for look-up (R-ALIAS-6, R-PRIVACY-2).

A box is `1.<master key id>.<wrapped data key>.<nonce and ciphertext>`, base64url without padding. Each box has a
data key of its own; only that key is wrapped by the master key, so that rotation rewraps 60 bytes, not the data.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.misconfiguration import MisconfiguredError

_FORMAT = "1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_BOX_PARTS = 4


class SealError(Exception):
    """A box cannot be opened: broken, for another purpose, or under a master key that is not at hand."""


class KeyRingError(MisconfiguredError):
    """The configured keys are unusable; the text says what to change and shows no key."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The master keys by id, and which of them seals new boxes. The others only open old ones."""

    keys: Mapping[str, bytes]
    active: str
    lookup_key: bytes

    @classmethod
    def parse(cls, master_keys: str, lookup_key: str) -> Self:
        """Read `id:base64,id:base64`, the first being the active one. Raises `KeyRingError`."""
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(filter(None, master_keys.split(",")), start=1):
            key_id, _, encoded = entry.strip().partition(":")
            if not key_id.isalnum():
                raise KeyRingError(f"master key {position}: write it as id:base64, the id in letters and digits")
            keys[key_id] = _decode_key(encoded, f"master key {position}")
        if not keys:
            raise KeyRingError("no master key: set TRAMITE_MASTER_KEYS, or run `tramite keys new`")
        return cls(keys, next(iter(keys)), _decode_key(lookup_key, "lookup key"))

    def seal(self, plain: bytes, purpose: str) -> str:
        """Seal `plain` into a box that opens only for the same `purpose`."""
        data_key = AESGCM.generate_key(_KEY_BYTES * 8)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + AESGCM(data_key).encrypt(nonce, plain, purpose.encode())
        return ".".join((_FORMAT, self.active, self._wrap(data_key), _encode(sealed)))

    def open(self, box: str, purpose: str) -> bytes:
        """Open a box made by `seal` for the same `purpose`; raises `SealError`."""
        key_id, wrapped, sealed = _split(box)
        try:
            return AESGCM(self._unwrap(key_id, wrapped)).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode()
            )
        except (InvalidTag, ValueError):
            raise SealError(f"a box does not open for purpose {purpose!r}") from None

    def rewrap(self, box: str) -> str:
        """Put the box's data key under the active master key; the sealed data stays as it is."""
        key_id, wrapped, _ = _split(box)
        if key_id == self.active:
            return box
        sealed = box.rsplit(".", 1)[1]
        return ".".join((_FORMAT, self.active, self._wrap(self._unwrap(key_id, wrapped)), sealed))

    def seal_text(self, plain: str, purpose: str) -> str:
        """Seal a text as UTF-8."""
        return self.seal(plain.encode(), purpose)

    def open_text(self, box: str, purpose: str) -> str:
        """Open a box made by `seal_text`."""
        return self.open(box, purpose).decode()

    def hash_address(self, address: str) -> str:
        """Return the keyed hash under which an e-mail address is found: 64 hex digits, case and padding ignored."""
        return self.hash_text("address", address.strip().casefold())

    def hash_text(self, purpose: str, text: str) -> str:
        """Return a keyed hash (HMAC-SHA-256, 64 hex digits) of `text` for `purpose`."""
        message = f"{purpose}\x1f{text}".encode()
        return hmac.new(self.lookup_key, message, hashlib.sha256).hexdigest()

    def hash_briefly(self, purpose: str, texts: Iterable[str], size: int) -> Sequence[bytes]:
        """Return a short keyed hash (BLAKE2b, `size` octets) of each text for `purpose`; made for many at a time."""
        keyed = hashlib.blake2b(key=bytes.fromhex(self.hash_text("brief", purpose)), digest_size=size)
        hashes = []
        for text in texts:
            one = keyed.copy()
            one.update(text.encode())
            hashes.append(one.digest())
        return hashes

    def _wrap(self, data_key: bytes) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        wrapped = AESGCM(self.keys[self.active]).encrypt(nonce, data_key, self.active.encode())
        return _encode(nonce + wrapped)

    def _unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        if key_id not in self.keys:
            raise SealError(f"master key {key_id!r} is not in TRAMITE_MASTER_KEYS")
        try:
            return AESGCM(self.keys[key_id]).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], key_id.encode())
        except (InvalidTag, ValueError):
            raise SealError(f"a data key does not unwrap under master key {key_id!r}") from None


def generate_key() -> str:
    """Return a new random key of 32 bytes as base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def _decode_key(encoded: str, name: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise KeyRingError(f"{name}: not base64") from None
    if len(key) != _KEY_BYTES:
        raise KeyRingError(f"{name}: {_KEY_BYTES} bytes expected, {len(key)} found")
    return key


def _split(box: str) -> tuple[str, bytes, bytes]:
    parts = box.split(".")
    if len(parts) != _BOX_PARTS or parts[0] != _FORMAT:
        raise SealError("not a sealed box")
    return parts[1], _decode(parts[2]), _decode(parts[3])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise SealError("not a sealed box") from None
