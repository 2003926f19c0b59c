"""The service put together: a message each way, from event to mail and from mail to event."""

import email
import email.policy
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from services.delivery.app import MIGRATIONS, create_app
from services.delivery.models import Base
from shared import migrations
from shared.bus import MemoryBus
from shared.contracts.alias import AliasIssued
from shared.contracts.delivery import MailReceived, MessageDeferred, MessageDelivered
from shared.contracts.facts import AttachmentContent, Content
from shared.contracts.vocabulary import Channel, Direction, Kind
from tests.infrastructure.smtp import FarSide
from tests.services.delivery.installation import (
    BUSINESS,
    BUYER,
    BUYER_ALIAS,
    DOMAIN,
    ORDER,
    SELLER,
    SELLER_ALIAS,
    STAFF,
    THREAD,
    Installation,
    describe_message,
    read_box,
    write_mail,
)

pytestmark = pytest.mark.req("R-MAIL-1")


@pytest.mark.req("R-MAIL-7", "R-ALIAS-3")
async def test_approved_message_becomes_a_mail_from_the_business_name(delivery: Installation) -> None:
    message = describe_message()
    await delivery.tell(
        await delivery.approve(message, Content(subject="Domanda", text="Ci serve il tuo interno.", html="<p>Ciao</p>"))
    )
    (told,) = await delivery.hear(MessageDelivered)
    assert told.message == message
    (raw,) = read_box(delivery.mail_folder / BUYER)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["From"] == f"{BUSINESS} <{SELLER_ALIAS}>"
    assert mail["To"] == BUYER
    assert ORDER in mail["Subject"]
    assert mail["Message-ID"] == f"<{message.message_id.hex}@{DOMAIN}>"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith(BUSINESS)
    assert ORDER in body.get_content()
    assert b"bottega-verdi" not in raw


@pytest.mark.req("R-MAIL-8")
async def test_buyers_message_goes_to_the_customer_service_address(delivery: Installation) -> None:
    await delivery.tell(await delivery.approve(describe_message(Direction.BUYER_TO_SELLER, kind=Kind.REPLY)))
    await delivery.hear(MessageDelivered)
    (raw,) = read_box(delivery.mail_folder / SELLER)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["From"] == f'"Amazon.it buyer" <{BUYER_ALIAS}>'
    assert b"casa-rossi" not in raw


async def test_mail_to_an_alias_becomes_a_message_that_names_what_it_answers(delivery: Installation) -> None:
    question = describe_message()
    await delivery.introduce()
    await delivery.tell(await delivery.approve(question))
    raw = write_mail(
        BUYER,
        SELLER_ALIAS,
        f"Interno 5.\r\nMio indirizzo {BUYER}\r\n",
        in_reply_to=f"<{question.message_id.hex}@{DOMAIN}>",
    )
    assert (await delivery.send(BUYER, SELLER_ALIAS, raw)).startswith("2.0.0")
    (received,) = await delivery.hear(MailReceived)
    assert received.thread_id == THREAD
    assert received.direction is Direction.BUYER_TO_SELLER
    assert received.answers == question.message_id
    content = await delivery.blobs.open_content(received.content)
    assert content.text == f"Interno 5.\nMio indirizzo {BUYER_ALIAS}"


@pytest.mark.req("R-MAIL-6")
async def test_attachments_leave_whole_and_images_stay_in_the_text(delivery: Installation) -> None:
    octets = bytes(range(256)) * 400
    attachments = [
        AttachmentContent(
            blob=await delivery.blobs.put("attachment", octets),
            name=name,
            media_type=media_type,
            size=len(octets),
            content_id=content_id,
        )
        for name, media_type, content_id in (("fattura.pdf", "application/pdf", None), ("a.png", "image/png", "image1"))
    ]
    html = '<p>Ecco <img src="cid:image1"></p>'
    await delivery.tell(
        await delivery.approve(content=Content(subject="x", text="Ecco", html=html, attachments=tuple(attachments)))
    )
    await delivery.hear(MessageDelivered)
    (raw,) = read_box(delivery.mail_folder / BUYER)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    files = [part for part in mail.walk() if part.get_filename()]
    assert sorted(str(part.get_filename()) for part in files) == ["a.png", "fattura.pdf"]
    assert all(part.get_payload(decode=True) == octets for part in files)


@pytest.mark.req("R-ALIAS-1")
async def test_an_issued_pair_takes_mail_before_any_message(delivery: Installation) -> None:
    await delivery.introduce()
    await delivery.tell(
        AliasIssued(
            thread_id=THREAD,
            marketplace_id="APJ6JRA9NG5V4",
            buyer_id="buyer-1",
            seller_id="seller-1",
            buyer_alias=BUYER_ALIAS,
            seller_alias=SELLER_ALIAS,
        )
    )
    await delivery.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS))
    (received,) = await delivery.hear(MailReceived)
    assert received.answers is None


async def test_both_clients_see_one_thread(delivery: Installation) -> None:
    """Seller writes by API, buyer answers by mail, seller answers by mail: each header names what that client knows."""
    await delivery.introduce()
    question = describe_message()
    await delivery.tell(await delivery.approve(question))
    asked = f"<{question.message_id.hex}@{DOMAIN}>"
    own = "<buyers-own-1@mail.casa-rossi.example>"
    await delivery.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS, in_reply_to=asked, message_id=own))
    (answer,) = await delivery.hear(MailReceived)
    relayed = describe_message(
        Direction.BUYER_TO_SELLER, message_id=answer.mail_id, kind=Kind.REPLY, channel=Channel.EMAIL
    )
    await delivery.tell(await delivery.approve(relayed, await delivery.blobs.open_content(answer.content)))
    await delivery.hear(MessageDelivered, 2)
    (at_seller,) = read_box(delivery.mail_folder / SELLER)
    seen = email.message_from_bytes(at_seller, policy=email.policy.default)
    assert seen["In-Reply-To"] == asked
    assert b"casa-rossi" not in at_seller

    reply = write_mail(
        STAFF, BUYER_ALIAS, in_reply_to=str(seen["Message-ID"]), references=f"{asked} {seen['Message-ID']}"
    )
    await delivery.send(STAFF, BUYER_ALIAS, reply)
    second = (await delivery.hear(MailReceived, 2))[1]
    assert second.answers == relayed.message_id
    back = describe_message(message_id=second.mail_id, kind=Kind.REPLY, channel=Channel.EMAIL)
    await delivery.tell(await delivery.approve(back, await delivery.blobs.open_content(second.content)))
    await delivery.hear(MessageDelivered, 3)
    mails = [
        email.message_from_bytes(raw, policy=email.policy.default) for raw in read_box(delivery.mail_folder / BUYER)
    ]
    (final,) = [mail for mail in mails if back.message_id.hex in str(mail["Message-ID"])]
    assert final["In-Reply-To"] == own
    assert str(final["References"]).split() == [asked, own]


@pytest.mark.req("R-MAIL-3")
async def test_what_was_not_sent_at_a_stop_is_sent_after_the_start(tmp_path: Path, far_side: FarSide) -> None:
    installation = Installation(tmp_path, smtp_relay=far_side.url)
    await far_side.stop()
    async with installation.running():
        await installation.tell(await installation.approve())
        await installation.hear(MessageDeferred)
    await far_side.start()
    async with installation.running():
        await installation.hear(MessageDelivered)
    assert [mail.recipients for mail in far_side.mails] == [(BUYER,)]


async def test_readiness_says_that_the_database_is_not_migrated(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    app = create_app(installation.settings, MemoryBus([]))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://delivery") as client:
        answer = await client.get("/health/ready")
    await installation.database.close()
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"].startswith("failed")


async def test_migrations_agree_with_the_models(delivery: Installation) -> None:
    assert await migrations.is_current(delivery.database, MIGRATIONS)
    assert await migrations.find_differences(delivery.database, Base.metadata) == []


async def test_health_and_measures(delivery: Installation) -> None:
    assert (await delivery.ask("GET", "/health/ready")).json()["status"] == "ready"
    text = (await delivery.ask("GET", "/metrics")).text
    assert "tramite_mail_queue_age_seconds" in text
    assert (await delivery.ask("GET", f"/internal/queue/{uuid4()}", headers={"Authorization": ""})).status_code == 401
