"""The queue by HTTP, and the preview."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.delivery import MessageDeferred, MessageDelivered
from shared.contracts.questions import RenderQuestion
from shared.contracts.vocabulary import Content
from tests.infrastructure.smtp import FarSide, Step
from tests.services.delivery.installation import (
    BUSINESS,
    BUYER,
    BUYER_ALIAS,
    ORDER,
    SELLER_ALIAS,
    Installation,
    describe_message,
)

pytestmark = pytest.mark.req("R-MAIL-4")


async def test_a_held_mail_waits_until_it_is_retried(relaying: Installation, far_side: FarSide) -> None:
    far_side.always(Step.RCPT, "451 4.2.2 full")
    message = describe_message()
    await relaying.tell(await relaying.approve(message))
    await relaying.hear(MessageDeferred)
    held = await relaying.ask("POST", f"/internal/queue/{message.message_id}/hold")
    assert held.json()["state"] == "held"
    far_side.always(Step.RCPT, None)
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered)
    shown = (await relaying.ask("GET", f"/internal/queue/{message.message_id}")).json()
    assert shown["state"] == "held"
    assert shown["last_reply"].startswith("451 4.2.2")
    assert BUYER not in str(shown)
    retried = await relaying.ask("POST", f"/internal/queue/{message.message_id}/retry")
    assert retried.json()["state"] == "waiting"
    delivered = await relaying.hear(MessageDelivered, 2)
    assert delivered[1].message == message


async def test_the_queue_is_listed_in_pages(tmp_path_factory: pytest.TempPathFactory, far_side: FarSide) -> None:
    await far_side.stop()
    settings: dict[str, Any] = {"delivery_first_retry_seconds": 3600.0}
    folder = tmp_path_factory.mktemp("queue")
    async with Installation(folder, smtp_relay=far_side.url, **settings).running() as delivery:
        messages = [describe_message() for _ in range(5)]
        for message in messages:
            await delivery.tell(await delivery.approve(message))
        seen: list[str] = []
        after: str | None = None
        while True:
            query = {"limit": 2} | ({"after": after} if after else {})
            page = (await delivery.ask("GET", "/internal/queue", params=query)).json()
            seen += [mail["message_id"] for mail in page["mails"]]
            after = page["next"]
            if after is None:
                break
        assert seen == [str(message.message_id) for message in messages]
        none = await delivery.ask("GET", "/internal/queue", params={"state": "delivered"})
        assert none.json() == {"mails": [], "next": None}


async def test_settled_and_unknown_mails_are_problems(relaying: Installation) -> None:
    message = describe_message()
    await relaying.tell(await relaying.approve(message))
    await relaying.hear(MessageDelivered)
    for action in ("retry", "hold"):
        settled = await relaying.ask("POST", f"/internal/queue/{message.message_id}/{action}")
        assert (settled.status_code, settled.json()["type"]) == (409, "/problems/mail-settled")
        unknown = await relaying.ask("POST", f"/internal/queue/{uuid4()}/{action}")
        assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/no-such-mail")


@pytest.mark.parametrize("cursor", ["x", "2026-05-04~1", "2026-05-04T00:00:00~00000000-0000-0000-0000-000000000000"])
async def test_a_cursor_that_is_none_is_a_problem(relaying: Installation, cursor: str) -> None:
    assert (await relaying.ask("GET", "/internal/queue", params={"after": cursor})).status_code == 400


@pytest.mark.req("R-CONTACT-5")
async def test_preview_is_the_mail_without_its_addresses(delivery: Installation) -> None:
    content = await delivery.blobs.seal_content(Content(subject="Domanda", text="Ci serve il tuo interno."))
    question = RenderQuestion(message=describe_message(), content=content, business_name=BUSINESS)
    answer = await delivery.ask("POST", "/internal/render", json=question.model_dump(mode="json"))
    mail = answer.json()["mail"]
    assert f"From: {BUSINESS} <seller-alias@" in mail
    assert ORDER in mail
    assert "Ci serve il tuo interno." in mail
    assert all(secret not in mail for secret in (BUYER, BUYER_ALIAS, SELLER_ALIAS))


async def test_preview_of_content_that_is_gone_is_a_problem(delivery: Installation) -> None:
    content = await delivery.blobs.seal_content(Content(subject="x", text="y" * 200_000))
    assert content.blob is not None
    await delivery.blobs.delete(content.blob)
    question = RenderQuestion(message=describe_message(), content=content, business_name=BUSINESS)
    answer = await delivery.ask("POST", "/internal/render", json=question.model_dump(mode="json"))
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/content-unavailable")


@pytest.mark.req("R-PRIVACY-3")
@pytest.mark.parametrize(("method", "path"), [("GET", "/internal/queue"), ("POST", "/internal/render")])
async def test_nobody_else_is_let_in(delivery: Installation, method: str, path: str) -> None:
    answer = await delivery.ask(method, path, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
