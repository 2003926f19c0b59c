"""Words in documents: where a person's address may stand in them."""

import io
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.annotations import FreeText, Link
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from shared.attachments import inspect, read_texts, scrub
from shared.attachments.inspection import DOC, DOCX, PDF
from tests.shared.attachments import samples

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-6")
ADDRESS = "anna@posta-privata.example"


def pdf_page(text: str, *, compress: bool = False) -> bytes:
    """Return a PDF with one line of text."""
    writer = PdfWriter()
    page = writer.add_blank_page(600, 100)
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font")})
    font.update({NameObject("/Subtype"): NameObject("/Type1"), NameObject("/BaseFont"): NameObject("/Helvetica")})
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})  # noqa: SLF001 - the only way to add a font
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 10 50 Td ({text}) Tj ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode() if compress else stream)  # noqa: SLF001 - see above
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_note(*, link: bool) -> bytes:
    """Return a PDF with a link or a comment."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    if link:
        writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url=f"mailto:{ADDRESS.replace('@', '%40')}"))
    else:
        writer.add_annotation(0, FreeText(text=f"write to {ADDRESS}", rect=(0, 0, 50, 50)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def in_document(body: str) -> bytes:
    return samples.package({"word/document.xml": f"<w:document><w:p>{body}</w:p></w:document>"})


SPREAD = "<w:r><w:t>anna@posta-</w:t></w:r><w:proofErr/><w:r><w:t>privata.example</w:t></w:r>"
RELATIONSHIP = samples.RELATIONSHIPS.format(
    kind="hyperlink", target=f"mailto:{ADDRESS.replace('@', '%40')}", mode="External"
)


@pytest.mark.parametrize(
    ("make", "media_type"),
    [
        (lambda: pdf_page(f"Write to {ADDRESS}"), PDF),
        (lambda: pdf_page(f"Write to {ADDRESS}", compress=True), PDF),
        (lambda: pdf_note(link=True), PDF),
        (lambda: pdf_note(link=False), PDF),
        (lambda: in_document(f"<w:r><w:t>{ADDRESS}</w:t></w:r>"), DOCX),
        (lambda: in_document(SPREAD), DOCX),
        (lambda: samples.package({"word/_rels/document.xml.rels": RELATIONSHIP}), DOCX),
        (lambda: samples.package({"word/footer1.xml": f"<w:ftr><w:t>{ADDRESS}</w:t></w:ftr>"}), DOCX),
        (lambda: samples.package({"customXml/item1.xml": f"<a b='1'>{ADDRESS}</a>"}), DOCX),
        (lambda: samples.doc({"1Table": b"\0\1" + ADDRESS.encode("utf-16-le")}), DOC),
        (lambda: samples.doc({"1Table": b"\0" + ADDRESS.encode("utf-16-le")}), DOC),
        (lambda: samples.doc({"Data": ADDRESS.encode("cp1252")}), DOC),
    ],
)
def test_an_address_is_read_wherever_it_stands(make: Callable[[], bytes], media_type: str) -> None:
    content = make()
    assert not inspect({PDF: "a.pdf", DOC: "a.doc", DOCX: "a.docx"}[media_type], media_type, content).problems
    assert ADDRESS in read_texts(scrub(content, media_type), media_type)


MUCH = 4_200_000


@pytest.mark.parametrize(
    ("make", "media_type"),
    [
        (lambda: pdf_page(f"Write to {ADDRESS}", compress=True) + b"\n%" + b"x" * MUCH, PDF),
        (lambda: b"%PDF-1.4\n%" + b"x" * MUCH + b"\n%" + ADDRESS.encode(), PDF),
        (lambda: samples.doc() + b"x" * MUCH + ADDRESS.encode("utf-16-le"), DOC),
        (lambda: samples.doc() + b"x" * (MUCH + 1) + ADDRESS.encode("utf-16-le"), DOC),
        (lambda: samples.doc() + b"x" * MUCH + ADDRESS.encode("cp1252"), DOC),
    ],
)
def test_a_large_file_is_read_in_every_way_to_its_end(make: Callable[[], bytes], media_type: str) -> None:
    assert ADDRESS in read_texts(make(), media_type)


def test_of_an_author_that_is_taken_out_nothing_is_read() -> None:
    for content, media_type in ((samples.pdf(), PDF), (samples.package(), DOCX), (samples.doc(), DOC)):
        assert samples.PERSON not in read_texts(scrub(content, media_type), media_type)


@given(st.binary(max_size=300), st.sampled_from([PDF, DOC, DOCX, "image/png", "text/plain"]))
def test_damage_gives_less_and_never_an_error(content: bytes, media_type: str) -> None:
    assert isinstance(read_texts(content, media_type), str)


def test_much_text_is_cut_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.attachments.texts.MAX_SECONDS", 0.5)
    monkeypatch.setattr("shared.attachments.texts.MAX_CHARACTERS", 100_000)
    writer = PdfWriter()
    single = io.BytesIO(pdf_page("x" * 5000, compress=True))
    for _ in range(300):
        writer.append(single)
    out = io.BytesIO()
    writer.write(out)
    started = time.monotonic()
    content = out.getvalue()
    assert len(read_texts(content, PDF)) <= len(content) + 100_000 + 1000
    assert time.monotonic() - started < 5
