"""Authenticity at the door: what each policy does with mail that proves nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from sqlmodel import select

from services.delivery.models import Intake
from services.delivery.outbound.signing import Signer
from shared.contracts.delivery import MailReceived
from tests.services.delivery.authenticity.conftest import GOOD
from tests.services.delivery.authenticity.name_server import NameServer
from tests.services.delivery.installation import BUYER, MARKETPLACE, SELLER_ALIAS, Installation, write_mail

pytestmark = pytest.mark.req("R-MAIL-2")

MOMENT = datetime.now(UTC)
FRONT = {"smtp_trusted_networks": "127.0.0.0/8", "smtp_trusted_names": "mx.front.example"}
RESULTS = f"mx.front.example; dmarc=pass header.from={GOOD}"


@asynccontextmanager
async def door(folder: Path, names: NameServer, policy: str, **more: Any) -> AsyncIterator[Installation]:  # noqa: ANN401 - any setting
    settings: dict[str, Any] = {"smtp_authenticity": policy, "dns_servers": names.address, "dns_seconds": 10} | more
    async with Installation(folder, **settings).running() as delivery:
        await delivery.introduce()
        await delivery.tell(await delivery.approve())
        yield delivery


async def refusal(delivery: Installation, mail: bytes) -> str:
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await delivery.send(BUYER, SELLER_ALIAS, mail)
    return f"{refused.value.code} {refused.value.message}"


async def details(delivery: Installation) -> list[str]:
    async with delivery.database.reading() as session:
        return [row.detail for row in (await session.exec(select(Intake))).all()]


async def test_enforced_a_spoofed_mail_is_refused_and_a_signed_one_taken(
    tmp_path: Path, names: NameServer, signer: Signer
) -> None:
    async with door(tmp_path, names, "enforce") as delivery:
        mail = write_mail(BUYER, SELLER_ALIAS)
        assert (await refusal(delivery, mail)).startswith("550 5.7.26 ")
        assert await details(delivery) == []
        await delivery.send(BUYER, SELLER_ALIAS, await signer.sign(mail, BUYER, MOMENT))
        assert await details(delivery) == ["proven"]


async def test_enforced_a_mail_of_a_domain_that_publishes_nothing_is_refused(tmp_path: Path, names: NameServer) -> None:
    async with door(tmp_path, names, "enforce") as delivery:
        reply = await refusal(delivery, write_mail(BUYER, SELLER_ALIAS))
        assert reply.startswith("550 5.7.26 ")
        assert "message centre" in reply
        assert GOOD not in reply


async def test_enforced_silence_of_the_name_server_is_temporary(
    tmp_path: Path, names: NameServer, signer: Signer
) -> None:
    names.silent |= {name for name, _ in names.records}
    async with door(tmp_path, names, "enforce", dns_seconds=0.2) as delivery:
        mail = await signer.sign(write_mail(BUYER, SELLER_ALIAS), BUYER, MOMENT)
        assert (await refusal(delivery, mail)).startswith("451 4.4.3 ")


async def test_tagged_it_is_taken_and_noted(tmp_path: Path, names: NameServer, signer: Signer) -> None:
    async with door(tmp_path, names, "tag") as delivery:
        await delivery.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS))
        assert await details(delivery) == ["spoofed"]
        assert len(await delivery.hear(MailReceived)) == 1
        assert signer.keys.keys() == {GOOD}


async def test_switched_off_nobody_is_asked(tmp_path: Path, names: NameServer) -> None:
    async with door(tmp_path, names, "off") as delivery:
        await delivery.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS))
        assert await details(delivery) == [""]
    assert names.asked == []


async def test_a_marketplace_has_a_policy_of_its_own(tmp_path: Path, names: NameServer) -> None:
    own = {"smtp_authenticity_by_marketplace": {MARKETPLACE.marketplace_id: "enforce"}}
    async with door(tmp_path, names, "off", **own) as delivery:
        assert (await refusal(delivery, write_mail(BUYER, SELLER_ALIAS))).startswith("550 5.7.26 ")


async def test_a_trusted_front_servers_word_is_taken(tmp_path: Path, names: NameServer, signer: Signer) -> None:
    async with door(tmp_path, names, "enforce", **FRONT) as delivery:
        mail = write_mail(BUYER, SELLER_ALIAS)
        await delivery.send(BUYER, SELLER_ALIAS, f"Authentication-Results: {RESULTS}\r\n".encode() + mail)
        # Its silence is no proof, and signatures are its to look at.
        signed = await signer.sign(mail, BUYER, MOMENT)
        assert (await refusal(delivery, signed)).startswith("550 5.7.26 ")
    assert names.asked == []


async def test_anybody_elses_word_is_not(tmp_path: Path, names: NameServer, signer: Signer) -> None:
    async with door(tmp_path, names, "enforce", smtp_trusted_names="mx.front.example") as delivery:
        mail = f"Authentication-Results: {RESULTS}\r\n".encode() + write_mail(BUYER, SELLER_ALIAS)
        assert (await refusal(delivery, mail)).startswith("550 5.7.26 ")
        assert signer.keys.keys() == {GOOD}
