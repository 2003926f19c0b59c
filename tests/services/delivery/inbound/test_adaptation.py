"""From a foreign mail to content that may be shown."""

import base64
import struct
import zlib

import pytest

from services.delivery.inbound.adaptation import adapt
from services.delivery.mail.parsing import parse
from services.delivery.mail.refusal import Refusal

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-5", "R-MAIL-6")

REAL = "mario.rossi@casa-rossi.example"
HOST = "mail.casa-rossi.example"
ALIAS = "bqwertyuiop1@marketplace.amazon.it"


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def _mail(html: str, *, content_id: str = f"ii_1@{HOST}") -> bytes:
    image = base64.b64encode(_png()).decode()
    return (
        f"From: <{REAL}>\r\nSubject: Da {REAL}\r\nMessage-ID: <1@{HOST}>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
        f"--b\r\nContent-Type: image/png\r\nContent-ID: <{content_id}>\r\n"
        'Content-Disposition: inline; filename="mario.rossi@casa-rossi.example.png"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{image}\r\n--b--\r\n"
    ).encode()


def test_images_in_the_text_stay_under_names_of_our_own() -> None:
    html = f'<p>Ecco <img src="cid:ii_1@{HOST}" alt="foto"> da {HOST}</p>'
    adapted = adapt(parse(_mail(html)), frozenset({REAL}), ALIAS)
    assert adapted.html is not None
    assert 'src="cid:image1"' in adapted.html.new
    (image,) = adapted.parts
    assert (image.content_id, image.media_type) == ("image1", "image/png")
    assert image.content.startswith(b"\x89PNG")
    everything = adapted.html.new + adapted.text.new + adapted.subject + image.name
    assert "casa-rossi" not in everything
    assert ALIAS in adapted.subject


def test_remote_images_leave_their_description() -> None:
    adapted = adapt(
        parse(_mail(f'<p>Ecco <img src="https://track.example/1.gif" alt="niente"><img src="cid:ii_1@{HOST}"></p>')),
        frozenset({REAL}),
        ALIAS,
    )
    assert adapted.html is not None
    assert "track.example" not in adapted.html.new
    assert "niente" in adapted.html.new


def test_history_is_parted_from_what_is_new() -> None:
    raw = (
        f"From: <{REAL}>\r\nSubject: x\r\n\r\nNuovo.\r\n\r\n"
        f"Il giorno lun 4 mag 2026 alle 10:00 Bottega <s@m.example> ha scritto:\r\n> Vecchio {REAL}\r\n"
    ).encode()
    adapted = adapt(parse(raw), frozenset({REAL}), ALIAS)
    assert adapted.text.new == "Nuovo."
    assert f"> Vecchio {ALIAS}" in adapted.text.quoted
    assert adapted.html is None


def test_files_that_are_too_large_together_are_refused() -> None:
    part = (
        '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{0}.txt"\r\n\r\n'
        + "parola parola\r\n" * 250_000
    )
    raw = (
        f'From: <{REAL}>\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nEcco\r\n" + "".join(part.format(n) for n in range(3)) + "--b--\r\n"
    ).encode()
    with pytest.raises(Refusal) as refusal:
        adapt(parse(raw), frozenset({REAL}), ALIAS)
    assert refusal.value.reason == "too_large"
