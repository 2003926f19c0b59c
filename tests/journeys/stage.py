"""Made-up parties on one running installation: each test has its own, so that none limits or restricts another's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from itertools import count
from typing import Any

from services.demo.doors import Doors, Refused
from services.demo.mailboxes import read_text
from services.demo.market import MARKETPLACE, MARKETPLACE_ID

_NUMBERS = count(1)
QUESTION = {
    "it": "Buongiorno, per completare il suo ordine ci serve il colore della tazza: la preferisce blu oppure verde?",
    "de": "Guten Tag, um Ihre Bestellung abzuschließen, brauchen wir die Farbe der Tasse: lieber blau oder grün?",
}
DELAY = "Buongiorno, il corriere ha accumulato qualche giorno di ritardo: la consegna slitta alla prossima settimana."


@dataclass
class Pair:
    """A seller, a buyer and an order between them, and what they do through the doors."""

    doors: Doors
    operator: str
    number: int
    seller: str
    buyer: str
    seller_address: str
    buyer_address: str
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def order_id(self) -> str:
        """The order between the two."""
        return f"701-{self.number:07d}-0000001"

    async def record_order(self, status: str = "unshipped", *traits: str, **changes: Any) -> str:  # noqa: ANN401 - JSON
        """Record an order, or change it; `days` is how many days ago it was delivered. Returns its id."""
        now = datetime.now(UTC).replace(microsecond=0)
        order_id = changes.pop("order_id", self.order_id)
        days = changes.pop("days", None)
        body: dict[str, Any] = {
            "marketplace_id": MARKETPLACE_ID,
            "buyer_id": self.buyer,
            "seller_id": self.seller,
            "status": status,
            "fulfilment": "seller",
            "items": [{"sku": "T-1", "title": "Tazza", "quantity": 1, "traits": list(traits)}],
            "placed_at": (now - timedelta(days=60 + (days or 0))).isoformat(),
        }
        if days is not None:
            body["shipped_at"] = (now - timedelta(days=days + 1)).isoformat()
            body["delivered_at"] = (now - timedelta(days=days)).isoformat()
        await self.doors.call("PUT", f"/v1/orders/{order_id}", self.operator, body | changes)
        return str(order_id)

    async def write(self, who: str, text: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Send a message by API as `seller` or `buyer`; return it as its author reads it, once it is decided."""
        body = {"order_id": self.order_id, "text": text, **fields}
        sent = await self.doors.call("POST", "/v1/messages", self.tokens[who], body, Prefer="wait=20")
        return await self.read(who, sent["id"])

    async def ask(self, text: str = QUESTION["it"], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Let the seller contact the buyer for a critical reason, unless `fields` name another."""
        return await self.write("seller", text, **{"reason": "request_order_information", **fields})

    async def read(self, who: str, message_id: str) -> dict[str, Any]:
        """Return a message of one's own once the gate has decided."""

        async def look() -> dict[str, Any] | None:
            found: dict[str, Any] = await self.doors.call("GET", f"/v1/messages/{message_id}", self.tokens[who])
            return found if found["status"] != "submitted" else None

        return await self.doors.insist(look, "a decision")

    async def await_status(self, who: str, message_id: str, status: str) -> dict[str, Any]:
        """Return a message once it has come so far."""

        async def look() -> dict[str, Any] | None:
            found = await self.read(who, message_id)
            return found if found["status"] == status else None

        return await self.doors.insist(look, f"status {status}")

    async def find_alias(self, whose: str = "buyer") -> str:
        """Return the buyer's alias towards the seller once it is issued."""

        async def look() -> str | None:
            order = await self.doors.call("GET", f"/v1/orders/{self.order_id}", self.tokens["seller"])
            alias: str | None = order[f"{whose}_alias"]
            return alias

        return await self.doors.insist(look, "the alias")

    async def mail_buyer(self, subject: str, text: str, **header: str) -> dict[str, Any]:
        """Let the seller write to the buyer's alias from a mail client; return the message once it is decided."""
        return await self.mail("seller", await self.find_alias(), subject, text, **header)

    async def mail(self, who: str, alias: str, subject: str, text: str, **header: str) -> dict[str, Any]:
        """Let a party write to an alias from its mail client; return the message once it is decided."""
        before = await self.list_messages(who)
        await self.bring_mail(who, alias, subject, text, **header)

        async def look() -> dict[str, Any] | None:
            new = [message for message in await self.list_messages(who) if message not in before]
            return await self.read(who, new[0]) if new else None

        return await self.doors.insist(look, "the mail as a message")

    async def bring_mail(self, who: str, alias: str, subject: str, text: str, **header: str) -> str:
        """Bring a mail to the door; return its answer. A door that does not know the alias yet is asked again."""
        sender = self.seller_address if who == "seller" else self.buyer_address
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, alias, subject
        mail["Date"] = datetime.now(UTC)
        mail["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
        for name, value in header.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)

        async def attempt() -> str | None:
            try:
                return await self.doors.send_mail(mail, alias)
            except Refused as refused:
                if "No such address" in str(refused):
                    return None
                raise

        return await self.doors.insist(attempt, "the door's answer")

    async def list_messages(self, who: str) -> list[str]:
        """Return the ids of all messages that a party sees."""
        page = await self.doors.call("GET", "/v1/messages?limit=200", self.tokens[who])
        return [message["id"] for message in page["items"]]

    async def read_mail(self, message: Mapping[str, Any], text: str, to: str = "buyer") -> EmailMessage:
        """Return the mail that a message became in the mailbox of its reader."""
        address = self.buyer_address if to == "buyer" else self.seller_address
        return await self.doors.await_mail(
            address, lambda mail: text in " ".join(read_text(mail).split()), f"the mail of {message['id']}"
        )

    async def decide(self, path: str, method: str = "POST", **body: Any) -> Any:  # noqa: ANN401 - JSON
        """Let an operator decide something."""
        return await self.doors.call(method, f"/v1/policy/{path}", self.operator, {"reason": "Trial.", **body})


@dataclass(frozen=True)
class Stage:
    """One running installation with a marketplace."""

    doors: Doors
    operator: str

    async def open(self) -> None:
        """Record the marketplace."""
        await self.doors.call("PUT", f"/v1/marketplaces/{MARKETPLACE_ID}", self.operator, MARKETPLACE)

    async def introduce(self, language: str = "it", *, opted_out: bool = False) -> Pair:
        """Record a new seller and a new buyer, without an order."""
        number = next(_NUMBERS)
        pair = Pair(
            doors=self.doors,
            operator=self.operator,
            number=number,
            seller=f"seller-{number}",
            buyer=f"buyer-{number}",
            seller_address=f"clienti@bottega-{number}.example",
            buyer_address=f"cliente{number}@posta.example",
        )
        seller = {
            "business_name": f"Bottega {number}",
            "language": "it",
            "service_address": pair.seller_address,
            "sender_addresses": [pair.seller_address],
        }
        buyer = {"address": pair.buyer_address, "language": language, "opted_out": opted_out}
        await self.doors.call("PUT", f"/v1/sellers/{pair.seller}", self.operator, seller)
        await self.doors.call("PUT", f"/v1/buyers/{pair.buyer}", self.operator, buyer)
        for role, subject in (("seller", pair.seller), ("buyer", pair.buyer)):
            made = await self.doors.call("POST", "/v1/tokens", self.operator, {"role": role, "subject": subject})
            pair.tokens[role] = made["token"]
        return pair

    async def pair(self, status: str = "unshipped", *traits: str, **changes: Any) -> Pair:  # noqa: ANN401 - JSON
        """Record a new seller, a new buyer and an order between them."""
        opted_out, language = changes.pop("opted_out", False), changes.pop("language", "it")
        pair = await self.introduce(language, opted_out=opted_out)
        await pair.record_order(status, *traits, **changes)
        return pair


def rules(message: Mapping[str, Any]) -> set[str]:
    """Return the rules that stopped a message; none for one that passed."""
    blocking = {finding["rule"] for finding in message["findings"] if finding["severity"] == "block"}
    stopped = any(step["status"] == "rejected" for step in message["history"])
    assert stopped == bool(blocking), json.dumps(message, indent=1)
    return blocking


def explain(message: Mapping[str, Any], rule: str) -> str:
    """Return what a rule's finding says."""
    return next(f"{found['message']} {found['advice']}" for found in message["findings"] if found["rule"] == rule)
