import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.attachments import MAX_FILE_OCTETS, AttachmentFacts, Problem, explain, inspect, scrub
from shared.attachments.inspection import DOC, PDF
from tests.shared.attachments import samples

pytestmark = pytest.mark.req("R-MAIL-6")

SOUND = {
    "a.txt": (b"Hello", "text/plain"),
    "umlaut.txt": ("Grüße".encode("cp1252"), "text/plain"),
    "wide.txt": ("Grüße".encode("utf-16"), "text/plain"),
    "japanese.txt": ("ご注文".encode("iso2022_jp"), "text/plain"),
    "a.pdf": (samples.pdf(), "application/pdf"),
    "A.jpg": (samples.jpeg(), "image/jpeg"),
    "a.jpeg": (samples.jpeg(), "image/jpeg"),
    "a.gif": (samples.gif(), "image/gif"),
    "a.png": (samples.png(), "image/png"),
    "a.docx": (samples.package(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "a.doc": (samples.doc(), "application/msword"),
}


@pytest.mark.parametrize("name", SOUND)
def test_every_allowed_type_passes_and_comes_out_sound(name: str) -> None:
    content, media_type = SOUND[name]
    facts = inspect(name, "application/octet-stream", content)
    assert facts == AttachmentFacts(name, media_type, len(content))
    assert facts.may_pass
    assert explain(facts) is None
    again = scrub(content, media_type)
    assert inspect(name, "", again).problems == ()
    assert samples.PERSON.encode() not in again
    assert samples.AUTHOR.encode("utf-16-le") not in again


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("other", SOUND)
def test_a_file_passes_only_under_its_own_name(name: str, other: str) -> None:
    content, media_type = SOUND[name]
    problems = inspect(other, media_type, content).problems
    assert problems == (() if SOUND[other][1] == media_type else (Problem.TYPE_MISMATCH,))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.exe", b"MZ\x90\0", Problem.TYPE_NOT_ALLOWED),
        ("a.pdf.exe", b"MZ\x90\0", Problem.TYPE_NOT_ALLOWED),
        ("a.txt\u202e", b"MZ\x90\0", Problem.TYPE_MISMATCH),
        ("a\u202etxt.exe", b"MZ\x90\0", Problem.TYPE_NOT_ALLOWED),
        ("a.txt", b"MZ\x90\0\x03", Problem.TYPE_MISMATCH),
        ("a.txt", b"\x7fELF\x02\x01", Problem.TYPE_MISMATCH),
        ("a.txt", b"#!/bin/sh\nrm -rf /", Problem.TYPE_MISMATCH),
        ("a.txt", b"<html><script>1</script>", Problem.TYPE_MISMATCH),
        ("a.txt", b"  <!DOCTYPE html>", Problem.TYPE_MISMATCH),
        ("a.txt", b"{\\rtf1}", Problem.TYPE_MISMATCH),
        ("a.doc", b"{\\rtf1}", Problem.TYPE_MISMATCH),
        ("a.doc", b"<html>", Problem.TYPE_MISMATCH),
        ("a.pdf", samples.package(), Problem.TYPE_MISMATCH),
        ("a.docx", b"PK\x03\x04 but no package", Problem.MALFORMED),
        ("a.docx", samples.package({"word/document.xml": b""}), Problem.TYPE_MISMATCH),
        ("a.docm", samples.package(), Problem.TYPE_NOT_ALLOWED),
        ("a.zip", samples.package(), Problem.TYPE_NOT_ALLOWED),
        ("a.svg", b"<svg/>", Problem.TYPE_NOT_ALLOWED),
        ("a.html", b"<html>", Problem.TYPE_NOT_ALLOWED),
        ("a.eml", b"From: x", Problem.TYPE_NOT_ALLOWED),
        ("a.lnk", b"L\0\0\0", Problem.TYPE_NOT_ALLOWED),
        ("noextension", b"MZ\x90\0", Problem.TYPE_NOT_ALLOWED),
        ("a.txt", b"", Problem.EMPTY),
        ("a.pdf", b"", Problem.EMPTY),
        ("a.txt", b"x" * MAX_FILE_OCTETS, Problem.TOO_LARGE),
    ],
)
def test_what_may_not_pass(name: str, content: bytes, problem: Problem) -> None:
    facts = inspect(name, "text/plain", content)
    assert facts.problems == (problem,)
    sentence = explain(facts)
    assert sentence is not None
    assert facts.name in sentence
    assert sentence.endswith(".")


def test_just_under_the_limit_passes() -> None:
    assert inspect("a.txt", "", b"x" * (MAX_FILE_OCTETS - 1)).may_pass


@pytest.mark.parametrize(
    ("name", "declared", "content", "named"),
    [
        ("", "image/png", samples.png(), "attachment.png"),
        ("image001", "", samples.jpeg(), "image001.jpg"),
        ("notes", "text/plain", b"x", "notes.txt"),
        ("notes", "application/x-sh", b"x", "notes"),
    ],
)
def test_a_nameless_file_is_named_by_its_content(name: str, declared: str, content: bytes, named: str) -> None:
    assert inspect(name, declared, content).name == named


@given(
    st.text(max_size=60),
    st.binary(max_size=200),
    st.sampled_from([content for content, _ in SOUND.values()]),
    st.integers(0, 400),
)
def test_any_file_is_judged_without_error(name: str, noise: bytes, sound: bytes, cut: int) -> None:
    for content in (
        noise,
        sound[:cut] + noise,
        sound[: len(sound) - cut] + noise,
        sound[:cut] + noise + sound[cut + len(noise) :],
    ):
        for ending in (".pdf", ".docx", ".doc", ".png", ".jpg", ".gif", ".txt"):
            facts = inspect(name + ending, "", content)
            assert facts.size == len(content)
            if facts.may_pass:
                try:
                    scrub(content, facts.media_type)
                except ValueError:
                    assert facts.media_type in {PDF, DOC}
