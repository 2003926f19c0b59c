"""PDF: what acts by itself, what is hidden, and the document without its author."""

import io
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, PdfObject

from shared.attachments.facts import Problem

# The library logs what it finds in a document, names and addresses too. Its modules have loggers of their own, which
# pass on what they are told: the one above them must keep it.
_LOGGER = logging.getLogger("pypdf")
_LOGGER.propagate = False
_LOGGER.addHandler(logging.NullHandler())

MAX_OBJECTS = 20_000
MAX_NODES = 200_000
MAX_PAGES = 2_000
MAX_OBJECT_STREAMS = 1_000
MAX_UNPACKED = 4 * 1024 * 1024

# Keys and action types that run, launch, send or carry something (ISO 32000-1, 12.6.4, 7.11, 12.7).
_ACTIVE_KEYS = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFiles", "/XFA", "/RichMediaContent", "/RichMediaSettings", "/EF"}
)
_ACTIVE_VALUES = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/RichMedia"}
    | {"/EmbeddedFile", "/FileAttachment", "/Sound", "/Screen", "/3D"}
)
_ACTIVE_RAW = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia\w*|XFA|SubmitForm|ImportData|GoToE)(?![A-Za-z])"
)
_HEX_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_OBJECT_STREAM = re.compile(rb"/ObjStm\b[^\x00]{0,500}?stream\r?\n")
_BEHIND = re.compile(rb"<script|<\?php|<html|PK\x03\x04|MZ|\x7fELF|Rar!", re.IGNORECASE)


def _objects(reader: PdfReader) -> Iterator[PdfObject | None]:
    """Yield all objects, those of compressed object streams too, at most 20,000."""
    numbers = [(number, generation) for generation, entries in reader.xref.items() for number in entries]
    numbers += [(number, 0) for number in reader.xref_objStm]
    if len(numbers) > MAX_OBJECTS:
        raise ValueError("too many objects")
    for number, generation in numbers:
        yield reader.get_object(IndirectObject(number, generation, reader))


def _is_active(found: PdfObject | None, budget: list[int]) -> bool:
    """Look through one object, not into what it refers to: that is an object of its own."""
    pending: list[object] = [found]
    while pending:
        node = pending.pop()
        budget[0] -= 1
        if budget[0] < 0:
            raise ValueError("too many nodes")
        if isinstance(node, DictionaryObject):
            if _ACTIVE_KEYS & node.keys():
                return True
            if any(str(node.raw_get(key)) in _ACTIVE_VALUES for key in ("/S", "/Type", "/Subtype") if key in node):
                return True
            pending += [node.raw_get(key) for key in node]
        elif isinstance(node, ArrayObject):
            pending += list.__iter__(node)
    return False


def list_packed(content: bytes) -> Iterator[bytes]:
    """Unpack the streams of compressed objects, named by the table or not, up to 4 MB each."""
    for hit in islice(_OBJECT_STREAM.finditer(content), MAX_OBJECT_STREAMS):
        try:
            packed = zlib.decompressobj().decompress(content[hit.end() : hit.end() + MAX_UNPACKED], MAX_UNPACKED)
        except zlib.error:
            continue
        yield _HEX_NAME.sub(lambda name: bytes([int(name[1], 16)]), packed)


def _raw_problems(content: bytes) -> list[Problem]:
    problems: list[Problem] = []
    if not content.startswith(b"%PDF-") or zipfile.is_zipfile(io.BytesIO(content)):
        problems.append(Problem.POLYGLOT)
    end = content.rfind(b"%%EOF")
    if end >= 0 and _BEHIND.search(content[end + 5 :]) and Problem.POLYGLOT not in problems:
        problems.append(Problem.POLYGLOT)
    # What the cross-reference table does not name a reader may still find: look at the plain octets too.
    plain = _HEX_NAME.sub(lambda hit: bytes([int(hit[1], 16)]), _STREAM.sub(b"", content))
    if _ACTIVE_RAW.search(plain) or any(_ACTIVE_RAW.search(packed) for packed in list_packed(content)):
        problems.append(Problem.ACTIVE_CONTENT)
    return problems


def inspect_pdf(content: bytes) -> list[Problem]:
    """Find what is wrong with a PDF: a password, scripts, actions, attached files, a second file, damage, size."""
    problems = _raw_problems(content)
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return [*problems, Problem.ENCRYPTED]
        if len(reader.pages) > MAX_PAGES:
            return [*problems, Problem.BOMB]
        budget = [MAX_NODES]
        if Problem.ACTIVE_CONTENT not in problems and any(_is_active(found, budget) for found in _objects(reader)):
            problems.append(Problem.ACTIVE_CONTENT)
        if not len(reader.pages):
            problems.append(Problem.MALFORMED)
    except Exception:  # noqa: BLE001 - the library raises anything on damaged files
        problems.append(Problem.MALFORMED)
    return problems


def _forget(node: PdfObject | None) -> None:
    """Take author, dates and metadata off one object."""
    if not isinstance(node, DictionaryObject):
        return
    for key in ("/Metadata", "/PieceInfo", "/LastModified"):
        node.pop(NameObject(key), None)
    if "/Subtype" in node and "/Rect" in node and node.get("/Subtype") != "/Widget":
        # The name of who commented (12.5.6.2).
        for key in ("/T", "/M", "/CreationDate"):
            node.pop(NameObject(key), None)


def scrub_pdf(content: bytes) -> bytes:
    """Write a sound PDF anew without document information, XMP metadata, comment authors and earlier revisions.

    Raises ``ValueError`` if it cannot be written anew. A digital signature in it does not survive.
    """
    try:
        return _write_anew(PdfReader(io.BytesIO(content), strict=False))
    except Exception as error:
        raise ValueError("the document cannot be written anew") from error


def _write_anew(reader: PdfReader) -> bytes:
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("the document is encrypted")
    writer = PdfWriter()
    writer.clone_document_from_reader(reader)
    writer.metadata = None
    for found in writer._objects:  # noqa: SLF001 - the only way to reach every object
        _forget(found)
    # What nothing refers to any more would be written all the same.
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
