"""The preview by HTTP."""

import pytest

from shared.contracts.facts import Content
from shared.contracts.questions import RenderQuestion
from tests.services.delivery.installation import (
    BUSINESS,
    BUYER,
    BUYER_ALIAS,
    ORDER,
    SELLER_ALIAS,
    Installation,
    describe_message,
)


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
async def test_nobody_else_is_let_in(delivery: Installation) -> None:
    answer = await delivery.ask("POST", "/internal/render", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
