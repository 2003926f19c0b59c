"""Between events and the gate: what a message and its facts are to the rules, and what the rules' answer is to us."""

from datetime import datetime

from services.policy.domain import Closed
from services.policy.gate.candidate import Attachment, Candidate, Context, Quota
from services.policy.gate.candidate import OrderFacts as GateOrder
from services.policy.gate.finding import Decision
from shared.contracts.vocabulary import (
    Channel,
    Content,
    DecisionFacts,
    FindingFacts,
    MessageFacts,
    OrderFacts,
    OrderStatus,
    Reason,
    Severity,
    Verdict,
)

_OPEN = frozenset(OrderStatus) - {OrderStatus.CANCELLED, OrderStatus.DELIVERED}


def build_candidate(message: MessageFacts, content: Content, seller_language: str) -> Candidate:
    """Return the message as the rules see it; only its new text is judged, not the history below it."""
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
    )


def build_context(  # noqa: PLR0913 - one argument for each fact the rules may ask for
    message: MessageFacts,
    content: Content,
    now: datetime,
    *,
    order: OrderFacts | None,
    opted_out: bool,
    buyer_language: str,
    closed: Closed | None,
    review_asked: bool,
    quota: Quota | None,
    important_tag: bool,
) -> Context:
    """Return the facts about order, parties and past in the rules' form."""
    return Context(
        now=now,
        order=_to_gate_order(order) if order else None,
        opted_out=opted_out,
        buyer_language=buyer_language,
        quota=quota,
        reason_open=closed is None,
        reason_closed_why=closed.sentence if closed else "",
        critical=message.reason.critical if message.reason else False,
        template=_is_template(message, content),
        review_asked=review_asked,
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
                severity=Severity(finding.severity.value),
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


def _is_template(message: MessageFacts, content: Content) -> bool:
    """Whether the seller added no words of their own."""
    return message.reason is Reason.REQUEST_REVIEW or (
        message.channel is Channel.CONTACT_PAGE and not content.text.strip() and not content.html
    )
