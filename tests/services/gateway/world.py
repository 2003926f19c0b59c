"""A small marketplace, recorded through the API, and what its parties do there."""

from datetime import UTC, datetime, timedelta
from json import dumps
from typing import Any
from uuid import UUID

import httpx2

from shared.contracts.alias import AliasIssued
from shared.contracts.delivery import MailReceived, MessageBounced, MessageDeferred, MessageDelivered
from shared.contracts.facts import (
    Addressing,
    Content,
    DecisionFacts,
    FindingFacts,
    MarketplaceFacts,
    MessageFacts,
    Sealed,
    SealedContent,
)
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Channel, Direction, Kind, Verdict, identify_thread

OPERATOR_TOKEN = "trm_operator-of-the-tests-0123456789"
MARKETPLACE = "MKT-IT"
SELLER, OTHER_SELLER = "seller-1", "seller-2"
BUYER, OTHER_BUYER = "buyer-1", "buyer-2"
BUYER_ADDRESS = "mario.rossi@posta.example"
SERVICE_ADDRESS = "aiuto@bottega.example"
ORDER, OTHER_ORDER = "111-0000001-0000001", "222-0000002-0000002"
THREAD = identify_thread(MARKETPLACE, SELLER, BUYER)
BUYER_ALIAS, SELLER_ALIAS = "kq3v7m2c9x4d@market.example.com", "pz8w1n6b5t0r@market.example.com"

MARKETPLACE_BODY: dict[str, Any] = {
    "name": "Example.it",
    "alias_domain": "market.example.com",
    "language": "it",
    "time_zone": "Europe/Rome",
    "storefront_domains": ["example.it"],
}
SELLER_BODY: dict[str, Any] = {
    "business_name": "Bottega Verde Mare",
    "language": "it",
    "service_address": SERVICE_ADDRESS,
    "sender_addresses": ["anna@bottega.example"],
}
BUYER_BODY: dict[str, Any] = {"address": BUYER_ADDRESS, "language": "it"}


def order_body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of the body
    body = {
        "marketplace_id": MARKETPLACE,
        "buyer_id": BUYER,
        "seller_id": SELLER,
        "status": "unshipped",
        "items": [{"sku": "A-1", "title": "Tazza", "quantity": 1}],
        "placed_at": "2026-03-01T10:00:00Z",
    }
    return body | changes


def message_body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of the body
    body = {"order_id": ORDER, "reason": "request_order_information", "text": "Quale colore preferisce?"}
    return body | changes


class World:
    """Callers of the gateway, each with a token."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.tokens = {"operator": OPERATOR_TOKEN}

    async def call(
        self,
        who: str | None,
        method: str,
        path: str,
        json: object = None,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
    ) -> httpx2.Response:
        sent = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        # Written as ASCII with escapes, so that a body may hold what UTF-8 cannot.
        body = None if json is None else dumps(json)
        if body is not None:
            sent["Content-Type"] = "application/json"
        return await self.client.request(method, path, headers=sent | (headers or {}), params=params, content=body)

    async def ok(self, who: str, method: str, path: str, json: object = None, **more: Any) -> Any:  # noqa: ANN401 - JSON
        response = await self.call(who, method, path, json, **more)
        assert response.is_success, response.text
        return response.json()

    async def settle(self) -> None:
        """Record the marketplace, two sellers, two buyers, an order of each, and their tokens."""
        await self.ok("operator", "PUT", f"/v1/marketplaces/{MARKETPLACE}", MARKETPLACE_BODY)
        for number, seller in enumerate((SELLER, OTHER_SELLER)):
            body = SELLER_BODY if number == 0 else SELLER_BODY | {"service_address": "help@other.example"}
            await self.ok("operator", "PUT", f"/v1/sellers/{seller}", body)
            await self.add_token("seller", seller)
        for number, buyer in enumerate((BUYER, OTHER_BUYER)):
            body = BUYER_BODY if number == 0 else {"address": "lucia@altrove.example", "language": "de"}
            await self.ok("operator", "PUT", f"/v1/buyers/{buyer}", body)
            await self.add_token("buyer", buyer)
        await self.ok("operator", "PUT", f"/v1/orders/{ORDER}", order_body())
        await self.ok(
            "operator",
            "PUT",
            f"/v1/orders/{OTHER_ORDER}",
            order_body(seller_id=OTHER_SELLER, buyer_id=OTHER_BUYER),
        )

    async def add_token(self, role: str, subject: str) -> None:
        made = await self.ok("operator", "POST", "/v1/tokens", {"role": role, "subject": subject})
        self.tokens[subject] = made["token"]

    async def send(self, who: str = SELLER, **changes: Any) -> UUID:  # noqa: ANN401 - any field of the body
        return UUID((await self.ok(who, "POST", "/v1/messages", message_body(**changes)))["id"])

    async def answer(self, who: str, **fields: Any) -> UUID:  # noqa: ANN401 - any field of the body
        return UUID((await self.ok(who, "POST", "/v1/messages", {"text": "Rosso, grazie.", **fields}))["id"])

    async def read(self, who: str, message_id: UUID) -> dict[str, Any]:
        found: dict[str, Any] = await self.ok(who, "GET", f"/v1/messages/{message_id}")
        return found


def facts(message_id: UUID, direction: Direction = Direction.SELLER_TO_BUYER) -> MessageFacts:
    """Return what events say of a message, as far as the gateway listens."""
    return MessageFacts(
        message_id=message_id,
        thread_id=THREAD,
        marketplace=MarketplaceFacts(marketplace_id=MARKETPLACE, **MARKETPLACE_BODY),
        buyer_id=BUYER,
        seller_id=SELLER,
        order_id=ORDER,
        direction=direction,
        kind=Kind.PROACTIVE,
        channel=Channel.API,
        reason=None,
        language="it",
        accepted_at=datetime.now(UTC),
    )


ADDRESSING = Addressing(
    buyer_alias=BUYER_ALIAS,
    seller_alias=SELLER_ALIAS,
    business_name="Bottega Verde Mare",
    recipient=Sealed(box="sealed"),
    seller=Sealed(box="sealed"),
    seller_language="it",
)
ALIASES = AliasIssued(
    thread_id=THREAD,
    marketplace_id=MARKETPLACE,
    buyer_id=BUYER,
    seller_id=SELLER,
    buyer_alias=BUYER_ALIAS,
    seller_alias=SELLER_ALIAS,
)


def decision(verdict: Verdict, *findings: FindingFacts) -> DecisionFacts:
    return DecisionFacts(verdict=verdict, rule_set="rules-1", decided_at=datetime.now(UTC), findings=findings)


def approved(message_id: UUID, content: SealedContent, *findings: FindingFacts) -> MessageApproved:
    return MessageApproved(
        message=facts(message_id),
        content=content,
        addressing=ADDRESSING,
        decision=decision(Verdict.APPROVED, *findings),
    )


def rejected(message_id: UUID, *findings: FindingFacts) -> MessageRejected:
    return MessageRejected(
        message=facts(message_id),
        content=SealedContent(box="sealed"),
        addressing=ADDRESSING,
        decision=decision(Verdict.REJECTED, *findings),
    )


def delivered(message_id: UUID, reply: str = "250 2.0.0 queued") -> MessageDelivered:
    return MessageDelivered(message=facts(message_id), delivered_at=datetime.now(UTC), attempt=1, reply=reply)


def deferred(message_id: UUID, reply: str = "451 4.7.1 try later") -> MessageDeferred:
    now = datetime.now(UTC)
    return MessageDeferred(
        message=facts(message_id),
        deferred_at=now,
        next_attempt_at=now + timedelta(minutes=5),
        attempt=1,
        reply=reply,
    )


def bounced(message_id: UUID, reply: str) -> MessageBounced:
    return MessageBounced(message=facts(message_id), bounced_at=datetime.now(UTC), attempt=2, reply=reply)


def mail(
    mail_id: UUID, content: SealedContent, direction: Direction = Direction.BUYER_TO_SELLER, answers: UUID | None = None
) -> MailReceived:
    return MailReceived(
        mail_id=mail_id,
        thread_id=THREAD,
        marketplace_id=MARKETPLACE,
        buyer_id=BUYER,
        seller_id=SELLER,
        direction=direction,
        content=content,
        received_at=datetime.now(UTC),
        answers=answers,
    )


def saying(text: str, subject: str = "Domanda") -> Content:
    return Content(subject=subject, text=text)
