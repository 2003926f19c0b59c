"""One look at an attachment: name, type by content, size, everything that keeps it from passing."""

import re

import puremagic

from shared.attachments import images, names, pdf, word
from shared.attachments.facts import MAX_FILE_OCTETS, AttachmentFacts, Problem

TEXT = "text/plain"
PDF = "application/pdf"
DOC = "application/msword"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
UNKNOWN = "application/octet-stream"

_EXTENSIONS = {
    ".txt": TEXT,
    ".pdf": PDF,
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".png": "image/png",
    ".doc": DOC,
    ".docx": DOCX,
}
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", DOC),
    (b"PK\x03\x04", DOCX),
)
_PDF_WINDOW = 1024
_TEXT_WINDOW = 65_536
# Text of a kind that other programs run or render.
_NOT_PLAIN = re.compile(
    rb"\s*(?:<!doctype|<html|<\?xml|<svg|<script|<\?php|<%|#!|\{\\rtf|%!ps|%pdf-|begin:v|from:.*\n(?:.*\n)*?content-type:)",
    re.IGNORECASE,
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _is_text(content: bytes) -> bool:
    if content.startswith(_BYTE_ORDER_MARKS):
        try:
            content = content.decode("utf-16").encode("utf-8")
        except UnicodeDecodeError:
            return False
    return not _CONTROLS.search(content)


def detect(content: bytes) -> str:
    """Tell a file's media type by its content alone."""
    for signature, media_type in _SIGNATURES:
        if content.startswith(signature):
            return media_type
    # Readers accept a PDF that begins later; whether such a one may pass is another question.
    if b"%PDF-" in content[:_PDF_WINDOW]:
        return PDF
    if content and _is_text(content) and not _NOT_PLAIN.match(content[:_TEXT_WINDOW]):
        return TEXT
    try:
        guesses = puremagic.magic_string(content[:_TEXT_WINDOW])
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    return next((guess.mime_type for guess in guesses if guess.mime_type), UNKNOWN)


def _problems_within(content: bytes, media_type: str) -> list[Problem]:
    if media_type.startswith("image/"):
        return images.inspect_image(content, media_type)
    inspectors = {PDF: pdf.inspect_pdf, DOC: word.inspect_doc, DOCX: word.inspect_docx}
    return inspectors[media_type](content) if media_type in inspectors else []


def _named(name: str, declared: str, media_type: str) -> str:
    """Give a nameless file the name its content earns."""
    name = names.make_safe(name)
    if names.split_name(name)[1]:
        return name
    endings = {kind: ending for ending, kind in reversed(_EXTENSIONS.items())}
    # A text is only called one where its sender did so too: anything can be text.
    if media_type == TEXT and not declared.lower().startswith(TEXT):
        return name
    return name + endings.get(media_type, "")


def inspect(name: str, declared: str, content: bytes) -> AttachmentFacts:
    """Look at a file (R-MAIL-6): .txt, .pdf, .jpg, .jpeg, .gif, .png, .doc, .docx, each under 7 MB, content as named.

    ``name`` is as sent and may be hostile; ``declared`` is the media type the sender claims, believed only where it
    gives a nameless text its name. Never raises; a file over 7 MB is not looked into.
    """
    media_type = detect(content)
    safe = _named(name, declared, media_type)
    expected = _EXTENSIONS.get(names.split_name(safe)[1])
    problems: list[Problem] = []
    if expected is None:
        problems.append(Problem.TYPE_NOT_ALLOWED)
    elif not content:
        problems.append(Problem.EMPTY)
    elif expected != media_type and not (media_type == DOC and expected == DOCX):
        problems.append(Problem.TYPE_MISMATCH)
    if len(content) >= MAX_FILE_OCTETS:
        problems.append(Problem.TOO_LARGE)
    if not problems:
        problems += _problems_within(content, media_type)
        # A .docx that is a compound file is an encrypted package, or no .docx.
        if media_type == DOC and expected == DOCX and problems != [Problem.ENCRYPTED]:
            problems = [Problem.TYPE_MISMATCH]
    return AttachmentFacts(safe, media_type, len(content), tuple(problems))


def scrub(content: bytes, media_type: str) -> bytes:
    """Give a file that may pass without EXIF, GPS and author metadata; ``media_type`` is the one ``inspect`` found.

    Text comes back as it is. Raises ``ValueError`` where a document cannot be rewritten: it should then not pass.
    """
    if media_type in {"image/jpeg", "image/png", "image/gif"}:
        return images.scrub_image(content, media_type)
    scrubbers = {PDF: pdf.scrub_pdf, DOC: word.scrub_doc, DOCX: word.scrub_docx}
    return scrubbers[media_type](content) if media_type in scrubbers else content
