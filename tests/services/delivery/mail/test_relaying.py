import base64
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.delivery.mail.parsing import parse
from services.delivery.mail.refusal import Refusal
from tests.services.delivery.mail import samples
from tests.shared.attachments import samples as files

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-5", "R-MAIL-6")


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2, 2)).save(out, "PNG")
    return out.getvalue()


def test_a_reply_comes_out_with_new_and_quoted_text() -> None:
    content, octets = samples.relay(
        samples.mail(
            "Subject: Re: Order", body=f"Thanks\n\nOn 5 Jan 2024, at 1:00, Anna <{samples.REAL}> wrote:\n> hello"
        )
    )
    assert content.new_text == "Thanks"
    assert content.quoted_text == f"On 5 Jan 2024, at 1:00, Anna <{samples.ALIAS}> wrote:\n> hello"
    assert parse(octets).text == content.text


def test_html_is_sanitised_rewritten_and_parted() -> None:
    content, _ = samples.relay(
        samples.mail(
            "Content-Type: text/html",
            body=f'<p>Hi <img src="https://t.example/x.gif"></p><div class="gmail_quote">{samples.REAL}</div>',
        )
    )
    assert content.html == f'<p>Hi </p><div class="quoted">{samples.ALIAS}</div>'
    assert content.new_html == "<p>Hi </p>"
    assert content.quoted_html == f'<div class="quoted">{samples.ALIAS}</div>'


def test_an_inline_picture_stays_in_its_place() -> None:
    raw = samples.multipart(
        ("Content-Type: text/html", '<img src="cid:1@secret.example">'),
        (
            "Content-Type: image/png\nContent-ID: <1@secret.example>\nContent-Transfer-Encoding: base64",
            base64.encodebytes(png()),
        ),
        subtype="related",
    )
    content, octets = samples.relay(raw)
    assert [part.name for part in content.inline_images] == ["attachment.png"]
    assert content.html == '<img src="cid:image1">'
    assert content.inline_images[0].content_id == "image1"
    assert b"secret" not in octets
    again = parse(octets)
    assert len(again.inline_images) == 1
    assert not again.attachments


@pytest.mark.parametrize(
    ("header", "content", "reason", "code"),
    [
        ('Content-Type: application/x-msdownload; name="a.exe"', b"MZ\x90", "attachment_type_not_allowed", "5.7.1"),
        ('Content-Type: application/pdf; name="a.pdf"', b"MZ\x90", "attachment_type_mismatch", "5.7.1"),
        ('Content-Type: application/pdf; name="a.pdf"', b"%PDF-1.4\nbroken", "attachment_malformed", "5.7.1"),
        ('Content-Type: text/plain; name="a.txt"', b"x" * (7 * 1024 * 1024), "attachment_too_large", "5.3.4"),
    ],
)
def test_a_bad_attachment_is_refused_by_name(header: str, content: bytes, reason: str, code: str) -> None:
    raw = samples.multipart(("Content-Type: text/plain", "hi"), (f"{header}\nContent-Disposition: attachment", content))
    with pytest.raises(Refusal) as refused:
        samples.relay(raw)
    assert (refused.value.reason, refused.value.code) == (reason, code)
    assert '"a.' in refused.value.sentence


def test_a_refusal_never_tells_the_address_in_a_file_name() -> None:
    raw = samples.multipart((f'Content-Type: x/y; name="{samples.REAL}.exe"\nContent-Disposition: attachment', b"MZ"))
    with pytest.raises(Refusal) as refused:
        samples.relay(raw)
    assert samples.REAL not in refused.value.reply


_HEADERS = [
    "Content-Type: text/plain; charset=utf-7",
    "Content-Type: text/html",
    "Content-Type: text/plain; format=flowed; delsp=yes",
    "Content-Type: image/png; name=a.png\nContent-ID: <i@x>",
    "Content-Type: text/plain; name=b.txt\nContent-Disposition: attachment",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: quoted-printable",
    "Content-Type: multipart/alternative; boundary=b1",
]
_BODIES = [
    "plain",
    "<p>rich <img src='cid:i@x'>",
    "=C3=A9=",
    "R3LDvMOfZQ==",
    samples.REAL,
    "> quoted\n\nnew",
    "begin 644 c.txt\n#86)C\n`\nend\n",
    "--b1\nContent-Type: text/html\n\n<b>x",
    "\U0001f600 \u200b \ufeff \x00 \x85",
    "",
]


@given(
    st.lists(st.tuples(st.sampled_from(_HEADERS), st.sampled_from(_BODIES) | st.text(max_size=20)), max_size=5),
    st.sampled_from(["mixed", "alternative", "related", "digest", "parallel"]),
    st.text(max_size=30),
)
def test_any_mail_is_relayed_clean_or_refused(parts: list[tuple[str, str]], subtype: str, subject: str) -> None:
    raw = samples.multipart(
        *parts, subtype=subtype, fields=("Subject: " + subject.encode("utf-8", "replace").decode(),)
    )
    try:
        content, octets = samples.relay(raw)
    except Refusal as refused:
        assert refused.sentence.endswith(".")  # noqa: PT017 - a mail that is relayed is as good
        return
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", octets)
    assert samples.REAL.encode() not in octets
    assert parse(octets).text.split() == content.text.split()


def test_a_message_over_ten_megabytes_is_refused() -> None:
    file = ('Content-Type: text/plain; name="{}.txt"\nContent-Disposition: attachment', b"x" * 6_000_000)
    raw = samples.multipart(*[(file[0].format(number), file[1]) for number in range(2)])
    with pytest.raises(Refusal) as refused:
        samples.relay(raw)
    assert refused.value.reason == "too_large"


def attached(name: str, content: bytes) -> bytes:
    disposition = f'Content-Disposition: attachment; filename="{name}"'
    header = f"Content-Type: application/octet-stream\n{disposition}\nContent-Transfer-Encoding: base64"
    return samples.multipart(("Content-Type: text/plain", "See the attachment."), (header, base64.encodebytes(content)))


@pytest.mark.parametrize(
    "written",
    [
        samples.REAL,
        samples.REAL.upper(),
        samples.REAL.replace("@", "</w:t></w:r><w:r><w:t>@"),
        samples.REAL.replace("@", " [at] "),
    ],
)
def test_a_document_with_the_writer_s_address_is_refused_by_name(written: str) -> None:
    body = f"<w:document><w:p><w:r><w:t>Write to {written}.</w:t></w:r></w:p></w:document>"
    with pytest.raises(Refusal) as refused:
        samples.relay(attached("offer.docx", files.package({"word/document.xml": body})))
    assert refused.value.reason == "attachment_address"
    assert '"offer.docx"' in refused.value.reply
    assert "your e-mail address" in refused.value.reply
    assert samples.REAL not in refused.value.reply


def test_who_saved_an_old_document_is_found_in_its_tables() -> None:
    with pytest.raises(Refusal) as refused:
        samples.relay(attached("offer.doc", files.doc({"1Table": samples.REAL.encode("utf-16-le")})))
    assert '"offer.doc"' in refused.value.reply


def test_a_document_with_another_s_address_passes() -> None:
    """What a stranger's address may do in a document is not for the relay to say."""
    local, _, domain = samples.REAL.partition("@")
    for other in (f"x{samples.REAL}", f"{local}@other.example", f"{local}@{domain}.au", local):
        body = f"<w:document><w:p><w:r><w:t>{other}</w:t></w:r></w:p></w:document>"
        content, _ = samples.relay(attached("offer.docx", files.package({"word/document.xml": body})))
        assert [part.name for part in content.attachments] == ["offer.docx"]
