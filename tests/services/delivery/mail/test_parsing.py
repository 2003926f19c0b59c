import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail.parsing import MAX_OCTETS, parse
from services.delivery.mail.refusal import Refusal
from tests.services.delivery.mail import samples

pytestmark = pytest.mark.req("R-MAIL-1")


def test_a_plain_mail() -> None:
    mail = parse(
        samples.mail(
            "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
            "Date: Mon, 2 Mar 2026 10:00:00 +0100",
            "In-Reply-To: <p@m.example>",
            "References: <g@m.example>\r\n <p@m.example>",
            "Cc: Carla <carla@c.example>",
            "Reply-To: other@posta-privata.example",
            "Received: from mx7.posta-privata.example (1.2.3.4) by mx.m.example",
            body="Hello\nthere",
        )
    )
    assert mail.subject == "Grüße"
    assert mail.text == "Hello\nthere"
    assert mail.html is None
    assert mail.message_id == "<1@mx7.posta-privata.example>"
    assert mail.in_reply_to == ("<p@m.example>",)
    assert mail.references == ("<g@m.example>", "<p@m.example>")
    assert mail.author is not None
    assert mail.author.address == samples.REAL
    assert [box.address for box in mail.recipients] == [samples.COUNTERPART, "carla@c.example"]
    assert mail.addresses == {samples.REAL, "other@posta-privata.example"}
    assert mail.hosts == {"mx7.posta-privata.example", "mx.m.example"}
    assert mail.date is not None
    assert mail.date.isoformat() == "2026-03-02T09:00:00+00:00"


@pytest.mark.parametrize("domain", ["gmail.example", "yahoo.co.example", "localhost", "10.0.0.1", "DESKTOP-1"])
def test_what_is_no_machines_own_name_is_not_looked_for(domain: str) -> None:
    fields = [f"Message-ID: <1@{domain}>", f"Received: from {domain} by {domain}", f"From: a@{domain}"]
    assert parse("\r\n".join([*fields, "", "x"]).encode()).hosts == frozenset()


def test_text_and_html_of_an_alternative() -> None:
    mail = parse(
        samples.multipart(
            ("Content-Type: text/plain", "plain"), ("Content-Type: text/html", "<p>rich</p>"), subtype="alternative"
        )
    )
    assert (mail.text, mail.html) == ("plain", "<p>rich</p>")


def test_two_texts_that_differ_are_both_kept() -> None:
    parts = [("Content-Type: text/plain", "first"), ("Content-Type: text/plain", "second")]
    assert parse(samples.multipart(*parts, subtype="alternative")).text == "first\nsecond"
    assert parse(samples.multipart(*parts)).text == "first\nsecond"


def test_text_is_made_from_html_where_it_is_missing_or_blank() -> None:
    only = parse(samples.mail("Content-Type: text/html", body="<p>one</p><p>two &amp; three</p>"))
    assert only.text == "one\n\ntwo & three"
    blank = samples.multipart(
        ("Content-Type: text/plain", "  "), ("Content-Type: text/html", "<p>x</p>"), subtype="alternative"
    )
    assert parse(blank).text == "x"


def test_plain_and_html_stretches_become_one_html() -> None:
    mail = parse(samples.multipart(("Content-Type: text/plain", "a < b"), ("Content-Type: text/html", "<i>c</i>")))
    assert mail.text == "a < b\nc"
    assert mail.html is not None
    assert "a &lt; b" in mail.html
    assert "<i>c</i>" in mail.html


def test_only_pictures_that_the_html_shows_are_inline() -> None:
    mail = parse(
        samples.multipart(
            ("Content-Type: text/html", '<img src="cid:one%40x"><img src="cid:three@x">'),
            ("Content-Type: image/png; name=1.png\nContent-ID: <one@x>", "a"),
            ("Content-Type: image/png; name=2.png\nContent-ID: <two@x>", "b"),
            ("Content-Type: application/pdf; name=3.pdf\nContent-ID: <three@x>", "c"),
            subtype="related",
        )
    )
    assert [part.name for part in mail.inline_images] == ["1.png"]
    assert [part.name for part in mail.attachments] == ["2.png", "3.pdf"]


@pytest.mark.parametrize(
    ("fields", "body", "text"),
    [
        (["Content-Transfer-Encoding: quoted-printable"], "Gr=C3=BC=\n=C3=9Fe =\nweiter  \n=zz", "Grüße weiter\n=zz"),
        (["Content-Transfer-Encoding: base64"], base64.b64encode("Grüße".encode()).decode(), "Grüße"),
        (
            ["Content-Transfer-Encoding: base64"],
            "these are only words on\nlines of text",
            "these are only words on\nlines of text",
        ),
        (["Content-Transfer-Encoding: 7-bit;"], "x", "x"),
        (["Content-Transfer-Encoding: x-uuencode"], "begin 644 a.txt\n#86)C\n`\nend\n", "abc"),
        (["Content-Type: text/plain; format=flowed"], "one \ntwo\n> a \n> b\n-- \nsig", "one two\n> a b\n-- \nsig"),
        (["Content-Type: text/plain; format=flowed; delsp=yes"], "東 \n京", "東京"),
        (["Content-Type: text/plain; charset=iso-2022-jp"], "ご注文".encode("iso2022_jp").decode("ascii"), "ご注文"),
        (["Content-Type: text/enriched"], "<bold>now</bold> <<ok", "now <ok"),
        (["Content-Type: nonsense"], "x", "x"),
        (["Content-Type: multipart/mixed"], "just text", "just text"),
    ],
)
def test_texts_in_every_coding(fields: list[str], body: str, text: str) -> None:
    assert parse(samples.mail(*fields, body=body)).text == text


def test_uuencoded_files_in_a_text_are_attached() -> None:
    mail = parse(samples.mail(body="Look:\nbegin 644 a.gif\n#86)C\n`\nend\nbegin 123 is no file\nBye"))
    assert mail.text == "Look:\nbegin 123 is no file\nBye"
    assert [(part.name, part.content) for part in mail.attachments] == [("a.gif", b"abc")]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (samples.multipart(("Content-Type: text/plain", "x"), subtype="signed"), "protected"),
        (samples.mail("Content-Type: application/pkcs7-mime; name=smime.p7m"), "protected"),
        (samples.mail(body="-----BEGIN PGP MESSAGE-----\n\nhQ"), "protected"),
        (samples.multipart(("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR")), "calendar"),
        (samples.multipart(("Content-Type: message/rfc822", "From: x@y\n\nhi")), "message"),
        (samples.multipart(("Content-Type: text/rfc822-headers", "From: x@y")), "report"),
        (samples.multipart(("Content-Type: text/vcard", "BEGIN:VCARD")), "vcard"),
        (samples.multipart(("Content-Type: application/octet-stream; name=WINMAIL.DAT", "x")), "tnef"),
        (samples.mail("Content-Type: message/partial; id=1"), "partial"),
    ],
)
def test_parts_that_never_pass_are_seen(raw: bytes, kind: str) -> None:
    assert kind in parse(raw).enclosed


@pytest.mark.parametrize(
    "header",
    [
        "Subject : x\r\nFrom  : a@b.example",
        "From anna@x Mon Mar 2\r\nSubject: x",
        "Subject: x\r\nquite wrong\r\nReceived: from secret.example by y\r\nFrom: a@b.example",
    ],
)
def test_broken_headers_are_read_and_never_shown_as_text(header: str) -> None:
    mail = parse(header.encode() + b"\r\n\r\nbody")
    assert mail.text == "body"
    assert mail.subject.startswith("x")


def test_a_folded_boundary_is_understood() -> None:
    raw = (
        b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="a\r\n b"\r\n\r\n--a b\r\n\r\nhi\r\n--a b--\r\n'
    )
    assert parse(raw).text == "hi"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"x" * (MAX_OCTETS + 1), "too_large"),
        (b"X: " + b"y" * 300_000 + b"\r\n\r\nhi", "header_too_large"),
        (b"X: y\r\n" * 5_000 + b"\r\nhi", "too_many_headers"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 300, "too_many_parts"),
        (
            b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(40))
            + b"\r\nx",
            "too_deep",
        ),
        (b"Content-Type: message/rfc822\r\n\r\n" * 5_000, "too_many_parts"),
        (b"Subject: x\r\n\r\n" + b"x\r\n" * 700_000, "text_too_large"),
        (b"Content-Type: text/html\r\n\r\n" + b"<div>" * 5_000, "html_too_deep"),
        (
            b"Content-Type: text/html\r\n\r\n" + b"".join(b"<b class=c%d>x<p>" % at for at in range(1_000)),
            "html_too_deep",
        ),
        (b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx", "damaged_parts"),
    ],
)
def test_what_is_beyond_bounds_is_refused_in_words(raw: bytes, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse(raw)
    assert refused.value.reason == reason
    assert refused.value.reply.startswith(("552 5.3.4 ", "554 5.6.0 "))
    assert refused.value.sentence.endswith(".")


_PIECES = [
    b"\r\n",
    b"\n",
    b"\r",
    b"--b",
    b"--b--",
    b": ",
    b"Content-Type: ",
    b"multipart/mixed; boundary=b",
    b"text/html; charset=",
    b"utf-7",
    b"Content-Transfer-Encoding: base64",
    b"Content-Disposition: attachment; filename*0*=",
    b"%FF''",
    b"=?utf-8?B?",
    b"?=",
    b"From: ",
    b"<a@b.example>",
    b"message/rfc822",
    b"multipart/alternative",
    b"<p>",
    b"&#64;",
    b"begin 644 x",
    b"end",
    b"\xff",
    b"\0",
    b"Date: ",
    b"x" * 70,
    b"=E9=",
    b"> ",
    b"text/plain; format=flowed",
    b"charset*0*=",
    b'"',
    b"(",
    b"\x1b$B",
]


@given(st.lists(st.sampled_from(_PIECES) | st.binary(max_size=12), max_size=60))
def test_any_octets_are_read_or_refused(pieces: list[bytes]) -> None:
    try:
        mail = parse(b"".join(pieces))
    except Refusal as refused:
        assert refused.code.startswith("5.")  # noqa: PT017 - a mail that is read is as good
        return
    for text in (mail.text, mail.subject, mail.html or ""):
        assert text.encode("utf-8").decode("utf-8") == text
        assert "\0" not in text


@pytest.mark.parametrize("charset", ["a\0b", "utf\0-8", "\0"])
def test_a_charset_with_a_null_character_is_an_unknown_one(charset: str) -> None:
    mail = parse(samples.mail(f'Content-Type: text/plain; charset="{charset}"', body="Grüße".encode()))
    assert "Gr" in mail.text
