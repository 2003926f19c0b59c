"""Between events and the gate: what a message and its facts are to the rules, and what the rules' answer is to us."""

from dataclasses import dataclass
from datetime import datetime

from services.policy.domain import Closed
from services.policy.gate.candidate import Attachment, Candidate, Context, Quota
from services.policy.gate.candidate import OrderFacts as GateOrder
from services.policy.gate.candidate import Standing as GateStanding
from services.policy.gate.finding import Decision
from services.policy.gate.history import Known
from services.policy.wording import say_closed
from shared.contracts.facts import Content, DecisionFacts, FindingFacts, MessageFacts, OrderFacts
from shared.contracts.vocabulary import Channel, OrderStatus, Reason, Verdict

_OPEN = frozenset(OrderStatus) - {OrderStatus.CANCELLED, OrderStatus.DELIVERED}


def build_candidate(
    message: MessageFacts, content: Content, seller_language: str, known: Known | None = None
) -> Candidate:
    """Return the message as the rules see it. Of the history below it, what is not `known` is judged, too."""
    return Candidate(
        direction=message.direction.value,
        kind=message.kind.value,
        channel=message.channel.value,
        reason=message.reason.value if message.reason else None,
        subject=content.subject,
        text=content.text,
        html=content.html,
        language=message.language,
        sender_language=seller_language,
        presale=message.presale,
        order_id=message.order_id,
        trusted_domains=frozenset(message.marketplace.storefront_domains),
        attachments=tuple(
            Attachment(item.name, item.media_type, item.media_type, item.size, item.problems)
            for item in content.attachments
        ),
        quoted_text=content.quoted_text,
        quoted_html=content.quoted_html or None,
        known=known,
    )


@dataclass(frozen=True, slots=True)
class Parties:
    """What is known of the two, and of what others say of them. Languages are BCP 47 tags."""

    buyer_language: str
    seller_language: str
    opted_out: bool
    standing: GateStanding
    blocked_by_receiver: bool
    blocked_by_operator: bool
    between_sellers: bool
    messaging_on: bool


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a message's order, of all orders of the two, and of what was sent before."""

    order: OrderFacts | None
    order_ids: frozenset[str]
    closed: Closed | None
    quota: Quota | None
    review_asked: bool


def build_context(
    message: MessageFacts, content: Content, now: datetime, parties: Parties, past: Past, *, important_tag: bool
) -> Context:
    """Return the facts about order, parties and past in the rules' form.

    Whether a sender's address was confirmed, and whether a mail is automatic, was settled at the door that took it:
    neither unconfirmed nor automatic mail becomes a message.
    """
    order = past.order
    return Context(
        now=now,
        order=_to_gate_order(order) if order else None,
        order_ids=past.order_ids,
        standing=parties.standing,
        opted_out=parties.opted_out,
        buyer_language=parties.buyer_language,
        quota=past.quota,
        reason_open=past.closed is None,
        reason_closed_why=say_closed(past.closed, parties.seller_language) if past.closed else "",
        critical=message.reason.critical if message.reason else False,
        template=_is_template(message, content),
        review_asked=past.review_asked,
        blocked_by_receiver=parties.blocked_by_receiver,
        blocked_by_operator=parties.blocked_by_operator,
        counterpart=order is None or _is_between(order, message),
        receiver_is_seller=parties.between_sellers,
        messaging_on=parties.messaging_on,
        has_open_order=order is not None and order.status in _OPEN,
        important_tag=important_tag,
    )


def to_facts(decision: Decision, decided_at: datetime) -> DecisionFacts:
    """Return the gate's decision as events tell it: without excerpts, which are the message's own words."""
    return DecisionFacts(
        verdict=Verdict(decision.verdict),
        rule_set=decision.rule_set,
        decided_at=decided_at,
        findings=tuple(
            FindingFacts(
                rule=finding.rule,
                severity=finding.severity,
                field=finding.field,
                start=finding.span[0],
                end=finding.span[1],
                message=finding.message,
                advice=finding.advice,
            )
            for finding in decision.findings
        ),
    )


def mend_content(content: Content, decision: Decision) -> Content:
    """Return `content` with what the gate mended; the same where nothing was."""
    mended = {
        "subject": decision.mended_subject,
        "text": decision.mended_text,
        "html": decision.mended_html,
        "quoted_text": decision.mended_quoted_text,
        "quoted_html": decision.mended_quoted_html,
    }
    changes = {name: value for name, value in mended.items() if value is not None}
    return content.model_copy(update=changes) if changes else content


def _to_gate_order(order: OrderFacts) -> GateOrder:
    return GateOrder(
        id=order.order_id,
        status=order.status.value,
        completed_at=order.completed_at,
        traits=frozenset(trait.value for item in order.items for trait in item.traits),
        adjustments=frozenset(adjustment.reason for adjustment in order.adjustments),
    )


def _is_between(order: OrderFacts, message: MessageFacts) -> bool:
    return (order.buyer_id, order.seller_id) == (message.buyer_id, message.seller_id)


def _is_template(message: MessageFacts, content: Content) -> bool:
    """Whether the seller added no words of their own."""
    return message.reason is Reason.REQUEST_REVIEW or (
        message.channel is Channel.CONTACT_PAGE and not content.text.strip() and not content.html
    )
