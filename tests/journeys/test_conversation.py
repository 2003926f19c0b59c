"""The whole conversation, through the doors that people use, however the services are run."""

from email.message import EmailMessage

import httpx2
import pytest

from services.demo.doors import Doors, open_doors
from services.demo.journey import ANSWER, BUYER_ADDRESS, FOLLOW_UP, QUESTION, SELLER_ADDRESS, SERVICE_ADDRESS, Journey
from services.demo.mailboxes import Mailboxes, read_text
from services.demo.market import MARKETPLACE
from tests.journeys.conftest import Running
from tests.journeys.installation import Installation

pytestmark = [pytest.mark.timeout(180)]

JOURNEY = pytest.mark.req(
    "R-ALIAS-1",
    "R-ALIAS-2",
    "R-ALIAS-3",
    "R-POLICY-1",
    "R-POLICY-2",
    "R-MAIL-1",
    "R-MAIL-7",
    "R-MAIL-8",
    "R-METRICS-1",
    "R-ORDER-3",
)


async def play(installation: Installation, mailboxes: Mailboxes, edition: int = 0) -> Journey:
    async with open_doors(installation.base_url, installation.smtp, mailboxes, patience=60) as doors:
        journey = Journey(doors, installation.operator, edition)
        titles = [step.title async for step in journey.play()]
    assert len(titles) == 12
    check_mailboxes(mailboxes, journey)
    return journey


def check_mailboxes(mailboxes: Mailboxes, journey: Journey) -> None:
    """Every mail once, from the right name, with no trace of the other side's real address."""
    to_buyer = list_mails(mailboxes, BUYER_ADDRESS, journey)
    to_seller = list_mails(mailboxes, SERVICE_ADDRESS, journey)
    assert sorted(len([m for m in to_buyer if text in flat(read_text(m))]) for text in (QUESTION, FOLLOW_UP)) == [1, 1]
    assert len([mail for mail in to_seller if ANSWER in flat(read_text(mail))]) == 1
    assert len([mail for mail in to_seller if journey.is_notice(mail)]) == 1
    (update,) = [mail for mail in to_buyer if journey.is_notice(mail)]
    assert "2,50" in read_text(update)
    assert SERVICE_ADDRESS not in update.as_string()
    for mail in to_buyer:
        if mail is update:
            continue
        sender = mail["From"].addresses[0]
        assert sender.display_name == "Ceramiche Ferrante"
        assert len(sender.addr_spec) == 35
        assert sender.addr_spec.endswith("@" + str(MARKETPLACE["alias_domain"]))
        for secret in (SELLER_ADDRESS, SERVICE_ADDRESS, "ceramiche-ferrante.example"):
            assert secret not in mail.as_string()
        assert journey.order_id in mail["Subject"]
    for mail in to_seller:
        assert BUYER_ADDRESS not in mail.as_string()
        assert "posta.example" not in mail.as_string()
    question = next(mail for mail in to_buyer if QUESTION in flat(read_text(mail)))
    follow_up = next(mail for mail in to_buyer if FOLLOW_UP in flat(read_text(mail)))
    # The buyer's client knows its own mail by its own Message-ID.
    assert follow_up["In-Reply-To"] == f"<answer-{journey.edition}@posta.example>"
    assert question["Message-ID"] in follow_up["References"]


def list_mails(mailboxes: Mailboxes, address: str, journey: Journey) -> list[EmailMessage]:
    return [mail for mail in mailboxes.list_mails(address) if journey.order_id in mail.as_string()]


def flat(text: str) -> str:
    return " ".join(line for line in text.splitlines() if not line.startswith(">")).replace("  ", " ")


@JOURNEY
async def test_in_one_process(one_process: Running) -> None:
    installation, mailboxes = one_process
    journey = await play(installation, mailboxes)
    async with open_doors(installation.base_url, installation.smtp, mailboxes) as doors:
        await check_stream(doors, journey)
        await check_rejection(doors, journey)


async def check_stream(doors: Doors, journey: Journey) -> None:
    """The seller's stream tells what happened from the beginning, to whoever asks for it again."""
    seen = ""
    headers = {"Authorization": f"Bearer {journey.tokens['ceramiche']}", "Last-Event-ID": "0"}
    async with doors.http.stream("GET", "/v1/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for chunk in stream.aiter_text():
            seen += chunk
            if journey.messages["coupon"] in seen and "rejected" in seen:
                break
    assert journey.messages["ask"] in seen
    assert BUYER_ADDRESS not in seen


async def check_rejection(doors: Doors, journey: Journey) -> None:
    """The finding names rule, place and way out, and only its author reads it."""
    path = f"/v1/messages/{journey.messages['coupon']}"
    message = await doors.call("GET", path, journey.tokens["ceramiche"])
    finding = next(f for f in message["findings"] if f["rule"] == "content.promotion")
    start, end = finding["span"]
    assert finding["excerpt"] == message[finding["field"]][start:end][:80]
    assert finding["message"]
    assert finding["advice"]
    answer = await doors.http.get(path, headers={"Authorization": f"Bearer {journey.tokens['anna']}"})
    assert answer.status_code == httpx2.codes.NOT_FOUND
