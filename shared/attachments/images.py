"""JPEG, PNG and GIF by structure: sound or not, and the same picture without what it tells of place, time and person.

Pictures are not encoded anew: their segments are copied, so that no quality is lost.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from shared.attachments.facts import Problem

# Nothing here decodes a picture, but its readers will.
MAX_PIXELS = 89_000_000
MAX_SEGMENTS = 100_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_PRIVATE = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"dSIG"})
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
# Markers of ITU-T T.81, table B.1.
_JPEG_END = 0xD9
_JPEG_SCAN = 0xDA
_JPEG_COMMENT = 0xFE
_JPEG_APPLICATION = range(0xE0, 0xF0)
_JPEG_PROFILE = 0xE2
_JPEG_LENGTH = 2
_JPEG_FRAME_LENGTH = 9
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_JPEG_KEPT_APPLICATION = frozenset({0xE0, 0xE2, 0xEE})
_ORIENTATION = 0x0112
_ORIENTATIONS = 8
_SHORT = 3
_MAX_TAGS = 200
_EXIF = b"Exif\0\0"
_EXIF_WINDOW = 65_536
_GIF_HEADER = 13
_GIF_FLAGS = 10
_FOREIGN = re.compile(
    rb"<script|<\?php|<html|PK\x03\x04|%PDF-|Rar!\x1a|7z\xbc\xaf\x27|\x7fELF|MZ.{60}.{0,512}?PE\0\0", re.DOTALL
)


class MalformedError(ValueError):
    """The octets are no complete picture of their type."""


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment; scan data belongs to its start-of-scan segment."""
    place = 2
    for _ in range(MAX_SEGMENTS):
        hit = _JPEG_MARKER.match(content, place)
        if not hit:
            raise MalformedError
        marker = hit[1][0]
        if marker == _JPEG_END:
            yield marker, place, hit.end()
            return
        if marker in {0x01, 0xD8}:
            raise MalformedError
        if hit.end() + 2 > len(content):
            raise MalformedError
        length = struct.unpack(">H", content[hit.end() : hit.end() + 2])[0]
        end = hit.end() + length
        if length < _JPEG_LENGTH or end > len(content):
            raise MalformedError
        if marker == _JPEG_SCAN:
            following = _JPEG_MARKER.search(content, end)
            if not following:
                raise MalformedError
            end = following.start()
        yield marker, place, end
        place = end
    raise MalformedError


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    place = len(_PNG_SIGNATURE)
    for _ in range(MAX_SEGMENTS):
        if place + 12 > len(content):
            raise MalformedError
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        end = place + 12 + length
        if end > len(content):
            raise MalformedError
        check = struct.unpack(">I", content[end - 4 : end])[0]
        if zlib.crc32(content[place + 4 : end - 4]) != check:
            raise MalformedError
        yield kind, place, end
        if kind == b"IEND":
            return
        place = end
    raise MalformedError


def _gif_blocks(content: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield kind (image, comment, application and its name, other, end), start and end of each block."""
    if len(content) < _GIF_HEADER:
        raise MalformedError
    place = _GIF_HEADER + _gif_table(content[_GIF_FLAGS])
    for _ in range(MAX_SEGMENTS):
        start, sign = place, content[place : place + 1]
        if sign == b";":
            yield "end", start, start + 1
            return
        if sign == b"!":
            label = content[place + 1 : place + 2]
            name = content[place + 3 : place + 14].decode("latin-1") if label == b"\xff" else ""
            kind = {b"\xfe": "comment", b"\xff": f"application {name}"}.get(label, "other")
            place = _gif_skip(content, place + 2)
        elif sign == b"," and place + 10 < len(content):
            kind = "image"
            place = _gif_skip(content, place + 10 + _gif_table(content[place + 9]) + 1)
        else:
            raise MalformedError
        yield kind, start, place
    raise MalformedError


def _gif_table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_skip(content: bytes, place: int) -> int:
    while True:
        if place >= len(content):
            raise MalformedError
        length = content[place]
        place += 1 + length
        if not length:
            return place


def _split_jpeg(content: bytes) -> tuple[list[bytes], list[bytes]]:
    kept, dropped = [content[:2]], list[bytes]()
    end = 2
    for marker, start, end in _jpeg_segments(content):
        private = marker == _JPEG_COMMENT or (marker in _JPEG_APPLICATION and marker not in _JPEG_KEPT_APPLICATION)
        # The second application segment is kept for colour profiles only: cameras put further pictures into it.
        private = private or (marker == _JPEG_PROFILE and b"ICC_PROFILE" not in content[start : start + 16])
        (dropped if private else kept).append(content[start:end])
    return kept, [*dropped, content[end:]]


def _split_png(content: bytes) -> tuple[list[bytes], list[bytes]]:
    kept, dropped = [_PNG_SIGNATURE], list[bytes]()
    end = len(_PNG_SIGNATURE)
    for kind, start, end in _png_chunks(content):
        private = kind in _PNG_PRIVATE or not kind.isalpha() or (kind[:1].islower() and kind[1:2].islower())
        (dropped if private else kept).append(content[start:end])
    return kept, [*dropped, content[end:]]


def _split_gif(content: bytes) -> tuple[list[bytes], list[bytes]]:
    table = _GIF_HEADER + (_gif_table(content[_GIF_FLAGS]) if len(content) > _GIF_FLAGS else 0)
    kept, dropped = [content[:table]], list[bytes]()
    end = table
    for kind, start, end in _gif_blocks(content):
        loops = kind in {"application NETSCAPE2.0", "application ANIMEXTS1.0"}
        private = kind == "comment" or (kind.startswith("application") and not loops)
        (dropped if private else kept).append(content[start:end])
    return kept, [*dropped, content[end:]]


_SPLITTERS = {"image/jpeg": _split_jpeg, "image/png": _split_png, "image/gif": _split_gif}


def _size_of(content: bytes, media_type: str) -> tuple[int, int]:
    if media_type == "image/png":
        return struct.unpack(">II", content[16:24])
    if media_type == "image/gif":
        return struct.unpack("<HH", content[6:10])
    for marker, start, end in _jpeg_segments(content):
        if marker in _JPEG_FRAMES and end - start >= _JPEG_FRAME_LENGTH:
            height, width = struct.unpack(">HH", content[start + 5 : start + 9])
            return width, height
    raise MalformedError


def inspect_image(content: bytes, media_type: str) -> list[Problem]:
    """Find what is wrong with a picture: damage, more than 89 million pixels, a second file in it or behind it."""
    try:
        width, height = _size_of(content, media_type)
        if width * height > MAX_PIXELS:
            return [Problem.BOMB]
        _, dropped = _SPLITTERS[media_type](content)
    except (MalformedError, struct.error):
        return [Problem.MALFORMED]
    # A camera's own segments are binary; a file of another kind in them is no picture's business.
    return [Problem.POLYGLOT] if any(_FOREIGN.search(piece) for piece in dropped) else []


def _orientation(content: bytes) -> int:
    """Read which way up a JPEG was taken (Exif 2.3, 4.6.4 A), 1 where it does not say."""
    place = content.find(_EXIF, 0, _EXIF_WINDOW)
    block = content[place + len(_EXIF) : place + len(_EXIF) + _EXIF_WINDOW] if place >= 0 else b""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if not order:
        return 1
    try:
        start = struct.unpack(f"{order}I", block[4:8])[0]
        count = struct.unpack(f"{order}H", block[start : start + 2])[0]
        for number in range(min(count, _MAX_TAGS)):
            entry = block[start + 2 + 12 * number : start + 14 + 12 * number]
            tag, kind, _, turned = struct.unpack(f"{order}HHIH2x", entry)
            if tag == _ORIENTATION and kind == _SHORT:
                return turned if 1 < turned <= _ORIENTATIONS else 1
    except struct.error:
        return 1
    return 1


def scrub_image(content: bytes, media_type: str) -> bytes:
    """Copy a sound picture without EXIF (GPS too), XMP, IPTC, comments, dates and anything behind its end.

    The way up it was taken is kept, as is its colour profile.
    """
    kept, _ = _SPLITTERS[media_type](content)
    turned = _orientation(content) if media_type == "image/jpeg" else 1
    if turned != 1:
        block = _EXIF + b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, turned, 0, 0)
        kept.insert(1, b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)
    return b"".join(kept)
