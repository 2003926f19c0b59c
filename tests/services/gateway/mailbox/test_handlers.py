"""What other services tell, and what becomes of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared import inbox
from shared.contracts.facts import Content
from shared.contracts.gateway import MessageSubmitted
from shared.contracts.metrics import TurnClosed, TurnOpened, TurnOverdue
from shared.contracts.vocabulary import Channel, Direction, Kind
from shared.events import encode_event
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import (
    BUYER,
    MARKETPLACE,
    ORDER,
    OTHER_ORDER,
    SELLER,
    THREAD,
    approved,
    deferred,
    delivered,
    mail,
    order_body,
    saying,
)

TO_SELLER, TO_BUYER = Direction.BUYER_TO_SELLER, Direction.SELLER_TO_BUYER


@pytest.mark.req("R-MAIL-1")
async def test_a_buyer_s_mail_becomes_a_message_of_the_thread(anywhere: Running) -> None:
    asked = await anywhere.world.send()
    await anywhere.approve(asked)
    mail_id = await anywhere.receive(saying("Blu, per favore"), TO_SELLER, answers=asked)
    told = (await anywhere.told(MessageSubmitted))[-1].message
    assert (told.message_id, told.thread_id, told.order_id) == (mail_id, THREAD, ORDER)
    assert (told.channel, told.kind, told.direction, told.presale) == (Channel.EMAIL, Kind.REPLY, TO_SELLER, False)
    assert (told.reason, told.language) == (None, "it")
    await anywhere.approve(mail_id)
    read = await anywhere.world.read(SELLER, mail_id)
    assert (read["text"], read["in_reply_to"]) == ("Blu, per favore", str(asked))


async def test_a_seller_s_answer_is_a_reply_as_soon_as_the_buyer_s_mail_is_named(running: Running) -> None:
    """Delivery may hand on the answer before the gate's approval of what it answers has come here."""
    question = await running.receive(saying("Quando arriva?"), TO_SELLER)
    answer = await running.receive(saying("Domani"), TO_BUYER, answers=question)
    assert (await running.world.read(SELLER, answer))["kind"] == "reply"


async def test_a_mail_that_names_no_message_follows_the_latest(running: Running) -> None:
    question = await running.receive(saying("Quando arriva?"), TO_SELLER)
    early = await running.receive(saying("Ecco la fattura"), TO_BUYER)
    assert (await running.world.read(SELLER, early))["kind"] == "proactive"
    await running.approve(question)
    later = await running.receive(saying("Domani"), TO_BUYER)
    assert (await running.world.read(SELLER, later))["kind"] == "reply"


async def test_a_mail_follows_what_was_approved_in_the_same_batch(running: Running) -> None:
    question = await running.receive(saying("Quando arriva?"), TO_SELLER)
    answer, content = uuid4(), await running.gateway.blobs.seal_content(saying("Domani"))
    passed = approved(question, await running.came_in(question))
    await running.tell(passed, mail(answer, content, TO_BUYER))
    assert (await running.world.read(SELLER, answer))["kind"] == "reply"


async def test_a_mail_is_about_the_order_that_it_names(running: Running) -> None:
    newer = "111-0000008-0000008"
    await running.world.ok("operator", "PUT", f"/v1/orders/{newer}", order_body(placed_at="2026-03-08T10:00:00Z"))
    for text, subject, expected in (
        (f"Riguardo a {ORDER}", "Domanda", ORDER),
        ("Riguardo a quello", f"Ordine {ORDER}", ORDER),
        (f"Riguardo a {OTHER_ORDER}, poi {ORDER}", "Domanda", ORDER),
        (f"Riguardo a {OTHER_ORDER}", "Domanda", newer),
        ("Nessun numero", "Domanda", newer),
    ):
        message = await running.receive(saying(text, subject), TO_SELLER)
        assert (await running.world.read(BUYER, message))["order_id"] == expected, text


async def test_the_order_of_the_answered_message_counts_before_the_latest(running: Running) -> None:
    asked = await running.world.send()
    await running.approve(asked)
    newer = "111-0000008-0000008"
    await running.world.ok("operator", "PUT", f"/v1/orders/{newer}", order_body(placed_at="2026-03-08T10:00:00Z"))
    message = await running.receive(saying("Rosso"), TO_SELLER, answers=asked)
    assert (await running.world.read(BUYER, message))["order_id"] == ORDER


async def test_an_answer_to_another_thread_s_message_answers_nothing(running: Running) -> None:
    message = await running.receive(saying("Rosso"), TO_SELLER, answers=uuid4())
    read = await running.world.read(BUYER, message)
    assert (read["in_reply_to"], read["kind"]) == (None, "proactive")


async def test_a_mail_before_any_order_is_presale(running: Running) -> None:
    event = mail(uuid4(), await running.gateway.blobs.seal_content(saying("Avete tazze?")), TO_SELLER)
    await running.world.ok("operator", "PUT", "/v1/buyers/new", {"address": "nuovo@posta.example", "language": "fr"})
    other = event.model_copy(update={"buyer_id": "new", "thread_id": uuid4()})
    await running.tell(other)
    read = await running.world.read("operator", other.mail_id)
    assert (read["presale"], read["order_id"]) == (True, None)


async def test_a_long_mail_is_opened_where_it_lies(running: Running) -> None:
    sealed = await running.gateway.blobs.seal_content(Content(subject="Lunga", text=f"{ORDER} " + "x" * 200_000))
    assert sealed.blob is not None
    event = mail(uuid4(), sealed, TO_SELLER)
    await running.tell(event)
    assert len((await running.world.read(BUYER, event.mail_id))["text"]) > 200_000


@pytest.mark.req("R-MAIL-3")
async def test_the_same_mail_twice_is_one_message(running: Running) -> None:
    event = mail(uuid4(), await running.gateway.blobs.seal_content(saying("Una volta")), TO_SELLER)
    record = encode_event(event, "delivery")
    await running.bus.publish([record])
    await running.bus.publish([record])
    await running.tell(event)
    assert len((await running.world.ok(BUYER, "GET", "/v1/messages"))["items"]) == 1
    assert len(await running.told(MessageSubmitted)) == 1


async def test_a_mail_waits_for_a_party_that_is_not_known_yet(running: Running) -> None:
    event = mail(uuid4(), await running.gateway.blobs.seal_content(saying("Ciao")), TO_SELLER)
    early = event.model_copy(update={"buyer_id": "late"})
    telling = asyncio.create_task(running.tell(early))
    await running.world.ok("operator", "PUT", "/v1/buyers/late", {"address": "tardi@posta.example", "language": "it"})
    await telling
    assert (await running.world.read("operator", early.mail_id))["status"] == "submitted"


async def test_an_event_about_an_unknown_message_is_kept_for_an_operator(running: Running) -> None:
    await running.tell(delivered(uuid4()))
    async with running.gateway.database.reading() as session:
        assert await inbox.count_dead(session) == 1


@pytest.mark.req("R-INBOX-6")
async def test_the_history_shows_every_attempt(running: Running) -> None:
    message = await running.world.send()
    await running.approve(message)
    await running.tell(deferred(message), deferred(message), delivered(message))
    history = (await running.world.read(SELLER, message))["history"]
    assert [step["status"] for step in history] == ["submitted", "approved", "deferred", "deferred", "delivered"]
    assert (history[2]["reply_code"], history[2]["attempt"]) == ("451 4.7.1", 1)
    assert history[2]["next_attempt_at"] > history[2]["at"]
    shown = (await running.world.read(BUYER, message))["history"]
    assert [step["status"] for step in shown] == ["approved", "deferred", "deferred", "delivered"]
    assert {step["reply_code"] for step in shown} == {None}


def turn(contract: type[TurnOpened] | type[TurnOverdue], opened_at: datetime) -> TurnOpened | TurnOverdue:
    return contract(
        thread_id=THREAD, seller_id=SELLER, marketplace_id=MARKETPLACE, message_id=uuid4(), opened_at=opened_at
    )


@pytest.mark.req("R-INBOX-1", "R-METRICS-1")
async def test_a_thread_shows_since_when_a_buyer_waits(running: Running) -> None:
    await running.approve(await running.world.answer(BUYER, order_id=ORDER))
    since = datetime.now(UTC) - timedelta(hours=30)
    needed = {"response_needed": "true"}

    async def waiting() -> list[tuple[str, bool]]:
        items = (await running.world.ok(SELLER, "GET", "/v1/threads", params=needed))["items"]
        return [(item["response_needed_since"], item["response_overdue"]) for item in items]

    assert await waiting() == []
    await running.tell(turn(TurnOpened, since))
    shown = since.isoformat().replace("+00:00", "Z")
    assert await waiting() == [(shown, False)]
    await running.tell(turn(TurnOverdue, since))
    assert await waiting() == [(shown, True)]
    closed = TurnClosed(
        thread_id=THREAD,
        seller_id=SELLER,
        marketplace_id=MARKETPLACE,
        message_id=uuid4(),
        opened_at=since,
        closed_at=datetime.now(UTC),
        counted=True,
    )
    await running.tell(closed)
    assert await waiting() == []
    await running.tell(turn(TurnOverdue, since))
    assert await waiting() == []
