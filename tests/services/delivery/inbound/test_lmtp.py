"""The LMTP door (RFC 2033): a front mail server hears of each recipient apart."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.contracts.delivery import MailReceived
from tests.services.delivery.installation import (
    BUYER,
    BUYER_ALIAS,
    SELLER,
    SELLER_ALIAS,
    Installation,
    write_mail,
)

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-3")


@pytest.fixture
async def lmtp(tmp_path: Path) -> AsyncIterator[Installation]:
    """Give a service with an LMTP door that knows both parties and their aliases."""
    async with Installation(tmp_path, lmtp_port=0).running() as delivery:
        await delivery.introduce()
        await delivery.tell(await delivery.approve())
        yield delivery


async def talk(delivery: Installation, said: bytes) -> list[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", delivery.app.state.door.lmtp_port)
    writer.write(said)
    answer = (await reader.read()).decode()
    writer.close()
    return [line for line in answer.splitlines() if line[3:4] == " "]


def envelope(sender: str, *recipients: str) -> bytes:
    lines = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA"]
    return b"LHLO front.example\r\n" + "".join(f"{line}\r\n" for line in lines).encode()


async def test_each_recipient_taken_is_answered_once_after_the_content(lmtp: Installation) -> None:
    unknown = "nobody12345@marketplace.amazon.it"
    mail = write_mail(BUYER, SELLER_ALIAS)
    answers = await talk(lmtp, envelope(BUYER, unknown, SELLER_ALIAS, SELLER_ALIAS) + mail + b".\r\nQUIT\r\n")
    assert [answer[:3] for answer in answers] == ["220", "250", "250", "550", "250", "250", "354", "250", "250", "221"]
    assert len(await lmtp.hear(MailReceived)) == 1


async def test_a_refusal_for_one_recipient_is_not_the_others(lmtp: Installation) -> None:
    """The From address is the buyer's: rightful towards the seller's alias, nobody's towards the buyer's own."""
    await lmtp.tell(lmtp.seller(2, SELLER), lmtp.buyer(2, BUYER, SELLER))
    mail = write_mail(BUYER, SELLER_ALIAS)
    answers = await talk(lmtp, envelope(SELLER, BUYER_ALIAS, SELLER_ALIAS) + mail + b".\r\nQUIT\r\n")
    assert [answer[:3] for answer in answers] == ["220", "250", "250", "250", "250", "354", "550", "250", "221"]
    assert len(await lmtp.hear(MailReceived)) == 1


@pytest.mark.parametrize("greeting", [b"EHLO x.example\r\n", b"HELO x.example\r\n"])
async def test_it_greets_with_lhlo_only(lmtp: Installation, greeting: bytes) -> None:
    assert (await talk(lmtp, greeting + b"QUIT\r\n"))[1].startswith("500 ")


async def test_without_a_setting_there_is_no_such_door(delivery: Installation) -> None:
    assert delivery.app.state.door.lmtp_port is None
