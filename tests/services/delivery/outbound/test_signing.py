"""DKIM: what leaves carries a signature that others can verify, the same at every attempt."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from services.delivery.outbound.signing import Signer
from shared.contracts.facts import Content
from shared.contracts.vocabulary import Direction
from shared.misconfiguration import MisconfiguredError
from tests.infrastructure.smtp import FarSide
from tests.services.delivery.installation import DOMAIN, Installation, describe_message

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-3")

FROM = f"alias1@{DOMAIN}"
MAIL = f"From: A <{FROM}>\r\nTo: b@c.example\r\nSubject: Ciao\r\nDate: x\r\n\r\nTesto  \r\n.\r\n".encode()
MOMENT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def write_key(folder: Path, selector: str, domain: str = DOMAIN) -> bytes:
    """Write a private key where the signer looks for it; return the record that publishes its public half."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (folder / f"{selector}._domainkey.{domain}.pem").write_bytes(pem)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def verifies(content: bytes, records: dict[str, bytes]) -> bool:
    return bool(dkim.verify(content, dnsfunc=lambda name, **_: records.get(name.decode().rstrip("."))))


async def test_a_signature_verifies_and_covers_text_and_fields(tmp_path: Path) -> None:
    records = {f"s1._domainkey.{DOMAIN}": write_key(tmp_path, "s1")}
    signed = await Signer.of(tmp_path).sign(MAIL, FROM, MOMENT)
    assert signed.endswith(MAIL)
    assert verifies(signed, records)
    assert not verifies(signed.replace(b"Testo", b"Altro"), records)
    assert not verifies(signed.replace(b"Ciao", b"Addio"), records)
    assert not verifies(signed.replace(b"\r\nSubject", b"\r\nReply-To: x@y.example\r\nSubject"), records)


async def test_the_same_mail_is_signed_with_the_same_octets(tmp_path: Path) -> None:
    write_key(tmp_path, "s1")
    signer = Signer.of(tmp_path)
    first = await signer.sign(MAIL, FROM, MOMENT)
    assert first == await signer.sign(MAIL, FROM, MOMENT)
    assert first != await signer.sign(MAIL, FROM, MOMENT + timedelta(seconds=1))
    assert max(len(line) for line in first.split(b"\r\n")) <= 998


async def test_the_last_selector_signs_and_other_domains_stay_unsigned(tmp_path: Path) -> None:
    write_key(tmp_path, "2025a")
    write_key(tmp_path, "2026a")
    write_key(tmp_path, "2027a", "marketplace.amazon.de")
    signer = Signer.of(tmp_path)
    assert b"s=2026a" in await signer.sign(MAIL, FROM, MOMENT)
    assert await signer.sign(MAIL, "a@elsewhere.example", MOMENT) == MAIL
    assert await Signer.of(None).sign(MAIL, FROM, MOMENT) == MAIL


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / f"s1._domainkey.{DOMAIN}.pem").write_text("secret")
    with pytest.raises(MisconfiguredError, match=r"s1\._domainkey") as error:
        Signer.of(tmp_path)
    assert "secret" not in str(error.value)
    with pytest.raises(MisconfiguredError, match="TRAMITE_DKIM_FOLDER"):
        Signer.of(tmp_path / "nowhere")


async def test_messages_and_notices_leave_signed(tmp_path: Path, far_side: FarSide) -> None:
    keys = tmp_path / "dkim"
    keys.mkdir()
    records = {f"s1._domainkey.{DOMAIN}": write_key(keys, "s1")}
    settings: dict[str, Any] = {"smtp_relay": f"{far_side.url}?starttls=never", "dkim_folder": keys}
    async with Installation(tmp_path, **settings).running() as delivery:
        await delivery.introduce()
        content = Content(subject="Domanda è", text="Così.\n.", html="<p>Così.</p>")
        await delivery.tell(await delivery.approve(describe_message(Direction.BUYER_TO_SELLER), content))
        await delivery.tell(await delivery.reject())
        mails = await far_side.wait_for_count(2)
    assert all(verifies(mail.content, records) for mail in mails)
