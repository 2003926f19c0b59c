"""Delivery reports that come back by mail, through the door."""

import aiosmtplib
import pytest
from sqlmodel import select

from services.delivery.models import Intake, IntakeOutcome
from shared.contracts.delivery import MailReceived, MessageBounced, MessageDelivered
from tests.infrastructure.smtp import FarSide
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import BUYER, SELLER, Installation, describe_message, write_mail

pytestmark = pytest.mark.req("R-MAIL-4")


def _report(action: str, status: str) -> bytes:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.casa-rossi.example\r\n\r\n"
        f"Final-Recipient: rfc822; {BUYER}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} <{BUYER}> unknown\r\n--b--\r\n"
    )
    return write_mail(
        "mailer-daemon@casa-rossi.example",
        "bounces@marketplace.amazon.it",
        body,
        subject="Undelivered mail",
        content_type='multipart/report; report-type=delivery-status; boundary="b"',
    )


async def _deliver(relaying: Installation, far_side: FarSide) -> tuple[str, str]:
    """Send a message; return its id and the bounce address it left with."""
    message = describe_message()
    await relaying.tell(await relaying.approve(message))
    await relaying.hear(MessageDelivered)
    return str(message.message_id), far_side.mails[0].sender


async def _intake(relaying: Installation) -> list[Intake]:
    async with relaying.database.reading() as session:
        return list((await session.exec(select(Intake))).all())


async def test_a_hard_report_bounces_what_was_delivered(relaying: Installation, far_side: FarSide) -> None:
    message_id, address = await _deliver(relaying, far_side)
    report = _report("failed", "5.1.1")
    await relaying.send("", address, report)
    await relaying.send("", address, report)
    (bounced,) = await relaying.hear(MessageBounced)
    assert str(bounced.message.message_id) == message_id
    assert bounced.reply.startswith("550 5.1.1")
    assert "rossi" not in bounced.reply
    await far_side.wait_for(lambda mail: mail.recipients == (SELLER,))
    (row,) = await _intake(relaying)
    assert (row.outcome, row.detail, str(row.message_id)) == (IntakeOutcome.REPORT, "hard", message_id)


async def test_a_second_hard_report_bounces_nothing_again(relaying: Installation, far_side: FarSide) -> None:
    _, address = await _deliver(relaying, far_side)
    await relaying.send("", address, _report("failed", "5.1.1"))
    await relaying.send("", address, _report("failed", "5.7.1"))
    await until(lambda: len(relaying.heard(MessageBounced)), "the bounce")
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered, 2)
    assert len(relaying.heard(MessageBounced)) == 1
    assert [row.detail for row in await _intake(relaying)] == ["hard", "hard"]


@pytest.mark.parametrize(
    ("mail", "detail"),
    [
        (_report("delayed", "4.4.1"), "soft"),
        (_report("delivered", "2.0.0"), "delivered"),
        (write_mail(BUYER, "x@y.example", subject="Risposta automatica: ferie"), "auto_reply"),
        (write_mail(BUYER, "x@y.example"), "none"),
        (b"\x00\xff no mail at all", "none"),
    ],
)
async def test_what_is_no_hard_report_is_recorded_and_changes_nothing(
    relaying: Installation, far_side: FarSide, mail: bytes, detail: str
) -> None:
    _, address = await _deliver(relaying, far_side)
    await relaying.send("", address, mail)
    assert [row.detail for row in await _intake(relaying)] == [detail]
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered, 2)
    assert relaying.heard(MessageBounced) == []
    assert relaying.heard(MailReceived) == []


async def test_a_forged_bounce_address_is_unknown(relaying: Installation, far_side: FarSide) -> None:
    _, address = await _deliver(relaying, far_side)
    local_part, _, domain = address.partition("@")
    forged = f"{local_part[:-1]}{'a' if local_part[-1] != 'a' else 'q'}@{domain}"
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await relaying.send("", forged, _report("failed", "5.1.1"))
    assert refused.value.recipients[0].code == 550
    assert refused.value.recipients[0].message == "5.1.1 No such address here"
