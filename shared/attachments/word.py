"""Word documents, .docx packages and .doc compound files: macros, active content, and the author taken out."""

import html
import io
import re
import zipfile
from xml.etree import ElementTree as ET

import olefile  # type: ignore[import-untyped] # the library ships no types

from shared.attachments import images
from shared.attachments.facts import Problem

MAX_ENTRIES = 2_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 200
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_ACTIVE_ENTRY = re.compile(
    r"(?:^|/)(?:activex|ctrlprops|customui)/|embeddings/(?!.*\.(?:xlsx|docx|pptx)$)|\.(?:exe|dll|js|vbs|bat|cmd|ps1|scr|com|hta|jar|lnk)$",
    re.IGNORECASE,
)
_MACRO_ENTRY = re.compile(r"vba(?:project|data)", re.IGNORECASE)
_INSTRUCTION = re.compile(r"<w:instrText[^>]*>([^<]*)</w:instrText>|<w:fldSimple[^>]*w:instr=\"([^\"]*)\"")
_COMMAND = re.compile(r"\b(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE\s+\"?https?|MACROBUTTON)\b", re.IGNORECASE)
_PERSON = re.compile(rb'((?:\w+:)?(?:author|initials|userId|providerId))="[^"]*"')
_PERSON_PARTS = re.compile(r"^word/[^/]+\.xml$")
_IMAGES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EMPTY_PROPERTIES = {
    "docprops/core.xml": _DECLARATION
    + b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docprops/app.xml": _DECLARATION
    + b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docprops/custom.xml": _DECLARATION
    + b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
}
# Compound file streams that hold the properties (MS-OLEPS), and an empty property set to put there.
_PROPERTY_STREAMS = ("\x05SummaryInformation", "\x05DocumentSummaryInformation")
_EMPTY_SET = (
    b"\xfe\xff\x00\x00\x00\x00\x00\x00" + b"\0" * 16 + b"\x01\x00\x00\x00"
    b"\xe0\x85\x9f\xf2\xf9\x4f\x68\x10\xab\x91\x08\x00\x2b\x27\xb3\xd9\x30\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"
)


class _Refused(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def _open_package(content: bytes) -> zipfile.ZipFile:
    package = zipfile.ZipFile(io.BytesIO(content))
    entries = package.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise _Refused(Problem.BOMB)
    if any(entry.file_size > MAX_RATIO * max(entry.compress_size, 1024) for entry in entries):
        raise _Refused(Problem.BOMB)
    if any(entry.flag_bits & 1 for entry in entries):
        raise _Refused(Problem.ENCRYPTED)
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) != len(names) or any(".." in name.split("/") or "\\" in name for name in names):
        raise _Refused(Problem.MALFORMED)
    if not content.startswith(b"PK\x03\x04") or min(entry.header_offset for entry in entries) or package.comment:
        raise _Refused(Problem.POLYGLOT)
    return package


def _read(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # The directory's size is a claim: never read more than it says.
    with package.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) > entry.file_size:
        raise _Refused(Problem.BOMB)
    return content


def _read_xml(content: bytes) -> ET.Element:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\0" in content:
        raise _Refused(Problem.MALFORMED)
    return ET.fromstring(content)  # noqa: S314 - document types, which could harm, are refused above


def _check_relationships(content: bytes) -> None:
    for relationship in _read_xml(content).iter(_RELATIONSHIP):
        is_link = relationship.get("Type", "").endswith("/hyperlink")
        if relationship.get("TargetMode", "").lower() == "external" and not is_link:
            raise _Refused(Problem.ACTIVE_CONTENT)


def _check_entry(name: str, content: bytes) -> None:
    lower = name.lower()
    if _MACRO_ENTRY.search(lower):
        raise _Refused(Problem.MACRO)
    if _ACTIVE_ENTRY.search(lower):
        raise _Refused(Problem.ACTIVE_CONTENT)
    if "/embeddings/" in lower and (b"vbaProject" in content or not content.startswith(b"PK\x03\x04")):
        raise _Refused(Problem.ACTIVE_CONTENT)
    if lower.endswith(".rels"):
        _check_relationships(content)
    if lower == "[content_types].xml":
        _check_types(content)
    elif lower.startswith("word/") and lower.endswith(".xml"):
        _check_fields(content)


def _check_types(content: bytes) -> None:
    types = {node.get("ContentType", "") for node in _read_xml(content)}
    if any("macroEnabled" in kind for kind in types):
        raise _Refused(Problem.MACRO)
    if _DOCUMENT_TYPE not in types:
        raise _Refused(Problem.TYPE_MISMATCH)


def _check_fields(content: bytes) -> None:
    if b"<!DOCTYPE" in content or b"\0" in content:
        raise _Refused(Problem.MALFORMED)
    found = _INSTRUCTION.findall(content.decode("utf-8", "replace"))
    instructions = "".join(simple or spread for spread, simple in found)
    if _COMMAND.search(html.unescape(instructions)):
        raise _Refused(Problem.ACTIVE_CONTENT)


def inspect_docx(content: bytes) -> list[Problem]:
    """Find what is wrong with a .docx package: macros, programs, content loaded from outside, bombs, damage."""
    try:
        with _open_package(content) as package:
            names = {entry.filename.lower() for entry in package.infolist()}
            if not {"[content_types].xml", "word/document.xml"} <= names:
                return [Problem.TYPE_MISMATCH]
            for entry in package.infolist():
                _check_entry(entry.filename, _read(package, entry))
    except _Refused as refused:
        return [refused.problem]
    except (zipfile.BadZipFile, ET.ParseError, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        return [Problem.MALFORMED]
    except Exception:  # noqa: BLE001 - zlib and lzma have error types of their own
        return [Problem.MALFORMED]
    return []


def _scrub_entry(name: str, content: bytes) -> bytes:
    lower = name.lower()
    if lower in _EMPTY_PROPERTIES:
        return _EMPTY_PROPERTIES[lower]
    if _PERSON_PARTS.match(lower):
        return _PERSON.sub(rb'\1=""', content)
    media_type = next((kind for ending, kind in _IMAGES.items() if lower.endswith(ending)), None)
    if media_type and not images.inspect_image(content, media_type):
        return images.scrub_image(content, media_type)
    return content


def scrub_docx(content: bytes) -> bytes:
    """Write a sound package anew: properties empty, no authors of comments and changes, pictures scrubbed, no dates."""
    out = io.BytesIO()
    with _open_package(content) as package, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fresh:
        for entry in package.infolist():
            plain = zipfile.ZipInfo(entry.filename)
            plain.compress_type = zipfile.ZIP_DEFLATED
            fresh.writestr(plain, _scrub_entry(entry.filename, _read(package, entry)))
    return out.getvalue()


def _judge_paths(paths: list[str]) -> Problem | None:
    steps = {step for path in paths for step in path.split("/")}
    if {"encryptedpackage", "encryptioninfo"} & steps:
        return Problem.ENCRYPTED
    if "worddocument" not in paths:
        return Problem.TYPE_MISMATCH
    if {"macros", "vba", "_vba_project", "_vba_project_cur"} & steps:
        return Problem.MACRO
    if any(step.endswith("ole10native") or step in {"package", "\x03objinfo"} for step in steps):
        return Problem.ACTIVE_CONTENT
    return None


def inspect_doc(content: bytes) -> list[Problem]:
    """Find what is wrong with a .doc compound file: not Word, macros, embedded objects, a password, damage."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as document:
            problem = _judge_paths(["/".join(path).lower() for path in document.listdir(storages=True)])
            if problem:
                return [problem]
            start = document.openstream("WordDocument").read(12)
    except Exception:  # noqa: BLE001 - the library raises anything on damaged files
        return [Problem.MALFORMED]
    if start[:2] not in {b"\xec\xa5", b"\xdc\xa5"}:
        return [Problem.MALFORMED]
    # The bit fEncrypted of the file information block (MS-DOC 2.5.2).
    return [Problem.ENCRYPTED] if start[11] & 1 else []


class _Unextendable(io.BytesIO):
    """A file that is changed in place only: a sector number far behind its end would fill the memory."""

    def write(self, content: bytes, /) -> int:  # type: ignore[override]  # olefile writes nothing else
        if self.tell() + len(content) > len(self.getbuffer()):
            raise ValueError("written behind the end")
        return super().write(content)


def scrub_doc(content: bytes) -> bytes:
    """Empty the property sets (author, company, last editor, dates) of a sound .doc file, in place.

    What Word keeps inside its own tables (names of who made tracked changes and comments, and who saved where) stays:
    those tables cannot be changed without rewriting the document. `texts` reads them, so that an address in one can be
    found; a name stays. Raises ``ValueError`` if the file cannot be changed.
    """
    file = _Unextendable(content)
    try:
        with olefile.OleFileIO(file, write_mode=True) as document:
            for name in _PROPERTY_STREAMS:
                if document.exists(name):
                    size = document.get_size(name)
                    document.write_stream(name, _EMPTY_SET[:size].ljust(size, b"\0"))
            return file.getvalue()
    except Exception as error:
        raise ValueError("the document cannot be changed") from error
