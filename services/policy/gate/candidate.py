"""What the gate judges: one message and, where the past matters, the facts known about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.policy.gate.finding import Field
from services.policy.gate.history import Known

Direction = Literal["seller_to_buyer", "buyer_to_seller"]
Kind = Literal["proactive", "reply"]
Channel = Literal["contact_page", "api", "email", "console"]
Standing = Literal["good", "templates_only", "suspended"]
OrderStatus = Literal["pending", "unshipped", "partially_shipped", "shipped", "delivered", "cancelled"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """Facts about one attachment, found out by whoever read its bytes; the gate reads none.

    `media_type` is what the content is, `declared_type` what the sender says; sizes are in bytes.
    `active` names what runs or hides in it (`macro`, `script`, `encrypted`, `polyglot`);
    `codes` are the texts of the QR codes in it.
    """

    name: str
    media_type: str
    declared_type: str
    size: int
    active: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message before its decision. `language` is the one the buyer prefers (a hint to content rules).

    `quoted_text` and `quoted_html` are what a mail client put below; `known` is what it may quote. Where that is not
    said, quotations are left out of the judgement.
    """

    direction: Direction = "seller_to_buyer"
    kind: Kind = "proactive"
    channel: Channel = "contact_page"
    reason: str | None = None
    subject: str = ""
    text: str = ""
    html: str | None = None
    language: str = "en"
    sender_language: str = "en"
    presale: bool = False
    order_id: str | None = None
    trusted_domains: frozenset[str] = frozenset()
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    quoted_text: str = ""
    quoted_html: str | None = None
    known: Known | None = None

    def written(self, field: Field) -> str:
        """Return what was written into a field that spans point into; of others, nothing."""
        return {"subject": self.subject, "text": self.text, "html": self.html or ""}.get(field, "")


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What is known of the order a message is about."""

    id: str
    status: OrderStatus
    completed_at: datetime | None = None
    traits: frozenset[str] = frozenset()
    adjustments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Quota:
    """How many messages the seller may send in the marketplace's day, and how many are used."""

    limit: int
    used: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Context:
    """Facts about order, parties and past at the moment `now`; the gate draws the conclusions.

    `order_ids`: all orders of this buyer with this seller. `template`: nothing in the message is the seller's own
    words. `critical`: the reason is needed to complete the order (R-CONTACT-1). `reason_open`: the candidate's
    reason is open now, and if not, `reason_closed_why` says why in the seller's language.
    `receiver_is_seller`: seller to seller. `counterpart`: the sender is the one the alias was made for.
    `sender_authorised`: the seller's sender address was added and confirmed. `important_tag`: the tag is honoured
    (a policy switch). `automatic`: what marks the mail as no person's (`auto_reply`, `list`, `report`).
    """

    now: datetime
    order: OrderFacts | None = None
    order_ids: frozenset[str] = frozenset()
    standing: Standing = "good"
    opted_out: bool = False
    buyer_language: str | None = None
    quota: Quota | None = None
    reason_open: bool = True
    reason_closed_why: str = ""
    critical: bool = False
    template: bool = False
    review_asked: bool = False
    blocked_by_receiver: bool = False
    blocked_by_operator: bool = False
    sender_authorised: bool = True
    counterpart: bool = True
    receiver_is_seller: bool = False
    messaging_on: bool = True
    has_open_order: bool = False
    important_tag: bool = True
    automatic: tuple[str, ...] = ()
