"""What a document says, as far as somebody who looks for words in it needs to know: all of it at once, in no order."""

import io
import itertools
import re
import time
import zipfile
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject

from shared.attachments.pdf import list_packed

MAX_CHARACTERS = 4_000_000
"""What is longer is cut: a document of 7 MB holds less, unless it was made to hold more."""
MAX_SECONDS = 5.0
"""After so long no further page of a PDF is read."""
MAX_PAGE_OCTETS = 2_000_000
"""A page with longer instructions is a drawing; its words are not read."""

_PAUSE = re.compile(r"</w:p>|<w:(?:br|tab|cr)\b[^<>]{0,200}>|</(?:w:tc|a:p)>")
_TAG = re.compile(r"<[^<>]{0,4000}>")
_VALUE = re.compile(r"=\"([^\"<>]{3,4000})\"")


def read_texts(content: bytes, media_type: str) -> str:
    """Return the words of a sound PDF or Word document: those on its pages, link targets, what Word keeps in tables.

    At most 4,000,000 characters, and of a PDF what 5 seconds are enough for. Words in pictures are not read. What
    cannot be read gives nothing; other types give nothing.
    """
    readers = {"application/pdf": _read_pdf, "application/msword": _read_doc}
    read = readers.get(media_type, _read_docx if media_type.endswith("wordprocessingml.document") else None)
    if read is None:
        return ""
    texts: list[str] = []
    left = MAX_CHARACTERS
    try:
        for text in read(content):
            texts.append(text[:left])
            left -= len(texts[-1])
            if left <= 0:
                break
    except Exception:  # noqa: BLE001 - the libraries raise anything on odd files; what was read is kept
        return "\n".join(texts)
    return "\n".join(texts)


def _read_docx(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for entry in package.infolist():
            if entry.filename.lower().endswith((".xml", ".rels")):
                with package.open(entry) as stream:
                    source = stream.read(MAX_CHARACTERS).decode("utf-8", "replace")
                # A word may be spread over several runs: tags go without a trace.
                yield unescape(_TAG.sub("", _PAUSE.sub("\n", source)))
                yield unquote(unescape("\n".join(_VALUE.findall(source))))


def _read_doc(content: bytes) -> Iterator[str]:
    """Read the file's octets as the two encodings that Word writes (MS-DOC 2.4.1), wherever they stand in it."""
    yield content.decode("cp1252", "replace")
    for start in (0, 1):
        yield content[start : start + (len(content) - start) // 2 * 2].decode("utf-16-le", "replace")


def _read_pdf(content: bytes) -> Iterator[str]:
    started = time.monotonic()
    reader = PdfReader(io.BytesIO(content), strict=False)
    yield unquote(content.decode("latin-1"))
    for packed in list_packed(content):
        yield unquote(packed.decode("latin-1"))
    for page in reader.pages:
        yield from _read_links(page)
        contents = page.get_contents()
        if contents is not None and len(contents.get_data()) <= MAX_PAGE_OCTETS:
            yield page.extract_text()
        if time.monotonic() - started > MAX_SECONDS:
            return


def _read_links(page: DictionaryObject) -> Iterator[str]:
    """Yield what the notes and links of a page say and where they lead."""
    notes: PdfObject | None = page.get("/Annots")
    found = notes.get_object() if notes is not None else None
    for note in itertools.islice(found if isinstance(found, ArrayObject) else (), 2000):
        shown = note.get_object()
        if not isinstance(shown, DictionaryObject):
            continue
        action = shown.get("/A")
        target = action.get_object() if action is not None else None
        address = target.get("/URI") if isinstance(target, DictionaryObject) else None
        yield "\n".join(str(one) for one in (shown.get("/Contents"), address and unquote(str(address))) if one)
