"""What the door refuses, each through the real door: for good, in a sentence, and nothing is kept of it."""

import base64

import aiosmtplib
import pytest
from sqlmodel import select

from services.delivery.models import Intake
from tests.services.delivery.installation import BUYER, SELLER_ALIAS, Installation, write_mail
from tests.shared.attachments import samples

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-6")

STRANGER = "someone@elsewhere.example"
MEBIBYTE = 1024 * 1024
PGP = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"


async def refusal(delivery: Installation, mail: bytes) -> str:
    """Bring a mail; return the sentence it is refused with."""
    await delivery.introduce()
    await delivery.tell(await delivery.approve())
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await delivery.send(BUYER, SELLER_ALIAS, mail)
    assert 550 <= refused.value.code <= 554
    assert STRANGER not in refused.value.message
    assert BUYER not in refused.value.message
    async with delivery.database.reading() as session:
        assert (await session.exec(select(Intake))).all() == []
    status, _, sentence = refused.value.message.partition(" ")
    assert status.startswith("5.")
    return sentence


def attached(name: str, content: bytes, media_type: str = "application/octet-stream") -> bytes:
    encoded = base64.encodebytes(content).decode().replace("\n", "\r\n")
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n"
        f'--b\r\nContent-Type: {media_type}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}--b--\r\n"
    )
    return write_mail(BUYER, SELLER_ALIAS, body, content_type='multipart/mixed; boundary="b"')


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
async def test_further_recipients(delivery: Installation, field: str) -> None:
    value = {"to": f"{SELLER_ALIAS}, {STRANGER}"}.get(field, STRANGER)
    sentence = await refusal(delivery, write_mail(BUYER, SELLER_ALIAS, **{field: value}))
    assert "further recipients" in sentence
    assert "this address alone" in sentence


def part(header: str, content: str = "x") -> bytes:
    body = f"--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n--b\r\n{header}\r\n\r\n{content}\r\n--b--\r\n"
    return write_mail(BUYER, SELLER_ALIAS, body, content_type='multipart/mixed; boundary="b"')


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        (write_mail(BUYER, SELLER_ALIAS, PGP), "Signed or encrypted"),
        (
            write_mail(BUYER, SELLER_ALIAS, "x", content_type="application/pkcs7-mime; smime-type=enveloped-data"),
            "Signed or",
        ),
        (
            write_mail(
                BUYER,
                SELLER_ALIAS,
                "--b\r\n\r\nCiao\r\n--b--\r\n",
                content_type='multipart/encrypted; boundary="b"; protocol="application/pgp-encrypted"',
            ),
            "Signed or encrypted",
        ),
        (part("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR"), "Calendar"),
        (part('Content-Type: application/octet-stream; name="invite.ics"', "BEGIN:VCALENDAR"), "invite.ics"),
        (part("Content-Type: application/ms-tnef; name=winmail.dat", "x"), "winmail.dat"),
        (part("Content-Type: message/rfc822", f"From: <{STRANGER}>\r\n\r\nx"), "attached mail"),
        (part("Content-Type: text/vcard", "BEGIN:VCARD"), "business card"),
        (part("Content-Type: message/external-body; access-type=URL"), "elsewhere"),
        (write_mail(BUYER, SELLER_ALIAS, "x", content_type='message/partial; id="1"; number=1; total=2'), "pieces"),
        (write_mail(BUYER, SELLER_ALIAS, "", subject=""), "empty"),
    ],
)
async def test_what_cannot_pass_unaltered(delivery: Installation, mail: bytes, words: str) -> None:
    assert words in await refusal(delivery, mail)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("fattura.pdf", samples.package(), "not what its name says"),
        ("fattura.pdf", b"MZ\x90\x00 a program", "not what its name says"),
        ("foto.jpg", b"\x7fELF\x02\x01\x01", "not what its name says"),
        ("setup.exe", b"MZ\x90\x00 a program", "cannot be sent"),
        ("fattura.pdf.exe", b"MZ\x90\x00 a program", "cannot be sent"),
        ("script.js", b"alert(1)", "cannot be sent"),
        ("pagina.html", b"<script>1</script>", "cannot be sent"),
        ("macro.docm", samples.package(), "cannot be sent"),
        ("macro.docx", samples.package({"word/vbaProject.bin": b"x"}), "macros"),
        ("doppio.pdf", samples.pdf() + samples.package(), "second file"),
        ("attivo.pdf", samples.pdf(b"/OpenAction << /S /JavaScript /JS (x) >>"), "scripts"),
        ("vuoto.pdf", b"", "empty"),
        ("grande.txt", b"a" * (7 * MEBIBYTE), "7 MB"),
    ],
)
async def test_attachments_that_are_not_what_they_should_be(
    delivery: Installation, name: str, content: bytes, words: str
) -> None:
    sentence = await refusal(delivery, attached(name, content))
    assert f'"{name}"' in sentence
    assert words in sentence


@pytest.mark.parametrize(
    "parameters",
    [
        "filename*=utf-8''ric%C3%A8vuta.exe",
        "filename*0*=utf-8''ric%C3%A8; filename*1=vuta.exe",
        'filename="=?utf-8?Q?ric=C3=A8vuta.exe?="',
        'filename="=?utf-8?B?cmljw6h2dXRhLmV4ZQ==?="',
    ],
)
async def test_a_bad_file_is_known_by_its_name_in_every_form(delivery: Installation, parameters: str) -> None:
    header = f"Content-Type: application/pdf\r\nContent-Disposition: attachment; {parameters}"
    assert 'ric?vuta.exe"' in await refusal(delivery, part(header, "%PDF-1.4"))


async def test_a_message_over_ten_megabytes(delivery: Installation) -> None:
    pictures = [
        f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{n}.txt"\r\n\r\n'
        + ("a" * 78 + "\r\n") * 68_000
        for n in range(2)
    ]
    body = "--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n" + "\r\n".join(pictures) + "\r\n--b--\r\n"
    mail = write_mail(BUYER, SELLER_ALIAS, body, content_type='multipart/mixed; boundary="b"')
    assert "larger than 10 MB" in await refusal(delivery, mail)
