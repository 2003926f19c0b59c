import asyncio

import aiosmtplib
import pytest

from tests.infrastructure.smtp import FarSide, Loss, Step

BUYER = "buyer@shop.example"
MAIL = b"From: Ana <ana@seller.example>\r\nSubject: =?utf-8?q?Env=C3=ADo?=\r\n\r\n.dots stay\r\n\xff\r\n"


def client(far_side: FarSide) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(hostname="127.0.0.1", port=far_side.port, timeout=10, start_tls=False)


async def send(far_side: FarSide, content: bytes = MAIL, *recipients: str) -> None:
    async with client(far_side) as smtp:
        await smtp.sendmail("bounce@seller.example", list(recipients or (BUYER,)), content)


async def test_mail_is_kept_byte_for_byte(far_side: FarSide) -> None:
    await send(far_side, MAIL, BUYER, "second@shop.example")
    mail = await far_side.wait_for(lambda mail: BUYER in mail.recipients)
    assert mail.content == MAIL
    assert mail.sender == "bounce@seller.example"
    assert mail.recipients == (BUYER, "second@shop.example")
    assert mail.message["Subject"] == "Envío"
    assert mail.helo
    assert not mail.encrypted


async def test_waiting_ends_when_the_mail_comes(far_side: FarSide) -> None:
    waiting = asyncio.create_task(far_side.wait_for_count(2))
    await send(far_side)
    await asyncio.sleep(0)
    assert not waiting.done()
    await send(far_side)
    assert len(await waiting) == 2


async def test_waiting_is_bounded(far_side: FarSide) -> None:
    await send(far_side)
    with pytest.raises(TimeoutError, match=r"1 mails came in 0\.05 s"):
        await far_side.wait_for(lambda mail: mail.sender == "nobody", limit=0.05)


@pytest.mark.parametrize(
    ("step", "reply", "error"),
    [
        (Step.CONNECT, "421 4.3.2 Too busy", aiosmtplib.SMTPConnectResponseError),
        (Step.MAIL, "452 4.3.1 No room", aiosmtplib.SMTPSenderRefused),
        (Step.RCPT, "550 5.1.1 No such user", aiosmtplib.SMTPRecipientsRefused),
        (Step.DATA, "554 5.7.1 Not wanted", aiosmtplib.SMTPDataError),
    ],
)
async def test_scripted_reply_is_given_once(
    far_side: FarSide, step: Step, reply: str, error: type[aiosmtplib.SMTPException]
) -> None:
    far_side.script(step, reply)
    with pytest.raises(error):
        await send(far_side)
    assert far_side.mails == []
    await send(far_side)
    assert len(far_side.mails) == 1


async def test_refusal_of_ehlo_is_given(far_side: FarSide) -> None:
    far_side.script(Step.EHLO, "502 5.5.1 No such command")
    async with client(far_side) as smtp:
        with pytest.raises(aiosmtplib.SMTPHeloError):
            await smtp.ehlo()


async def test_permanent_reply_lasts_until_taken_back(far_side: FarSide) -> None:
    far_side.always(Step.RCPT, "452 4.2.2 Mailbox full")
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await send(far_side)
    far_side.always(Step.RCPT, None)
    await send(far_side)
    assert len(far_side.mails) == 1


async def test_greylisting_takes_the_second_attempt(far_side: FarSide) -> None:
    far_side.greylisting = True
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await send(far_side)
    assert refused.value.recipients[0].code == 451
    await send(far_side)
    assert len(far_side.mails) == 1


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
async def test_lost_connection_keeps_nothing(far_side: FarSide, step: Step) -> None:
    far_side.script(step, Loss.CONNECTION)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(far_side)
    assert far_side.mails == []


async def test_lost_reply_keeps_the_mail(far_side: FarSide) -> None:
    far_side.script(Step.DATA, Loss.REPLY)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(far_side)
    assert len(far_side.mails) == 1


def test_lost_reply_makes_sense_for_data_only() -> None:
    with pytest.raises(ValueError, match="nothing to keep"):
        FarSide().script(Step.RCPT, Loss.REPLY)


async def test_held_answer_waits_for_the_test(far_side: FarSide) -> None:
    hold = far_side.hold(Step.DATA)
    sending = asyncio.create_task(send(far_side))
    await hold.reached.wait()
    assert not sending.done()
    assert far_side.mails == []
    hold.release()
    await sending
    assert len(far_side.mails) == 1


async def test_stopped_server_cuts_conversations_off_and_comes_back_at_its_port(far_side: FarSide) -> None:
    hold = far_side.hold(Step.DATA)
    sending = asyncio.create_task(send(far_side))
    await hold.reached.wait()
    await far_side.stop()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await sending
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(far_side)
    await far_side.start()
    await send(far_side)
    assert len(far_side.mails) == 1
