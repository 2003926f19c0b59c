"""The links in mails to sellers: looking at one changes nothing, its button does its one thing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest

from services.gateway.links.pages import LANGUAGES, read_wording, write_page
from services.gateway.links.service import Subject
from shared.contracts.gateway import MessageMarked
from shared.contracts.vocabulary import Direction, Mark, Role
from shared.links import LinkPurpose
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import SELLER, approved, saying

pytestmark = pytest.mark.req("R-MAIL-7", "R-INBOX-3", "R-INBOX-4")

LATER = datetime.now(UTC) + timedelta(days=30)


async def follow(
    running: Running, method: str, purpose: LinkPurpose, subject: UUID, expires: datetime = LATER
) -> httpx2.Response:
    link = running.gateway.links.write(purpose, subject, expires)
    return await running.world.call(None, method, link.removeprefix(running.gateway.settings.public_url))


async def receive(running: Running) -> UUID:
    """Let a buyer's mail come in and pass the gate."""
    message_id = await running.receive(saying("Quando arriva?"), Direction.BUYER_TO_SELLER)
    await running.tell(approved(message_id, await running.came_in(message_id)))
    return message_id


@pytest.mark.parametrize(
    ("purpose", "mark"),
    [(LinkPurpose.NO_RESPONSE_NEEDED, Mark.NO_RESPONSE_NEEDED), (LinkPurpose.REPORT, Mark.REPORTED)],
)
async def test_get_shows_and_post_marks_once(running: Running, purpose: LinkPurpose, mark: Mark) -> None:
    message_id = await receive(running)
    for method in ("GET", "HEAD"):
        assert (await follow(running, method, purpose, message_id)).status_code == 200
    page = await follow(running, "GET", purpose, message_id)
    assert '<form method="post">' in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert await running.told(MessageMarked) == []
    done = await follow(running, "POST", purpose, message_id)
    assert (await follow(running, "POST", purpose, message_id)).text == done.text
    assert done.status_code == 200
    assert "<form" not in done.text
    (told,) = await running.told(MessageMarked)
    assert (told.message_id, told.mark, told.by) == (message_id, mark, Role.SELLER)


async def test_a_report_stays_a_report(running: Running) -> None:
    message_id = await receive(running)
    await follow(running, "POST", LinkPurpose.REPORT, message_id)
    await follow(running, "POST", LinkPurpose.NO_RESPONSE_NEEDED, message_id)
    assert [told.mark for told in await running.told(MessageMarked)] == [Mark.REPORTED]


async def test_a_link_that_expired_says_so_in_the_sellers_language(running: Running) -> None:
    message_id = await receive(running)
    for method in ("GET", "POST"):
        page = await follow(running, method, LinkPurpose.REPORT, message_id, datetime.now(UTC))
        # Links are rounded up to the minute.
        assert page.status_code == 200
        page = await follow(running, method, LinkPurpose.REPORT, message_id, datetime.now(UTC) - timedelta(minutes=1))
        assert page.status_code == 410
        assert read_wording("it")["expired"]["title"] in page.text
    assert len(await running.told(MessageMarked)) == 1


async def test_forged_links_and_those_of_nothing_do_nothing(running: Running) -> None:
    message_id = await receive(running)
    sent = await running.world.send()
    good = running.gateway.links.write(LinkPurpose.REPORT, message_id, LATER).rpartition("/")[2]
    for token in (good[:-1] + ("a" if good[-1] != "a" else "b"), "x" * len(good), "a", good + "a"):
        assert (await running.world.call(None, "POST", f"/links/{token}")).status_code == 404
    for subject in (uuid4(), sent):
        assert (await follow(running, "POST", LinkPurpose.REPORT, subject)).status_code == 404
    # A link of one purpose is good for no other.
    assert (await follow(running, "POST", LinkPurpose.CONFIRM_SENDER, message_id)).status_code == 404
    assert await running.told(MessageMarked) == []


async def test_a_message_that_the_gate_has_not_passed_has_no_page(running: Running) -> None:
    message_id = await running.receive(saying("Quando arriva?"), Direction.BUYER_TO_SELLER)
    assert (await follow(running, "GET", LinkPurpose.REPORT, message_id)).status_code == 404


async def test_pages_say_it_in_every_language_and_escape_names() -> None:
    english = read_wording("en")
    subject = Subject("", '<b onclick="x">Verdi</b>', "Amazon.it", "123-1234567-1234567")
    for language in LANGUAGES:
        words = read_wording(language)
        assert {page: set(phrases) for page, phrases in words.items()} == {
            page: set(phrases) for page, phrases in english.items()
        }
        for page in words:
            html = write_page(page, Subject(language, subject.business, subject.marketplace))
            assert f'<html lang="{language}">' in html
            assert "<b onclick" not in html
            assert "{" not in html
    assert LANGUAGES == ("de", "en", "es", "fr", "it", "ja")
    assert '<html lang="en">' in write_page("report", Subject("pl-PL", "", ""))


async def test_the_seller_sees_the_mark_in_the_message_centre(running: Running) -> None:
    message_id = await receive(running)
    await follow(running, "POST", LinkPurpose.NO_RESPONSE_NEEDED, message_id)
    assert (await running.world.read(SELLER, message_id))["mark"] == "no_response_needed"
