import io
import logging
import zlib

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

from shared.attachments import Problem, pdf
from tests.shared.attachments import samples
from tests.shared.attachments.test_images import archive

pytestmark = pytest.mark.req("R-MAIL-6")


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def document() -> PdfWriter:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    return writer


def with_script() -> bytes:
    writer = document()
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    )
    writer._root_object[NameObject("/OpenAction")] = action  # noqa: SLF001 - no public way in
    return written(writer)


def with_file() -> bytes:
    writer = document()
    writer.add_attachment("a.exe", b"MZ")
    return written(writer)


def encrypted(password: str) -> bytes:
    writer = document()
    writer.encrypt(password, "owner", algorithm="AES-256")
    return written(writer)


@pytest.mark.parametrize(
    "content",
    [
        with_script(),
        with_file(),
        samples.pdf(b"9 0 obj\n<</S/Launch/F(cmd.exe)>>\nendobj\n"),
        samples.pdf(b"9 0 obj\n<</S/J#61vaScript/J#53(app.alert)>>\nendobj\n"),
        samples.pdf(b"9 0 obj\n<</S/SubmitForm/F(http://x)>>\nendobj\n"),
        samples.pdf(b"9 0 obj\n<</XFA(x)>>\nendobj\n"),
        samples.pdf(b"9 0 obj\n<</Subtype/RichMedia>>\nendobj\n"),
    ],
)
def test_what_acts_by_itself_is_seen(content: bytes) -> None:
    assert pdf.inspect_pdf(content) == [Problem.ACTIVE_CONTENT]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (encrypted("secret"), Problem.ENCRYPTED),
        (b"junk\n" + samples.pdf(), Problem.POLYGLOT),
        (samples.pdf() + archive(), Problem.POLYGLOT),
        (samples.pdf() + b"<script>1</script>", Problem.POLYGLOT),
        (b"%PDF-1.4\nnothing more", Problem.MALFORMED),
        (b"%PDF-", Problem.MALFORMED),
    ],
)
def test_what_cannot_be_trusted_is_seen(content: bytes, problem: Problem) -> None:
    assert problem in pdf.inspect_pdf(content)


def test_a_document_that_opens_without_a_password_is_judged_and_freed() -> None:
    content = encrypted("")
    assert pdf.inspect_pdf(content) == []
    assert not PdfReader(io.BytesIO(pdf.scrub_pdf(content))).is_encrypted


def test_a_script_inside_a_compressed_object_is_seen() -> None:
    inner = b"5 0 << /S /JavaScript /JS (app.alert) >>"
    packed = zlib.compress(inner)
    content = samples.pdf(
        b"4 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%b\nendstream\nendobj\n"
        % (len(packed), packed)
    )
    assert b"JavaScript" not in content
    assert Problem.ACTIVE_CONTENT in pdf.inspect_pdf(content)


def test_author_metadata_and_names_of_commentators_are_gone() -> None:
    writer = document()
    writer.add_metadata({"/Author": samples.PERSON})
    note = FreeText(text="kept note", rect=(0, 0, 50, 50))
    note[NameObject("/T")] = TextStringObject(samples.PERSON)
    writer.add_annotation(0, note)
    stream = DecodedStreamObject()
    stream.set_data(samples.PERSON.encode())
    writer._root_object[NameObject("/Metadata")] = writer._add_object(stream)  # noqa: SLF001 - no public way in
    before = written(writer)
    assert before.count(samples.PERSON.encode()) >= 3
    after = pdf.scrub_pdf(before)
    assert samples.PERSON.encode() not in after
    assert b"kept note" in after
    assert len(PdfReader(io.BytesIO(after)).pages) == 1


@pytest.mark.parametrize("content", [b"%PDF-1.4 broken", encrypted("secret")])
def test_what_cannot_be_written_anew_is_an_error_of_value(content: bytes) -> None:
    with pytest.raises(ValueError, match="the document cannot be written anew"):
        pdf.scrub_pdf(content)


@pytest.mark.req("R-ALIAS-6")
def test_what_stands_in_a_document_is_not_logged() -> None:
    """Where nobody else handles it, Python writes a library's warning to standard error."""
    said: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]  # the shortest listener
    root = logging.getLogger()
    root.addHandler(listener)
    try:
        pdf.inspect_pdf(samples.pdf().replace(b"/Author", b"Author "))
        logging.getLogger("pypdf._reader").warning(samples.AUTHOR)
        logging.getLogger("another").warning("heard")
    finally:
        root.removeHandler(listener)
    assert said == ["heard"]
