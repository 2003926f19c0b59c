import io
import zipfile
from xml.sax.saxutils import quoteattr

import olefile  # type: ignore[import-untyped] # the library ships no types
import pytest

from shared.attachments import Problem, inspect, word
from tests.shared.attachments import samples

pytestmark = pytest.mark.req("R-MAIL-6")

MACRO_KIND = ".macroEnabled"


def field(*instructions: str) -> str:
    return "<w:document>" + "".join(f"<w:instrText>{it}</w:instrText>" for it in instructions) + "</w:document>"


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({"word/vbaProject.bin": b"x"}, Problem.MACRO),
        ({"word/VBADATA.xml": b"x"}, Problem.MACRO),
        ({"word/activeX/activeX1.bin": b"x"}, Problem.ACTIVE_CONTENT),
        ({"word/embeddings/oleObject1.bin": b"x"}, Problem.ACTIVE_CONTENT),
        ({"word/embeddings/book.xlsx": b"MZ"}, Problem.ACTIVE_CONTENT),
        ({"word/media/run.exe": b"MZ"}, Problem.ACTIVE_CONTENT),
        ({"word/document.xml": field("DDEAUTO c:\\\\cmd.exe")}, Problem.ACTIVE_CONTENT),
        ({"word/document.xml": field("DD", "EAUTO ", "cmd")}, Problem.ACTIVE_CONTENT),
        ({"word/document.xml": field("&#68;DE cmd")}, Problem.ACTIVE_CONTENT),
        (
            {
                "word/_rels/settings.xml.rels": samples.RELATIONSHIPS.format(
                    kind="attachedTemplate", target="https://x", mode="External"
                )
            },
            Problem.ACTIVE_CONTENT,
        ),
        (
            {
                "word/_rels/document.xml.rels": samples.RELATIONSHIPS.format(
                    kind="image", target="https://x/p.png", mode="&#69;xternal"
                )
            },
            Problem.ACTIVE_CONTENT,
        ),
        ({"word/_rels/document.xml.rels": '<!DOCTYPE x [<!ENTITY a "b">]><x/>'}, Problem.MALFORMED),
        ({"word/document.xml": "<!DOCTYPE x><x/>"}, Problem.MALFORMED),
        ({"word/../../evil.xml": "x"}, Problem.MALFORMED),
        ({"word/huge.xml": b"\0" * 30_000_000}, Problem.BOMB),
        ({f"word/{number}.xml": "x" for number in range(2_100)}, Problem.BOMB),
        ({"[Content_Types].xml": samples.CONTENT_TYPES.format(kind=MACRO_KIND)}, Problem.MACRO),
        ({"[Content_Types].xml": samples.CONTENT_TYPES.format(kind=".nonsense")}, Problem.TYPE_MISMATCH),
        ({"[Content_Types].xml": "<broken"}, Problem.MALFORMED),
    ],
)
def test_packages_that_may_not_pass(entries: dict[str, bytes | str], problem: Problem) -> None:
    assert word.inspect_docx(samples.package(entries)) == [problem]


def test_links_and_pictures_may_pass() -> None:
    link = samples.RELATIONSHIPS.format(kind="hyperlink", target="https://shop.example", mode="External")
    content = samples.package(
        {
            "word/_rels/document.xml.rels": link,
            "word/media/a.jpg": samples.jpeg(),
            "word/document.xml": field("PAGE", "DDEnot"),
        }
    )
    assert word.inspect_docx(content) == []


@pytest.mark.parametrize("spoil", [lambda it: b"MZ" + it, lambda it: b"%PDF-1.4\n" + it])
def test_a_package_behind_something_else_is_no_package(spoil: object) -> None:
    assert callable(spoil)
    assert word.inspect_docx(spoil(samples.package())) == [Problem.POLYGLOT]


def test_a_package_with_a_comment_hides_something() -> None:
    assert word.inspect_docx(samples.package(comment=b"%PDF-1.4")) == [Problem.POLYGLOT]


def test_an_encrypted_entry_is_seen() -> None:
    content = bytearray(samples.package())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    assert word.inspect_docx(bytes(content)) == [Problem.ENCRYPTED]


def test_an_entry_that_lies_about_its_size_is_seen() -> None:
    content = bytearray(samples.package({"word/zeros.xml": b"0" * 100_000}))
    place = content.rindex(b"PK\x01\x02", 0, content.index(b"word/zeros.xml", content.index(b"PK\x01\x02")))
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    assert word.inspect_docx(bytes(content)) in ([Problem.BOMB], [Problem.MALFORMED])


def test_properties_authors_and_places_of_pictures_are_gone() -> None:
    people = f"<w15:people><w15:person w15:author={quoteattr(samples.AUTHOR)}/></w15:people>"
    before = samples.package(
        {"word/people.xml": people, "word/media/a.jpg": samples.jpeg(), "docProps/custom.xml": samples.AUTHOR}
    )
    with zipfile.ZipFile(io.BytesIO(word.scrub_docx(before))) as after:
        everything = b"".join(after.read(name) for name in after.namelist())
        assert b"<w:t>Text</w:t>" in after.read("word/document.xml")
        assert {entry.date_time for entry in after.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert samples.AUTHOR.encode() not in everything
    assert word.inspect_docx(word.scrub_docx(before)) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (samples.doc({"Macros/": b""}), Problem.MACRO),
        (samples.doc({"_VBA_PROJECT": b""}), Problem.MACRO),
        (samples.doc({"\x01Ole10Native": b""}), Problem.ACTIVE_CONTENT),
        (samples.doc(flags=0x0100), Problem.ENCRYPTED),
        (samples.compound({"EncryptedPackage": b"", "EncryptionInfo": b""}), Problem.ENCRYPTED),
        (samples.compound({"Workbook": b""}), Problem.TYPE_MISMATCH),
        (samples.compound({"WordDocument": b"nonsense"}), Problem.MALFORMED),
        (samples.doc()[:700], Problem.MALFORMED),
    ],
)
def test_compound_files_that_may_not_pass(content: bytes, problem: Problem) -> None:
    assert word.inspect_doc(content) == [problem]


def test_an_encrypted_package_is_named_so_under_either_name() -> None:
    content = samples.compound({"EncryptedPackage": b"", "EncryptionInfo": b""})
    assert inspect("a.docx", "", content).problems == (Problem.ENCRYPTED,)
    assert inspect("a.doc", "", content).problems == (Problem.ENCRYPTED,)


def test_the_property_sets_of_a_doc_are_emptied_and_readable() -> None:
    after = word.scrub_doc(samples.doc())
    with olefile.OleFileIO(io.BytesIO(after)) as document:
        assert document.get_metadata().author is None
        assert document.openstream("WordDocument").read(2) == b"\xec\xa5"


def test_a_doc_that_cannot_be_changed_is_an_error_of_value() -> None:
    with pytest.raises(ValueError, match="the document cannot be changed"):
        word.scrub_doc(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken")


def test_a_sector_far_behind_the_end_is_no_reason_to_write_there() -> None:
    """Two octets of the table of sectors changed made 14 KB grow to as many GB as the memory had."""
    spoilt = bytearray(samples.doc())
    spoilt[605:607] = b"\xff\x02"
    assert word.inspect_doc(bytes(spoilt)) == []
    with pytest.raises(ValueError, match="cannot be changed"):
        word.scrub_doc(bytes(spoilt))
