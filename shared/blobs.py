"""The blob store: raw mails, attachments and long bodies, sealed, by reference; a folder or S3."""

import asyncio
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError as ObstoreError
from obstore.exceptions import NotFoundError
from obstore.store import from_url

from shared.contracts.facts import Content, SealedContent
from shared.crypto import KeyRing
from shared.misconfiguration import MisconfiguredError

STORE_ERRORS: tuple[type[Exception], ...] = (ObstoreError, OSError)
"""What a store that is away or does not do its work raises, besides what is promised below."""

_INLINE_BYTES = 128 * 1024
_NAME = re.compile(r"[a-z]+/[0-9a-f]{2}/[0-9a-f]{32}")


class BlobNotFound(Exception):  # noqa: N818 - says what is the case
    """No blob has this name; it was purged or never written."""


class BlobStore:
    """Sealed bytes by name. Names are random and say nothing of what they hold.

    Raises `MisconfiguredError` for a URL that names no store.
    """

    def __init__(self, url: str, keys: KeyRing) -> None:
        self._folder = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
        try:
            self._store = from_url(url, mkdir=True) if self._folder else from_url(url)
        except (ObstoreError, ValueError, OSError) as error:
            raise MisconfiguredError("TRAMITE_BLOB_URL: file:///path or s3://bucket expected") from error
        self._keys = keys

    async def put(self, folder: str, plain: bytes) -> str:
        """Seal and store `plain`; return its name. On return it is on disk (or in the bucket)."""
        digest = uuid4().hex
        name = f"{folder}/{digest[:2]}/{digest}"
        await obstore.put_async(self._store, name, self._keys.seal(plain, f"blob {folder}").encode())
        if self._folder:
            await asyncio.to_thread(_bring_to_disk, self._folder / name)
        return name

    async def get(self, name: str) -> bytes:
        """Return the bytes stored under `name`; raises `BlobNotFound` or `SealError`."""
        if not _NAME.fullmatch(name):
            raise BlobNotFound("not a blob's name")
        try:
            result = await obstore.get_async(self._store, name)
        except (NotFoundError, FileNotFoundError):
            raise BlobNotFound("no such blob") from None
        sealed = bytes(await result.bytes_async())
        return self._keys.open(sealed.decode(), f"blob {name.partition('/')[0]}")

    async def delete(self, name: str) -> None:
        """Remove the blob; no error if it is gone already."""
        try:
            await obstore.delete_async(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return

    async def seal_content(self, content: Content) -> SealedContent:
        """Seal a message's content: small ones travel in the event, large ones as a blob."""
        plain = content.model_dump_json().encode()
        if len(plain) > _INLINE_BYTES:
            return SealedContent(blob=await self.put("content", plain))
        return SealedContent(box=self._keys.seal(plain, "content"))

    async def open_content(self, sealed: SealedContent) -> Content:
        """Open what `seal_content` sealed; raises `SealError` or `BlobNotFound`."""
        if sealed.blob is not None:
            return Content.model_validate_json(await self.get(sealed.blob))
        return Content.model_validate_json(self._keys.open(sealed.box or "", "content"))


def _bring_to_disk(path: Path) -> None:
    """Make a file, and its name in both folders above it, outlive a power cut; the store only renames it into place."""
    for place in (path, path.parent, path.parent.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
