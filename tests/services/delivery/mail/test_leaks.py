"""A real address planted in every place of a mail and in every coding: nothing of it is left on the other side."""

import base64
import binascii
import io
import quopri
from collections.abc import Callable
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.delivery.mail import disguise, parsing
from services.delivery.mail.refusal import Refusal
from tests.services.delivery.mail import samples
from tests.services.delivery.mail.samples import REAL

pytestmark = pytest.mark.req("R-MAIL-1", "R-ALIAS-3")

LOCAL, DOMAIN = REAL.split("@")
HOST = "mx7.posta-privata.example"

DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda it: it,
    "upper case": str.upper,
    "mixed case": str.title,
    "decimal entity": lambda it: it.replace("@", "&#64;"),
    "hexadecimal entity": lambda it: it.replace("@", "&#x40;"),
    "named entities": lambda it: it.replace("@", "&commat;").replace(".", "&period;"),
    "every letter an entity": lambda it: "".join(f"&#{ord(letter)};" for letter in it),
    "double entity": lambda it: it.replace("@", "&amp;#64;"),
    "percent": lambda it: it.replace("@", "%40"),
    "double percent": lambda it: it.replace("@", "%2540"),
    "every letter percent": lambda it: "".join(f"%{ord(letter):02X}" for letter in it),
    "mailto": lambda it: f"mailto:{it}?subject=x",
    "soft hyphens": "\u00ad".join,
    "zero width": "\u200b".join,
    "full width": lambda it: "".join(chr(ord(letter) + 0xFEE0) for letter in it),
    "angles": lambda it: f"<{it}>",
    "verp": lambda it: f"bounce-1 {it.replace('@', '=')}@lists.example",
    "words": lambda it: it.replace("@", " (at) ").replace(".", " [dot] "),
    "quoted mark in between": lambda it: it.replace("@", "@\n> "),
    "leftover quoted-printable": lambda it: it.replace("@", "=40"),
    "json": lambda it: it.replace("@", "\\u0040"),
    "tagged": lambda it: it.replace("@", "+shop@"),
    "in a word of Japanese": lambda it: f"連絡先{it}まで",
    "end of a sentence": lambda it: f"Write to {it}.Then wait",
}
HTML_DISGUISES: dict[str, Callable[[str], str]] = {
    "tags": lambda it: "<b>".join(it) + "</b>" * (len(it) - 1),
    "comment": lambda it: it.replace("@", "<!-- -->@"),
    "word breaks": lambda it: it.replace("@", "<wbr>@<wbr>"),
    "hidden": lambda it: f'<span style="display:none">{it}</span>',
    "link": lambda it: f'<a href="mailto:{it}">write</a>',
    "link with percent": lambda it: f'<a href="mailto:{it.replace("@", "%40")}">write</a>',
    "link with query": lambda it: f'<a href="https://x.example/?to={it}">write</a>',
    "title": lambda it: f'<p title="{it}">x</p>',
    "alternative text": lambda it: f'<img src="https://x.example/a.png" alt="{it}">',
    "form": lambda it: f'<form><input value="{it}"></form>x',
    "script": lambda it: f"<script>var a = '{it}'</script>x",
    "style": lambda it: f"<style>/* {it} */</style>x",
    "meta": lambda it: f'<meta name="author" content="{it}">x',
    "base": lambda it: f'<base href="mailto:{it}">x',
    "quotation": lambda it: f'<blockquote type="cite" cite="mid:1@{HOST}">{it}</blockquote>',
    "class": lambda it: f'<div class="{it}" id="{it}" data-x="{it}">x</div>',
    "picture of a host": lambda _: f'<img src="https://{HOST}/pixel.gif">x',
}


def assert_no_trace(octets: bytes) -> None:
    """Look at what a counterpart's client decodes, laid bare of every disguise, and at the raw octets."""
    arrived = parsing.parse(octets)
    seen = [octets.decode("utf-8"), arrived.subject, arrived.text, arrived.html or ""]
    seen += [box.name for box in arrived.authors] + [
        part.name for part in (*arrived.attachments, *arrived.inline_images)
    ]
    seen += [part.content.decode("latin-1") for part in (*arrived.attachments, *arrived.inline_images)]
    for text in seen:
        bare = "".join(disguise.bare_text(text).text.replace(disguise.INVISIBLE, "").split())
        bare = bare.replace(">", "").replace("<b", "").replace("</b", "")
        assert REAL not in bare
        assert LOCAL not in bare
        assert HOST not in bare
        assert base64.b64encode(REAL.encode())[:-4].decode().lower() not in bare


@pytest.mark.parametrize("form", DISGUISES)
def test_the_search_finds_what_was_not_replaced(form: str) -> None:
    with pytest.raises(AssertionError):
        assert_no_trace(
            samples.mail("Content-Type: text/plain; charset=utf-8", body=DISGUISES[form](REAL), sender="x@y.example")
        )


@pytest.mark.parametrize("form", DISGUISES)
@pytest.mark.parametrize("coding", ["8bit", "quoted-printable", "base64", "7bit soft breaks"])
def test_in_plain_text(form: str, coding: str) -> None:
    text = f"Hello\n{DISGUISES[form](REAL)}\nBye".encode()
    encoders: dict[str, Callable[[bytes], bytes]] = {
        "8bit": lambda it: it,
        "quoted-printable": quopri.encodestring,
        "base64": base64.encodebytes,
        "7bit soft breaks": lambda it: b"=\n".join(
            binascii.b2a_qp(it[n : n + 3], istext=False) for n in range(0, len(it), 3)
        ),
    }
    transfer = "quoted-printable" if coding.startswith("7bit") else coding
    raw = samples.mail(
        "Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {transfer}", body=encoders[coding](text)
    )
    assert_no_trace(samples.relay(raw)[1])


@pytest.mark.parametrize(
    "charset",
    [
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1257",
        "iso-2022-jp",
        "shift_jis",
        "gb2312",
        "ks_c_5601-1987",
        "utf-7",
        "utf-16",
        "iso-8859-15",
        "x-nonsense",
    ],
)
def test_in_every_charset(charset: str) -> None:
    encoding = {"ks_c_5601-1987": "cp949", "x-nonsense": "utf-8"}.get(charset, charset)
    body = base64.encodebytes(f"Hello {REAL} bye".encode(encoding))
    raw = samples.mail(f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: base64", body=body)
    assert_no_trace(samples.relay(raw)[1])


@pytest.mark.parametrize("form", [*DISGUISES, *HTML_DISGUISES])
def test_in_html(form: str) -> None:
    planted = {**DISGUISES, **HTML_DISGUISES}[form](REAL)
    planted = planted if form in HTML_DISGUISES else planted.replace("<", "&lt;").replace(">", "&gt;")
    raw = samples.mail("Content-Type: text/html; charset=utf-8", body=f"<p>Hello</p>{planted}<p>Bye</p>")
    assert_no_trace(samples.relay(raw)[1])


@pytest.mark.parametrize("form", DISGUISES)
def test_in_the_subject(form: str) -> None:
    subject = DISGUISES[form](REAL).replace("\n", " ")
    for written in (subject, Header(subject, "utf-8").encode(), Header(subject, "utf-8", maxlinelen=30).encode()):
        try:
            octets = samples.relay(samples.mail(f"Subject: {written}".replace("\n", "\r\n")))[1]
        except Refusal:
            pytest.fail("a subject is no reason to refuse")
        if form != "quoted mark in between":
            assert_no_trace(octets)


HEADERS = """
    Sender Reply-To Return-Path Received X-Sender X-Originating-IP X-Mailer Autocrypt DKIM-Signature
    List-Unsubscribe Disposition-Notification-To Return-Receipt-To Errors-To X-Confirm-Reading-To Message-ID
    In-Reply-To References Comments Keywords Organization User-Agent X-Google-Original-From
    X-MS-Exchange-Organization-AuthSource Authentication-Results Resent-From Content-ID Content-Description
    Content-Location Content-Base Thread-Topic Thread-Index X-Face
"""


@pytest.mark.parametrize("name", HEADERS.split())
def test_in_every_header_field(name: str) -> None:
    value = (
        f"<{REAL}>"
        if name not in {"Received", "DKIM-Signature"}
        else f"from {HOST} by x.example for {REAL}; d={DOMAIN}"
    )
    octets = samples.relay(samples.mail(f"{name}: {value}", f"X-More: {REAL} {HOST}"))[1]
    assert_no_trace(octets)
    assert DOMAIN.encode() not in octets.lower()


def test_in_names_boundaries_and_content_identifiers() -> None:
    png = io.BytesIO()
    Image.new("RGB", (2, 2)).save(png, "PNG")
    boundary = f"{LOCAL}-{HOST}"
    body = (
        f'--{boundary}\r\nContent-Type: text/html\r\n\r\n<img src="cid:1@{HOST}">{REAL}\r\n'
        f"--{boundary}\r\nContent-Type: image/png; name=a.png\r\nContent-ID: <1@{HOST}>\r\n"
        f"Content-Description: {REAL}\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(png.getvalue()).decode()}\r\n--{boundary}--\r\n"
    )
    raw = samples.mail(
        f'Content-Type: multipart/related; boundary="{boundary}"', sender=f'"{REAL}" <{REAL}>', body=body
    )
    assert_no_trace(samples.relay(raw)[1])


NAMES = {
    "plain": f'filename="{REAL}.txt"',
    "inside": f'filename="Mail_from_{REAL}_2026.txt"',
    "upper": f'filename="{REAL.upper()}.txt"',
    "encoded word": f'filename="=?utf-8?B?{base64.b64encode(f"{REAL}.txt".encode()).decode()}?="',
    "extended": f"filename*=utf-8''{REAL.replace('@', '%40')}.txt",
    "pieces": f"filename*0*=utf-8''{LOCAL}%40; filename*1={DOMAIN}.txt",
    "munged": f'filename="{REAL.replace("@", "_at_")}.txt"',
    "zero width": 'filename="' + "\u200b".join(REAL) + '.txt"',
}


@pytest.mark.parametrize("form", NAMES)
def test_in_file_names(form: str) -> None:
    raw = samples.multipart(
        (f"Content-Type: text/plain\nContent-Disposition: attachment; {NAMES[form]}", f"Hello {REAL}")
    )
    assert_no_trace(samples.relay(raw)[1])


def test_in_a_pictures_metadata() -> None:
    exif = Image.Exif()
    exif[0x013B] = REAL
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG", exif=exif, comment=REAL.encode())
    assert REAL.encode() in picture.getvalue()
    header = "Content-Type: image/jpeg; name=a.jpg\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64"
    assert_no_trace(samples.relay(samples.multipart((header, base64.encodebytes(picture.getvalue()))))[1])


@pytest.mark.parametrize(
    "kind",
    [
        "text/calendar",
        "text/vcard",
        "message/rfc822",
        "message/delivery-status",
        "text/rfc822-headers",
        "application/pkcs7-signature",
    ],
)
def test_parts_that_are_nothing_but_addresses_are_refused(kind: str) -> None:
    with pytest.raises(Refusal) as refused:
        samples.relay(samples.multipart((f"Content-Type: {kind}", f"From: {REAL}\n\n{REAL}")))
    assert REAL not in str(refused.value)


_AROUND = st.text(alphabet=" \n,;:()<>[]\"'日é\u200b|*_!?", max_size=6)
_FORMS = st.sampled_from([form for name, form in DISGUISES.items() if name != "verp"])


@given(st.lists(st.tuples(_AROUND, _FORMS, _AROUND), min_size=1, max_size=4))
def test_in_any_mix_of_forms_in_text(plants: list[tuple[str, Callable[[str], str], str]]) -> None:
    body = "\n".join(before + form(REAL) + after for before, form, after in plants)
    raw = samples.mail("Content-Type: text/plain; charset=utf-8", body=body)
    assert_no_trace(samples.relay(raw)[1])


_TAGS = st.sampled_from(
    [
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<br>",
        "<i>",
        "<td>",
        "&shy;",
        "&#8203;",
        "<!-- x -->",
        "",
        "",
        "",
        "<span style='x'>",
    ]
)


@given(st.lists(_TAGS, min_size=len(REAL), max_size=len(REAL)), st.booleans())
def test_with_any_tags_between_its_letters(between: list[str], entities: bool) -> None:  # noqa: FBT001 - drawn
    letters = [f"&#{ord(letter)};" if entities else letter for letter in REAL]
    body = "".join(letter + tag for letter, tag in zip(letters, between, strict=True))
    octets = samples.relay(samples.mail("Content-Type: text/html; charset=utf-8", body=f"<div>{body}</div>"))[1]
    arrived = parsing.parse(octets)
    assert REAL not in disguise.bare_html(arrived.html or "").text.replace("\n", "").replace(disguise.INVISIBLE, "")
    assert REAL not in "".join(arrived.text.split())
