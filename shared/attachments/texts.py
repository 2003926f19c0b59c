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
"""What unpacks to more is cut: a document of 7 MB holds less, unless it was made to hold more."""
MAX_SECONDS = 5.0
"""After so long no further page of a PDF is read."""
MAX_PAGE_OCTETS = 2_000_000
"""A page with longer instructions is a drawing; its words are not read."""

_PAUSE = re.compile(r"</w:p>|<w:(?:br|tab|cr)\b[^<>]{0,200}>|</(?:w:tc|a:p)>")
_TAG = re.compile(r"<[^<>]{0,4000}>")
_VALUE = re.compile(r"=\"([^\"<>]{3,4000})\"")


def read_texts(content: bytes, media_type: str) -> str:
    """Return the words of a sound PDF or Word document: those on its pages, link targets, what Word keeps in tables.

    A file is read in several ways: its octets as they stand, to the last; what a PDF packs, and its pages and links; a
    Word package. Of each of these at most 4,000,000 characters that had to be unpacked, and of a PDF's pages what 5
    seconds are enough for. Words in pictures are not read. What cannot be read gives nothing, as do other types.
    """
    if media_type == "application/pdf":
        readings = [_read_octets(content), _cut(_read_packed(content)), _cut(_read_pages(content))]
    elif media_type == "application/msword":
        readings = [_read_doc(content)]
    elif media_type.endswith("wordprocessingml.document"):
        readings = [_cut(_read_docx(content))]
    else:
        readings = []
    return "\n".join(itertools.chain.from_iterable(map(_keep_sound, readings)))


def _keep_sound(texts: Iterator[str]) -> Iterator[str]:
    try:
        yield from texts
    except Exception:  # noqa: BLE001 - the libraries raise anything on odd files; what was read is kept
        return


def _cut(texts: Iterator[str]) -> Iterator[str]:
    left = MAX_CHARACTERS
    for text in texts:
        yield text[:left]
        left -= len(text)
        if left <= 0:
            return


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


def _read_octets(content: bytes) -> Iterator[str]:
    yield unquote(content.decode("latin-1"))


def _read_packed(content: bytes) -> Iterator[str]:
    for packed in list_packed(content):
        yield unquote(packed.decode("latin-1"))


def _read_pages(content: bytes) -> Iterator[str]:
    started = time.monotonic()
    reader = PdfReader(io.BytesIO(content), strict=False)
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
