"""The mail with the link that confirms a sender address."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

import pytest

from services.delivery.models import QueuedMail
from services.delivery.outbound import store
from services.delivery.outbound.catalogue import LANGUAGES, read_wording
from shared.contracts.facts import Sealed
from shared.contracts.gateway import SenderRequested
from shared.links import LinkPurpose, Links
from tests.infrastructure.smtp import FarSide, Step
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import BUSINESS, DOMAIN, MARKETPLACE, Installation, read_box

pytestmark = pytest.mark.req("R-MAIL-2")

NEWCOMER = "nuova@bottega-verdi.example"
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def request(delivery: Installation, language: str = "it") -> SenderRequested:
    return SenderRequested(
        request_id=uuid4(),
        seller_id="seller-1",
        business_name=BUSINESS,
        language=language,
        address=Sealed(box=delivery.keys.seal_text(NEWCOMER, "address")),
        marketplace=MARKETPLACE,
        requested_at=NOW,
        expires_at=NOW + timedelta(hours=72),
    )


async def mails(delivery: Installation, count: int = 1) -> list[EmailMessage]:
    def enough() -> list[bytes]:
        found = read_box(delivery.mail_folder / NEWCOMER)
        return found if len(found) >= count else []

    found = await until(enough, f"{count} mails to the new address")
    return [message_from_bytes(mail, policy=policy.default) for mail in found]


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_asks_in_the_sellers_language_plain_and_html(delivery: Installation, language: str) -> None:
    told = request(delivery, language)
    await delivery.tell(told, told)
    (mail,) = await mails(delivery)
    words = read_wording(language).confirmation
    assert mail["Subject"] == words["subject"]
    assert mail["From"].addresses[0].addr_spec == f"no-reply@{DOMAIN}"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == language
    links = Links.of(delivery.keys, delivery.settings.public_url)
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert BUSINESS in text
        assert "{" not in text
        (token,) = set(re.findall(r"/links/([a-z2-7]+)", text))
        link = links.read(token)
        assert link is not None
        assert (link.purpose, link.subject, link.expires_at) == (
            LinkPurpose.CONFIRM_SENDER,
            told.request_id,
            told.expires_at,
        )


async def test_it_is_sent_once_with_the_null_sender_and_shown_without_addresses(
    relaying: Installation, far_side: FarSide
) -> None:
    told = request(relaying)
    hold = far_side.hold(Step.DATA)
    await relaying.tell(told, told.model_copy())
    await hold.reached.wait()
    shown = (await relaying.ask("GET", f"/internal/queue/{told.request_id}")).json()
    assert (shown["kind"], shown["thread_id"]) == ("confirmation", None)
    assert NEWCOMER not in str(shown)
    hold.release()
    (mail,) = await far_side.wait_for_count(1)
    assert mail.sender == "<>"


@pytest.mark.req("R-MAIL-4")
async def test_an_address_that_does_not_exist_ends_there(relaying: Installation, far_side: FarSide) -> None:
    far_side.script(Step.RCPT, "550 5.1.1 unknown")
    told = request(relaying)
    await relaying.tell(told)

    async def bounced() -> QueuedMail | None:
        async with relaying.database.reading() as session:
            mail = await store.get_mail(session, told.request_id)
        return mail if mail is not None and mail.state == "bounced" else None

    await until(bounced, "the mail to bounce")
    assert relaying.told == []
    assert far_side.mails == []
