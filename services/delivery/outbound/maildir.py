"""Mail into a folder: one Maildir per recipient, for running without any mail server."""

import asyncio
import hashlib
import os
import string
from pathlib import Path

from services.delivery.outbound.domain import Envelope, Outcome, Verdict

_PLAIN = frozenset(string.ascii_lowercase + string.digits + "@.+-_=")
_LONGEST_NAME = 200


class MaildirTransport:
    """Writes `<root>/<recipient>/new/<name>`, the name from the Message-ID, so that a repeat is no second mail."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def send(self, envelope: Envelope) -> Outcome:
        """See `Transport.send`. A full or unwritable disk is a temporary failure."""
        try:
            stored = await asyncio.to_thread(self._write, envelope)
        except OSError as error:
            return Outcome(Verdict.DEFERRED, f"450 4.3.1 the mail folder cannot be written: {type(error).__name__}")
        return Outcome(Verdict.DELIVERED, "250 2.0.0 stored" if stored else "250 2.0.0 stored before")

    async def close(self) -> None:
        """See `Transport.close`."""

    def _write(self, envelope: Envelope) -> bool:
        """Store the mail and say so once it is on disk; False when it was there already, read or unread."""
        box = self._root / name_box(envelope.recipient)
        for folder in ("tmp", "new", "cur"):
            (box / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        name = name_mail(envelope.identifier)
        target = box / "new" / name
        if target.exists() or any((box / "cur").glob(f"{name}*")):
            return False
        draft = box / "tmp" / f"{name}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(envelope.content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
        _sync_folder(box / "new")
        return True


def name_box(recipient: str) -> str:
    """Return a folder name for an address: itself where that is safe, other characters as `%` and hex digits."""
    name = "".join(
        letter if letter in _PLAIN else "".join(f"%{octet:02x}" for octet in letter.encode("utf-8", "replace"))
        for letter in recipient.lower()
    )
    name = f"%2e{name[1:]}" if name.startswith(".") else name
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 33]}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    return name


def name_mail(identifier: str) -> str:
    """Return the file name for a Message-ID: 40 hex digits, the same every time."""
    return hashlib.sha256(identifier.encode()).hexdigest()[:40]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
