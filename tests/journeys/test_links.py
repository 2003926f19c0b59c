"""The links in mails, from mailbox to effect, through the doors that people use."""

import re
from email.message import EmailMessage

import httpx2
import pytest

from services.demo.doors import Doors, Refused, open_doors
from services.demo.journey import ANSWER, BUYER_ADDRESS, SELLER, SERVICE_ADDRESS, Journey
from services.demo.mailboxes import Mailboxes, read_text
from services.demo.market import MARKETPLACE_ID
from tests.journeys.installation import Installation

pytestmark = [pytest.mark.timeout(180)]

NEWCOMER = "giulia@ceramiche-ferrante.example"
TEXT = "Buongiorno, la tazza blu parte domani mattina. Il manico lo preferisce tondo?"
Running = tuple[Installation, Mailboxes]


def find_links(mail: EmailMessage) -> list[str]:
    """Return the paths of our links in a mail, in order, each once."""
    return list(dict.fromkeys(re.findall(r"https?://[^/\s]+(/links/[a-z2-7]{60})", read_text(mail))))


async def follow(doors: Doors, method: str, path: str) -> httpx2.Response:
    """Follow a link without any token."""
    answer = await doors.http.request(method, path)
    assert answer.headers["content-type"].startswith("text/html")
    return answer


def write_mail(buyer_alias: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Giulia <{NEWCOMER}>"
    mail["To"] = buyer_alias
    mail["Subject"] = "Il suo ordine"
    mail["Message-ID"] = "<once-1@ceramiche-ferrante.example>"
    mail.set_content(TEXT)
    return mail


@pytest.mark.req("R-MAIL-2")
async def test_a_refused_mail_passes_once_its_sender_confirmed_the_address(one_process: Running) -> None:
    installation, mailboxes = one_process
    async with open_doors(installation.base_url, installation.smtp, mailboxes, patience=60) as doors:
        journey = Journey(doors, installation.operator)
        await journey.record()
        await journey.ask()
        await journey.read_question()
        await journey.answer()
        await journey.read_answer()
        buyer_alias = str(journey._mails["answer"]["From"].addresses[0].addr_spec)  # noqa: SLF001 - the journey's own mail
        mail = write_mail(buyer_alias)
        with pytest.raises(Refused, match=r"550 5\.7\.1 .*confirms it by the link"):
            await doors.send_mail(mail, buyer_alias)

        asked = await doors.call(
            "POST",
            f"/v1/sellers/{SELLER}/sender-addresses",
            journey.tokens[SELLER],
            {"address": NEWCOMER, "marketplace_id": MARKETPLACE_ID},
        )
        assert asked["status"] == "pending"
        letter = await doors.await_mail(NEWCOMER, lambda _: True, "the mail with the link")
        (path,) = find_links(letter)
        assert (await follow(doors, "GET", path)).status_code == 200
        with pytest.raises(Refused, match=r"550 5\.7\.1"):
            await doors.send_mail(mail, buyer_alias)

        assert (await follow(doors, "POST", path)).status_code == 200

        async def send() -> str | None:
            try:
                return await doors.send_mail(mail, buyer_alias)
            except Refused:
                return None

        await doors.insist(send, "the very same mail to be taken")
        words = TEXT.partition(".")[0]
        arrived = await doors.await_mail(
            BUYER_ADDRESS, lambda found: words in read_text(found), "the mail at the buyer's"
        )
        assert NEWCOMER not in arrived.as_string()


@pytest.mark.req("R-MAIL-7", "R-INBOX-3")
async def test_a_seller_says_from_the_mail_that_no_response_is_needed(one_process: Running) -> None:
    installation, mailboxes = one_process
    async with open_doors(installation.base_url, installation.smtp, mailboxes, patience=60) as doors:
        journey = Journey(doors, installation.operator)
        await journey.record()
        await journey.ask()
        await journey.read_question()
        await journey.answer()
        letter = await doors.await_mail(SERVICE_ADDRESS, lambda mail: ANSWER in read_text(mail), "the buyer's answer")
        done, report = find_links(letter)
        for path in (done, report, done, report):
            page = await follow(doors, "GET", path)
            assert '<html lang="it">' in page.text
        assert await read_marks(doors, journey) == [None]
        assert (await follow(doors, "POST", done)).status_code == 200
        assert await read_marks(doors, journey) == ["no_response_needed"]
        to_buyer = [mail for mail in mailboxes.list_mails(BUYER_ADDRESS) if find_links(mail)]
        assert to_buyer == []
        assert (await follow(doors, "POST", done[:-1] + ("a" if done[-1] != "a" else "b"))).status_code == 404


async def read_marks(doors: Doors, journey: Journey) -> list[str | None]:
    """Return what the seller says of the buyer's messages, by the API."""
    page = await doors.call("GET", "/v1/messages?direction=buyer_to_seller", journey.tokens[SELLER])
    return [item["mark"] for item in page["items"]]
