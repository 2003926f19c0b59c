"""Loops stop at once: mail that comes back, bounces of bounces, two machines that answer each other."""

from email import message_from_bytes, policy
from pathlib import Path

import aiosmtplib
import pytest
from sqlmodel import select

from services.delivery.models import Intake, IntakeOutcome, QueuedMail, QueueState
from shared.contracts.delivery import MailReceived, MessageBounced, MessageDelivered
from shared.contracts.vocabulary import Direction
from tests.infrastructure.smtp import FarSide, Step
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import (
    BUYER,
    BUYER_ALIAS,
    SELLER,
    SELLER_ALIAS,
    Installation,
    describe_message,
    write_mail,
)

pytestmark = pytest.mark.req("R-MAIL-4")


async def deliver(relaying: Installation, far_side: FarSide, direction: Direction) -> tuple[str, bytes]:
    """Send a message; return the bounce address it left with, and the mail."""
    await relaying.introduce()
    before = len(far_side.mails)
    await relaying.tell(await relaying.approve(describe_message(direction)))
    mail = (await far_side.wait_for_count(before + 1))[-1]
    await relaying.hear(MessageDelivered)
    return mail.sender, mail.content


async def intake(relaying: Installation) -> list[tuple[IntakeOutcome, str]]:
    async with relaying.database.reading() as session:
        return [(row.outcome, row.detail) for row in (await session.exec(select(Intake))).all()]


async def queue(relaying: Installation) -> list[QueuedMail]:
    async with relaying.database.reading() as session:
        return list((await session.exec(select(QueuedMail))).all())


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("forwarder", ["keeps the sender", "writes its own", "writes none"])
async def test_our_own_mail_that_is_forwarded_back_to_us_goes_nowhere(
    relaying: Installation, far_side: FarSide, direction: Direction, forwarder: str
) -> None:
    bounce_address, content = await deliver(relaying, far_side, direction)
    reader, alias = (BUYER, SELLER_ALIAS) if direction is Direction.SELLER_TO_BUYER else (SELLER, BUYER_ALIAS)
    sender = {"keeps the sender": bounce_address, "writes its own": reader, "writes none": ""}[forwarder]
    for back in (alias, bounce_address):
        with_null = sender == "" or back == bounce_address
        try:
            await relaying.send(sender, back, content)
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPResponseException) as error:
            code = error.recipients[0].code if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error.code
            assert code == 550
        else:
            assert with_null
    assert relaying.heard(MailReceived) == []
    assert {outcome for outcome, _ in await intake(relaying)} <= {IntakeOutcome.AUTOMATIC, IntakeOutcome.REPORT}
    assert relaying.heard(MessageBounced) == []
    assert len(await queue(relaying)) == len(far_side.mails) == 1


async def test_where_everything_bounces_two_mails_are_tried_and_no_more(
    relaying: Installation, far_side: FarSide
) -> None:
    """The message bounces, so does the notice about it, and nobody is told of that."""
    await relaying.introduce()
    far_side.always(Step.RCPT, "550 5.1.1 unknown")
    await relaying.tell(await relaying.approve())

    async def settled() -> list[QueuedMail]:
        mails = await queue(relaying)
        return mails if len(mails) == 2 and all(mail.state is QueueState.BOUNCED for mail in mails) else []

    mails = await until(settled, "message and notice to bounce")
    assert sorted(mail.kind for mail in mails) == ["message", "notice"]
    assert [mail.attempts for mail in mails] == [1, 1]
    assert len(relaying.heard(MessageBounced)) == 1
    assert far_side.mails == []


async def test_reports_about_reports_change_nothing(relaying: Installation, far_side: FarSide) -> None:
    """A notice leaves with the null sender, so no report can come back to us about it; one to its From is refused."""
    await relaying.introduce()
    await relaying.tell(await relaying.reject())
    (notice,) = await far_side.wait_for_count(1)
    assert notice.sender == "<>"
    headers = message_from_bytes(notice.content, policy=policy.default)
    assert headers["Auto-Submitted"] == "auto-generated"
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await relaying.send("", headers["From"].addresses[0].addr_spec, write_mail("mailer-daemon@x.example", "x@y.zz"))
    assert await intake(relaying) == []


ANSWERS = {
    "by the standard": {"auto_submitted": "auto-replied"},
    "by habit": {"precedence": "bulk"},
    "by its subject only": {"subject": "Abwesenheitsnotiz: Il tuo ordine"},
}


@pytest.mark.parametrize("kind", list(ANSWERS))
@pytest.mark.parametrize("sender", ["own", "null"])
async def test_two_machines_that_answer_each_other_stop_after_the_first_word(
    relaying: Installation, far_side: FarSide, kind: str, sender: str
) -> None:
    """Both sides' mailboxes answer whatever comes, to wherever the mail says."""
    await deliver(relaying, far_side, Direction.SELLER_TO_BUYER)
    answered = 0
    while answered < len(far_side.mails):
        mail = far_side.mails[answered]
        reader = mail.recipients[0]
        answer = write_mail(reader, mail.message["From"].addresses[0].addr_spec, **ANSWERS[kind])
        for back in (mail.message["From"].addresses[0].addr_spec, mail.sender):
            await relaying.send(reader if sender == "own" and "b-" not in back else "", back, answer)
        answered += 1
    assert answered == 1
    assert {outcome for outcome, _ in await intake(relaying)} == {IntakeOutcome.AUTOMATIC, IntakeOutcome.REPORT}
    assert relaying.heard(MailReceived) == []
    assert relaying.heard(MessageBounced) == []
    assert len(await queue(relaying)) == 1


async def test_a_read_receipt_is_recorded_and_goes_nowhere(tmp_path: Path) -> None:
    async with Installation(tmp_path).running() as delivery:
        await delivery.introduce()
        await delivery.tell(await delivery.approve())
        body = (
            "--b\r\nContent-Type: text/plain\r\n\r\nLetto.\r\n--b\r\n"
            "Content-Type: message/disposition-notification\r\n\r\n"
            f"Final-Recipient: rfc822;{BUYER}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n"
        )
        kind = 'multipart/report; report-type=disposition-notification; boundary="b"'
        await delivery.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS, body, content_type=kind))
        assert await intake(delivery) == [(IntakeOutcome.AUTOMATIC, "read_receipt")]
        assert delivery.heard(MailReceived) == []
