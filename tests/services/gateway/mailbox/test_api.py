"""Messages through the API: sending, reading, status, marks, and who sees what."""

from uuid import UUID, uuid4

import pytest

from shared.contracts.facts import Content, FindingFacts
from shared.contracts.gateway import MessageMarked, MessageSubmitted
from shared.contracts.vocabulary import Direction, Kind, Mark, Role, Severity
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import (
    ALIASES,
    BUYER,
    BUYER_ADDRESS,
    BUYER_ALIAS,
    MARKETPLACE,
    ORDER,
    OTHER_BUYER,
    OTHER_ORDER,
    OTHER_SELLER,
    SELLER,
    SERVICE_ADDRESS,
    THREAD,
    approved,
    bounced,
    delivered,
    message_body,
    order_body,
    rejected,
)

COUPON = FindingFacts(
    rule="content.promotion",
    severity=Severity.BLOCK,
    field="text",
    start=6,
    end=12,
    message="The message advertises.",
    advice="Leave the coupon out.",
)


@pytest.mark.req("R-CONTACT-3")
async def test_a_seller_writes_about_an_order(running: Running) -> None:
    response = await running.world.call(SELLER, "POST", "/v1/messages", message_body())
    answer = response.json()
    assert response.status_code == 201
    assert answer["status"] == "submitted"
    assert answer["thread_id"] == str(THREAD)
    assert response.headers["Location"] == answer["links"]["self"]
    (told,) = await running.told(MessageSubmitted)
    assert str(told.message.message_id) == answer["id"]
    assert (told.message.kind, told.message.order_id, told.message.presale) == (Kind.PROACTIVE, ORDER, False)
    assert told.message.language == "it"
    assert told.message.requirement.model_dump() == {"order_version": 1, "buyer_version": 1, "seller_version": 1}
    content = await running.gateway.blobs.open_content(told.content)
    assert content.text == "Quale colore preferisce?"
    assert ORDER in content.subject


async def test_content_is_sealed_where_it_rests(running: Running) -> None:
    sealed = await running.came_in(await running.world.send(text="parola segretissima"))
    assert sealed.box is not None
    assert "segretissima" not in sealed.box


@pytest.mark.req("R-INBOX-6", "R-POLICY-2")
async def test_the_author_reads_why_a_message_was_rejected(running: Running) -> None:
    message = await running.world.send(text="Ecco: SCONTO subito")
    await running.tell(rejected(message, COUPON))
    read = await running.world.read(SELLER, message)
    assert read["status"] == "rejected"
    assert [step["status"] for step in read["history"]] == ["submitted", "rejected"]
    (finding,) = read["findings"]
    assert finding["excerpt"] == "SCONTO"
    assert (finding["rule"], finding["span"], finding["advice"]) == (
        "content.promotion",
        [6, 12],
        "Leave the coupon out.",
    )
    assert read["rule_set"] == "rules-1"


@pytest.mark.req("R-PRIVACY-3")
async def test_the_other_side_sees_a_message_once_the_gate_let_it_pass(running: Running) -> None:
    world = running.world
    message = await world.send(text="Apra https://spia.example per favore")
    path = f"/v1/messages/{message}"
    assert (await world.call(BUYER, "GET", path)).status_code == 404
    assert (await world.ok(BUYER, "GET", "/v1/threads"))["items"] == []
    mended = await running.gateway.blobs.seal_content(Content(subject="Oggetto", text="Apra per favore"))
    await running.tell(approved(message, mended, COUPON), delivered(message))
    read = await world.read(BUYER, message)
    assert (read["text"], read["findings"], read["rule_set"]) == ("Apra per favore", [], None)
    assert [step["status"] for step in read["history"]] == ["approved", "delivered"]
    assert (await world.read(SELLER, message))["text"] == "Apra https://spia.example per favore"
    assert (await world.ok(BUYER, "GET", "/v1/threads"))["items"][0]["unread"] == 1


@pytest.mark.req("R-PRIVACY-3")
async def test_a_rejected_message_stays_with_its_author_and_operators(running: Running) -> None:
    message = await running.world.send()
    await running.tell(rejected(message))
    for who, status in ((BUYER, 404), (OTHER_SELLER, 404), (OTHER_BUYER, 404), (SELLER, 200), ("operator", 200)):
        assert (await running.world.call(who, "GET", f"/v1/messages/{message}")).status_code == status, who
        listed = await running.world.ok(who, "GET", "/v1/messages")
        assert len(listed["items"]) == (1 if status == 200 else 0), who


@pytest.mark.req("R-ALIAS-6", "R-ALIAS-1")
async def test_no_answer_shows_a_real_address(running: Running) -> None:
    world = running.world
    await running.tell(ALIASES)
    await running.receive(
        Content(subject=f"Da {BUYER_ADDRESS}", text=f"Scrivetemi a {BUYER_ADDRESS.upper()}, grazie"),
        Direction.BUYER_TO_SELLER,
    )
    (received,) = (await world.ok("operator", "GET", "/v1/messages"))["items"]
    await running.approve(UUID(received["id"]))
    sent = await world.send(text=f"Risposte a {SERVICE_ADDRESS}")
    await running.approve(sent)
    await running.tell(bounced(sent, f"550 5.1.1 <{BUYER_ADDRESS}>: no such user"))
    for who in ("operator", SELLER, BUYER):
        for path in ("/v1/messages", f"/v1/threads/{THREAD}", "/v1/threads", "/v1/orders"):
            text = (await world.call(who, "GET", path)).text
            if who != BUYER:
                assert BUYER_ADDRESS not in text.lower(), (who, path)
            if who != SELLER:
                assert SERVICE_ADDRESS not in text.lower(), (who, path)
    seen = await world.read(SELLER, UUID(received["id"]))
    assert seen["text"] == f"Scrivetemi a {BUYER_ALIAS}, grazie"
    history = (await world.read(SELLER, sent))["history"]
    assert history[-1]["reply_code"] == "550 5.1.1"


async def test_a_seller_knows_the_buyer_by_alias_only(running: Running) -> None:
    await running.tell(ALIASES)
    message = await running.world.send()
    for path in (f"/v1/messages/{message}", "/v1/messages", "/v1/threads", f"/v1/threads/{THREAD}", "/v1/orders"):
        text = (await running.world.call(SELLER, "GET", path)).text
        assert BUYER not in text, path
        assert BUYER_ALIAS in text, path


@pytest.mark.req("R-INBOX-6")
async def test_status_is_the_furthest_whatever_order_events_come_in(running: Running) -> None:
    message = await running.world.send()
    await running.tell(delivered(message))
    assert (await running.world.read(SELLER, message))["status"] == "delivered"
    assert (await running.world.call(BUYER, "GET", f"/v1/messages/{message}")).status_code == 404
    await running.approve(message)
    read = await running.world.read(SELLER, message)
    assert read["status"] == "delivered"
    assert {step["status"] for step in read["history"]} == {"submitted", "approved", "delivered"}
    assert (await running.world.read(BUYER, message))["status"] == "delivered"
    await running.tell(bounced(message, "554 5.0.0 came back"))
    assert (await running.world.read(SELLER, message))["status"] == "bounced"


async def test_a_buyer_answers_and_the_subject_is_taken_over(running: Running) -> None:
    message = await running.world.send(subject="Colore della tazza")
    await running.approve(message)
    reply = await running.world.answer(BUYER, in_reply_to=str(message))
    read = await running.world.read(BUYER, reply)
    assert (read["kind"], read["order_id"], read["in_reply_to"]) == ("reply", ORDER, str(message))
    assert read["subject"] == "Re: Colore della tazza"


async def test_an_answer_needs_no_reason_and_a_beginning_does(running: Running) -> None:
    world = running.world
    missing = await world.call(SELLER, "POST", "/v1/messages", {"order_id": ORDER, "text": "Buongiorno"})
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["field"] == "reason"
    question = await world.answer(BUYER, order_id=ORDER)
    await running.approve(question)
    answer = await world.read(SELLER, await world.answer(SELLER, thread_id=str(THREAD)))
    assert (answer["kind"], answer["order_id"]) == ("reply", ORDER)


async def test_a_buyer_writes_before_any_order(running: Running) -> None:
    message = await running.world.answer(OTHER_BUYER, marketplace_id=MARKETPLACE, seller_id=SELLER)
    read = await running.world.read(OTHER_BUYER, message)
    assert (read["presale"], read["order_id"], read["kind"]) == (True, None, "proactive")
    assert read["subject"] == "Eine Frage"


async def test_a_buyer_with_an_order_is_not_before_any_order(running: Running) -> None:
    message = await running.world.answer(BUYER, marketplace_id=MARKETPLACE, seller_id=SELLER)
    read = await running.world.read(BUYER, message)
    assert (read["presale"], read["order_id"]) == (False, None)


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("who", "fields", "status", "field"),
    [
        (SELLER, {"order_id": OTHER_ORDER}, 404, "order_id"),
        (SELLER, {"order_id": "999-0000009-0000009"}, 404, "order_id"),
        (SELLER, {"order_id": None, "thread_id": str(uuid4())}, 404, "thread_id"),
        (SELLER, {"order_id": None, "in_reply_to": str(uuid4())}, 404, "in_reply_to"),
        (SELLER, {"order_id": None}, 422, "order_id"),
        (SELLER, {"order_id": None, "marketplace_id": MARKETPLACE, "seller_id": SELLER}, 422, "seller_id"),
        (BUYER, {}, 422, "reason"),
        (BUYER, {"reason": None, "order_id": None, "seller_id": SELLER}, 422, "marketplace_id"),
        (BUYER, {"reason": None, "order_id": None, "marketplace_id": MARKETPLACE}, 422, "seller_id"),
        (BUYER, {"reason": None, "order_id": None, "marketplace_id": "XX", "seller_id": SELLER}, 422, "marketplace_id"),
        (BUYER, {"reason": None, "order_id": None, "marketplace_id": MARKETPLACE, "seller_id": "XX"}, 422, "seller_id"),
        (BUYER, {"reason": None, "marketplace_id": MARKETPLACE, "seller_id": OTHER_SELLER}, 422, "seller_id"),
        (SELLER, {"text": ""}, 422, "text"),
        (SELLER, {"text": " \n\t"}, 422, "text"),
        (SELLER, {"text": "nul \u0000"}, 422, "text"),
        (SELLER, {"text": "x" * 20_001}, 422, "text"),
        (SELLER, {"subject": "due\nrighe"}, 422, "subject"),
        (SELLER, {"subject": "tur\u202en"}, 422, "subject"),
        (SELLER, {"html": "x" * 200_001}, 422, "html"),
        (SELLER, {"reason": "because"}, 422, "reason"),
        (SELLER, {"order_id": "111-0000001-000001"}, 422, "order_id"),
        (SELLER, {"order_id": "\u0661\u0661\u0661-0000001-0000001"}, 422, "order_id"),
        (SELLER, {"thread_id": "no-uuid"}, 422, "thread_id"),
        (SELLER, {"channel": "console"}, 422, "channel"),
    ],
)
async def test_a_bad_body_names_its_field_and_stores_nothing(
    running: Running, who: str, fields: dict[str, object], status: int, field: str
) -> None:
    body = {name: value for name, value in message_body(**fields).items() if value is not None}
    response = await running.world.call(who, "POST", "/v1/messages", body)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in response.json()["errors"]]
    assert (await running.world.ok("operator", "GET", "/v1/messages"))["items"] == []
    assert await running.told(MessageSubmitted) == []


async def test_an_undecided_message_cannot_be_answered_by_the_other_side(running: Running) -> None:
    message = await running.world.send()
    response = await running.world.call(BUYER, "POST", "/v1/messages", {"in_reply_to": str(message), "text": "ciao"})
    assert response.status_code == 404
    assert (
        await running.world.call(BUYER, "POST", "/v1/messages", {"thread_id": str(THREAD), "text": "ciao"})
    ).status_code == 404


@pytest.mark.req("R-INBOX-3", "R-INBOX-4")
async def test_the_receiver_marks_a_message(running: Running) -> None:
    world = running.world
    message = await world.answer(BUYER, order_id=ORDER)
    await running.approve(message)
    marked = await world.ok(SELLER, "POST", f"/v1/messages/{message}:mark", {"mark": "reported"})
    assert marked["mark"] == "reported"
    await world.ok(SELLER, "POST", f"/v1/messages/{message}:mark", {"mark": "reported"})
    (told,) = await running.told(MessageMarked)
    assert (told.message_id, told.by, told.mark, told.seller_id) == (message, Role.SELLER, Mark.REPORTED, SELLER)
    assert (await world.read(BUYER, message))["mark"] is None
    undone = await world.ok(SELLER, "POST", f"/v1/messages/{message}:mark", {"mark": "response_needed"})
    assert undone["mark"] == "response_needed"


async def test_nobody_marks_their_own_or_a_strangers_message(running: Running) -> None:
    world = running.world
    message = await world.answer(BUYER, order_id=ORDER)
    body = {"mark": "no_response_needed"}
    assert (await world.call(SELLER, "POST", f"/v1/messages/{message}:mark", body)).status_code == 404
    await running.approve(message)
    assert (await world.call(BUYER, "POST", f"/v1/messages/{message}:mark", body)).status_code == 403
    assert (await world.call(OTHER_SELLER, "POST", f"/v1/messages/{message}:mark", body)).status_code == 404
    assert await running.told(MessageMarked) == []


async def test_messages_are_filtered_and_paged(anywhere: Running) -> None:
    world = anywhere.world
    sent = [str(await world.send(text=f"numero {number}")) for number in range(5)]
    await anywhere.tell(rejected(UUID(sent[0])))
    found, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = await world.ok(SELLER, "GET", "/v1/messages", params=params)
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == sent[::-1]
    for params, count in (
        ({"status": "rejected"}, 1),
        ({"order_id": ORDER}, 5),
        ({"order_id": OTHER_ORDER}, 0),
        ({"thread_id": str(THREAD)}, 5),
        ({"kind": "reply"}, 0),
        ({"direction": "seller_to_buyer", "since": "2026-01-01T00:00:00Z"}, 5),
        ({"until": "2026-01-01T00:00:00Z"}, 0),
    ):
        page = await world.ok(SELLER, "GET", "/v1/messages", params=params)
        assert len(page["items"]) == count, params


async def test_an_order_of_a_thread_is_the_latest_when_none_is_named(running: Running) -> None:
    world = running.world
    newer = "111-0000009-0000009"
    await world.ok("operator", "PUT", f"/v1/orders/{newer}", order_body(placed_at="2026-03-05T10:00:00Z"))
    first = await world.answer(BUYER, marketplace_id=MARKETPLACE, seller_id=SELLER)
    await running.approve(first)
    assert (await world.read(SELLER, await world.answer(SELLER, in_reply_to=str(first))))["order_id"] == newer
