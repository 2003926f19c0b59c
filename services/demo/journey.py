"""One conversation through the real doors: a seller asks, the buyer answers by mail, the seller answers by mail.

Each step can be repeated without harm, as a client would after a broken connection; that is how the tests play it
while processes are being killed.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from services.demo.doors import Doors
from services.demo.mailboxes import read_text
from services.demo.market import BUYERS, MARKETPLACE, MARKETPLACE_ID, SELLERS, SITUATIONS, Situation

SELLER, BUYER = "ceramiche", "anna"
SERVICE_ADDRESS = SELLERS[SELLER]["service_address"]
SELLER_ADDRESS = SELLERS[SELLER]["sender_addresses"][1]
BUYER_ADDRESS = BUYERS[BUYER]["address"]

QUESTION = "Buongiorno, per completare l'ordine ci serve il colore della tazza: la preferisce blu o verde?"
ANSWER = "Buongiorno, la preferisco blu. Grazie mille!"
FOLLOW_UP = "Perfetto, allora la prepariamo in blu. Il manico lo preferisce tondo o squadrato?"
COUPON = "Con il coupon CERAMICA10 avrà il 10% di sconto sul prossimo acquisto nel nostro negozio!"


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, in one line each, and how long it took."""

    title: str
    details: tuple[str, ...]
    seconds: float


@dataclass
class Journey:
    """Plays the conversation. `edition` keeps several plays on one installation apart."""

    doors: Doors
    operator: str
    edition: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    _mails: dict[str, EmailMessage] = field(default_factory=dict)

    @property
    def order_id(self) -> str:
        """The order that the conversation is about."""
        return self._order.order_id(self.edition)

    @property
    def _order(self) -> Situation:
        return SITUATIONS[0]

    async def play(self) -> AsyncIterator[Step]:
        """Play every step, giving each as it is done."""
        steps: tuple[tuple[str, Callable[[], Awaitable[list[str]]]], ...] = (
            ("Record a marketplace, a seller, a buyer and an order", self.record),
            ("The seller asks the buyer, by API", self.ask),
            ("The buyer's mailbox has it", self.read_question),
            ("The buyer answers from a mail client", self.answer),
            ("The seller's mailbox has the answer", self.read_answer),
            ("The seller answers from a mail client", self.follow_up),
            ("The buyer's mailbox has that, in the same thread", self.read_follow_up),
            ("The response time was measured", self.measure),
            ("A message with a coupon is rejected", self.offer_coupon),
            ("The seller's mailbox has the bounce notice", self.read_notice),
            ("Status and history are there to read", self.read_history),
            ("The seller gives something back, and the buyer is told", self.refund),
        )
        for title, act in steps:
            started = time.perf_counter()
            details = await act()
            yield Step(title, tuple(details), time.perf_counter() - started)

    async def record(self) -> list[str]:
        """Record what the conversation needs, as an operator."""
        await self.doors.call("PUT", f"/v1/marketplaces/{MARKETPLACE_ID}", self.operator, MARKETPLACE)
        await self.doors.call("PUT", f"/v1/sellers/{SELLER}", self.operator, SELLERS[SELLER])
        await self.doors.call("PUT", f"/v1/buyers/{BUYER}", self.operator, BUYERS[BUYER])
        await self.doors.call("PUT", f"/v1/orders/{self.order_id}", self.operator, self._order.body(self._placed_by))
        for role, subject in (("seller", SELLER), ("buyer", BUYER)):
            if subject not in self.tokens:
                made = await self.doors.call(
                    "POST", "/v1/tokens", self.operator, {"role": role, "subject": subject, "label": "demo"}
                )
                self.tokens[subject] = made["token"]
        return [f"order {self.order_id}"]

    async def ask(self) -> list[str]:
        """Contact the buyer about the order, and wait for the decision."""
        accepted = await self._submit("ask", QUESTION)
        return [f"message {accepted['id']}", f"status {accepted['status']}"]

    async def read_question(self) -> list[str]:
        """Find the question in the buyer's mailbox."""
        mail = await self._await_mail(BUYER_ADDRESS, QUESTION)
        self._mails["question"] = mail
        return [f"From: {mail['From']}", f"Subject: {mail['Subject']}"]

    async def answer(self) -> list[str]:
        """Answer as a mail client would: to the alias, quoting, with In-Reply-To."""
        question = self._mails["question"]
        mail = self._reply(question, BUYER_ADDRESS, ANSWER, "answer")
        said = await self.doors.send_mail(mail, str(mail["To"].addresses[0].addr_spec))
        return [f"To: {mail['To']}", f"the SMTP door says {said!r}"]

    async def read_answer(self) -> list[str]:
        """Find the answer at the customer-service address."""
        mail = await self._await_mail(SERVICE_ADDRESS, ANSWER)
        self._mails["answer"] = mail
        return [f"From: {mail['From']}", f"Subject: {mail['Subject']}"]

    async def follow_up(self) -> list[str]:
        """Answer the buyer from the seller's own mail client."""
        mail = self._reply(self._mails["answer"], SELLER_ADDRESS, FOLLOW_UP, "follow-up")
        said = await self.doors.send_mail(mail, str(mail["To"].addresses[0].addr_spec))
        return [f"To: {mail['To']}", f"the SMTP door says {said!r}"]

    async def read_follow_up(self) -> list[str]:
        """Find the seller's answer in the buyer's mailbox, as an answer to the buyer's own mail."""
        mail = await self._await_mail(BUYER_ADDRESS, FOLLOW_UP)
        return [f"From: {mail['From']}", f"In-Reply-To: {mail['In-Reply-To']}"]

    async def measure(self) -> list[str]:
        """Read the seller's response times, once the turn is closed."""

        async def read() -> Any:  # noqa: ANN401 - JSON
            numbers = await self.doors.call(
                "GET",
                f"/v1/metrics/response-times?seller_id={SELLER}&marketplace_id={MARKETPLACE_ID}",
                self.tokens[SELLER],
            )
            return numbers if numbers["answered"] else None

        numbers = await self.doors.insist(read, "an answered turn")
        return [
            f"answered {numbers['answered']}, in time {numbers['in_time']}, median {numbers['median_seconds']:.1f} s"
        ]

    async def offer_coupon(self) -> list[str]:
        """Try to advertise."""
        accepted = await self._submit("coupon", COUPON)
        message = await self._await_status(accepted["id"], "rejected")
        return [f"{finding['rule']}: {finding['message']}" for finding in message["findings"]]

    async def read_notice(self) -> list[str]:
        """Find the notice that says why."""
        mail = await self.doors.await_mail(SERVICE_ADDRESS, self.is_notice, "the bounce notice")
        return [f"From: {mail['From']}", f"Subject: {mail['Subject']}"]

    def is_notice(self, mail: EmailMessage) -> bool:
        """Whether a mail is an automatic one about this conversation's order."""
        return mail["Auto-Submitted"] is not None and self.order_id in mail["Subject"]

    async def read_history(self) -> list[str]:
        """Read what became of the first message."""
        message = await self._await_status(self.messages["ask"], "delivered")
        return [f"{step['at']}  {step['status']}" for step in message["history"]]

    async def refund(self) -> list[str]:
        """Record a refund, and find in the buyer's mailbox what the marketplace says of it."""
        path = f"/v1/orders/{self.order_id}"
        order = await self.doors.call("GET", path, self.tokens[SELLER])
        body = {"reason": "GeneralAdjustment", "amount": "2.50", "currency": "EUR", "adjusted_at": order["placed_at"]}
        await self.doors.call("PUT", f"{path}/adjustments/refund-1", self.tokens[SELLER], body)
        mail = await self.doors.await_mail(BUYER_ADDRESS, self.is_notice, "the account update")
        return [f"From: {mail['From']}", f"Subject: {mail['Subject']}"]

    async def _submit(self, name: str, text: str) -> Any:  # noqa: ANN401 - JSON
        accepted = await self.doors.call(
            "POST",
            "/v1/messages",
            self.tokens[SELLER],
            {"order_id": self.order_id, "reason": "request_order_information", "text": text},
            **{"Prefer": "wait=5", "Idempotency-Key": f"demo-{self.edition}-{name}"},
        )
        self.messages[name] = accepted["id"]
        return accepted

    async def _await_status(self, message_id: str, status: str) -> Any:  # noqa: ANN401 - JSON
        async def read() -> Any:  # noqa: ANN401 - JSON
            message = await self.doors.call("GET", f"/v1/messages/{message_id}", self.tokens[SELLER])
            return message if message["status"] == status else None

        return await self.doors.insist(read, f"status {status}")

    async def _await_mail(self, address: str, text: str) -> EmailMessage:
        return await self.doors.await_mail(
            address,
            lambda mail: self.order_id in mail.as_string() and text in " ".join(read_text(mail).split()),
            f"the mail {text[:20]!r}…",
        )

    def _reply(self, mail: EmailMessage, sender: str, text: str, name: str) -> EmailMessage:
        reply = EmailMessage()
        reply["From"] = sender
        reply["To"] = mail.get("Reply-To") or mail["From"]
        reply["Subject"] = f"Re: {mail['Subject']}"
        # The same every time, as it would be for a client that sends again.
        reply["Message-ID"] = f"<{name}-{self.edition}@{sender.partition('@')[2]}>"
        reply["In-Reply-To"] = reply["References"] = mail["Message-ID"]
        reply["Date"] = datetime.now(UTC)
        quoted = "\n".join(f"> {line}" for line in read_text(mail).splitlines())
        reply.set_content(f"{text}\n\n{quoted}\n")
        return reply

    @property
    def _placed_by(self) -> datetime:
        """A moment that is the same for every repetition within a day, so that repeating a PUT changes nothing."""
        return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
