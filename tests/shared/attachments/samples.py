"""Files made for tests: sound ones, and ways to spoil them."""

import io
import re
import struct
import zipfile
from collections.abc import Mapping

from PIL import Image, PngImagePlugin
from pypdf import PdfWriter

AUTHOR = "Anna Bianchi anna@posta-privata.example"
# The library escapes some signs: a name without them can be looked for in the octets.
PERSON = "Anna Bianchi"
_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="'
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document{kind}.main+xml"/></Types>'
)
RELATIONSHIPS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}" TargetMode="{mode}"/></Relationships>'
)


def jpeg(orientation: int = 1, *, private: bool = True) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if private:
        exif[0x013B] = AUTHOR
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (45.0, 27.0, 51.0)
    out = io.BytesIO()
    Image.effect_noise((40, 20), 50).convert("RGB").save(
        out, "JPEG", exif=exif, icc_profile=b"profile", comment=AUTHOR.encode() if private else b""
    )
    return out.getvalue()


def png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", AUTHOR)
    info.add_itxt("XML:com.adobe.xmp", AUTHOR)
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (1, 2, 3, 4)).save(out, "PNG", pnginfo=info, dpi=(72, 72))
    return out.getvalue()


def gif() -> bytes:
    frames = [Image.new("P", (4, 4), color) for color in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], loop=0, duration=50, comment=AUTHOR.encode())
    return out.getvalue()


def pdf(extra: bytes = b"") -> bytes:
    """A sound document, with more objects before the end if given; readers rebuild the table."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": PERSON, "/Title": "Invoice"})
    out = io.BytesIO()
    writer.write(out)
    whole = out.getvalue()
    place = whole.index(b"xref")
    if not extra:
        return whole
    whole = whole[:place] + extra + whole[place:]
    return re.sub(rb"(?<=startxref\n)\d+", b"%d" % (place + len(extra)), whole)


def package(entries: Mapping[str, bytes | str] | None = None, *, kind: str = "", comment: bytes = b"") -> bytes:
    """A .docx package; entries come on top, an empty one is left out."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": CONTENT_TYPES.format(kind=kind),
        "_rels/.rels": RELATIONSHIPS.format(kind="officeDocument", target="word/document.xml", mode="Internal"),
        "word/document.xml": f'<w:document><w:ins w:author="{AUTHOR}" w:date="x"><w:t>Text</w:t></w:ins></w:document>',
        "docProps/core.xml": f"<cp:coreProperties><dc:creator>{AUTHOR}</dc:creator></cp:coreProperties>",
        "docProps/app.xml": f"<Properties><Company>{AUTHOR}</Company></Properties>",
        **(entries or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if content:
                archive.writestr(name, content)
        archive.comment = comment
    return out.getvalue()


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file (MS-CFB) of streams of at least 4096 octets; a name ending in `/` is a storage."""
    entries = [("Root Entry", 5, _END, 0)]
    sectors: list[bytes] = []
    chains: list[int] = []
    for name, content in streams.items():
        if name.endswith("/"):
            entries.append((name[:-1], 1, 0, 0))
            continue
        whole = content.ljust(4096, b"\0")
        count = -(-len(whole) // _SECTOR)
        entries.append((name, 2, len(sectors) + 2, len(whole)))
        chains += [len(sectors) + 3 + number for number in range(count - 1)] + [_END]
        sectors += [whole[n * _SECTOR : (n + 1) * _SECTOR].ljust(_SECTOR, b"\0") for n in range(count)]
    directory = b"".join(_entry(number, entries) for number in range(len(entries)))
    blocks = -(-len(directory) // _SECTOR)
    start = len(sectors) + 2
    directory_chain = [start + number + 1 for number in range(blocks - 1)] + [_END]
    table = [_FAT, _END, *chains, *directory_chain]
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        b"",
        0,
        1,
        start,
        0,
        4096,
        _END,
        0,
        _END,
        0,
    )
    header += struct.pack("<109I", *([0] + [_FREE] * 108))
    fat = struct.pack("<128I", *(table + [_FREE] * (128 - len(table))))
    return header + fat + b"\0" * _SECTOR + b"".join(sectors) + directory.ljust(blocks * _SECTOR, b"\0")


def _entry(number: int, entries: list[tuple[str, int, int, int]]) -> bytes:
    """One directory entry; siblings hang on each other's right."""
    name, kind, start, size = entries[number]
    encoded = name.encode("utf-16-le")
    right = number + 1 if 0 < number < len(entries) - 1 else _FREE
    child = 1 if number == 0 and len(entries) > 1 else _FREE
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ", encoded, len(encoded) + 2, kind, 1, _FREE, right, child, b"", 0, b"", b"", start, size
    )


def doc(streams: Mapping[str, bytes] | None = None, flags: int = 0) -> bytes:
    """A .doc compound file with its two property sets."""
    return compound(
        {
            "WordDocument": b"\xec\xa5" + b"\0" * 8 + struct.pack("<H", flags),
            "\x05SummaryInformation": AUTHOR.encode(),
            "\x05DocumentSummaryInformation": AUTHOR.encode("utf-16-le"),
            **(streams or {}),
        }
    )
