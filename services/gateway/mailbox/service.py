"""Use cases of messages: accept, follow, mark. Every change is told to other services and to listeners."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.context import Gateway
from services.gateway.filing.store import bring_back
from services.gateway.live.domain import ChangeType, News
from services.gateway.mailbox import store
from services.gateway.mailbox.domain import (
    Progress,
    Status,
    author_of,
    counts_as_said,
    further,
    read_reply_code,
    recipient_of,
)
from services.gateway.mailbox.models import Message, Thread
from services.gateway.mailbox.searching import digest_passed
from shared.consumer import NotYetKnown
from shared.contracts.facts import DecisionFacts, MessageFacts, SealedContent
from shared.contracts.gateway import MessageMarked, MessageSubmitted
from shared.contracts.vocabulary import Mark, Role
from shared.outbox import emit


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message ready to be taken: its facts, its sealed content, the `digest` of its words, and what it answers."""

    facts: MessageFacts
    content: SealedContent
    words: bytes
    answers: UUID | None = None


async def accept(session: AsyncSession, gateway: Gateway, taken: Accepted) -> Message:
    """Take a message: keep it, open its thread, send it on its way to the gate."""
    facts = taken.facts
    message = Message(
        message_id=facts.message_id,
        thread_id=facts.thread_id,
        marketplace_id=facts.marketplace.marketplace_id,
        buyer_id=facts.buyer_id,
        seller_id=facts.seller_id,
        order_id=facts.order_id,
        direction=facts.direction,
        kind=facts.kind,
        channel=facts.channel,
        reason=facts.reason,
        language=facts.language,
        presale=facts.presale,
        answers=taken.answers,
        accepted_at=facts.accepted_at,
        status=Status.SUBMITTED,
        content_box=taken.content.box,
        content_blob=taken.content.blob,
        findings=[],
    )
    store.add_message(session, message)
    store.keep_words(session, message, taken.words, passed=False)
    store.add_step(session, facts.message_id, Progress(Status.SUBMITTED, facts.accepted_at))
    thread = await store.open_thread(session, facts)
    thread.last_at = max(thread.last_at, facts.accepted_at)
    _move_last_seen(thread, author_of(facts.direction), facts.accepted_at)
    emit(session, MessageSubmitted(message=facts, content=taken.content))
    _announce(session, gateway, message, ChangeType.MESSAGE_SUBMITTED, facts.accepted_at, author_of(facts.direction))
    gateway.metrics.messages.labels(facts.channel, facts.direction, facts.kind).inc()
    return message


async def approve(
    session: AsyncSession, gateway: Gateway, message_id: UUID, content: SealedContent, decision: DecisionFacts
) -> None:
    """Note that the gate let a message pass; from now on the other side may see what it let pass."""
    message = await _require_message(session, message_id)
    if content != sealed_content(message):
        message.passed_box, message.passed_blob = content.box, content.blob
        words = await digest_passed(gateway, message, content)
        store.keep_words(session, message, words, passed=True)
    _keep_decision(gateway, message, decision)
    _advance(session, gateway, message, Progress(Status.APPROVED, decision.decided_at))
    if message.shown:
        return
    message.shown = True
    recipient = recipient_of(message.direction)
    thread = await _require_thread(session, message.thread_id)
    _move_last_seen(thread, recipient, message.accepted_at)
    if recipient is Role.SELLER:
        thread.seller_unread += 1
        # It may be older than what the seller filed: times alone would leave it where nobody looks.
        bring_back(session, thread.thread_id)
    else:
        thread.buyer_unread += 1
    _announce(session, gateway, message, ChangeType.MESSAGE_RECEIVED, decision.decided_at, recipient)


async def reject(session: AsyncSession, gateway: Gateway, message_id: UUID, decision: DecisionFacts) -> None:
    """Note that the gate stopped a message, and why; or that an operator did, after it had passed."""
    message = await _require_message(session, message_id)
    if decision.override is not None and message.shown:
        await _hide(session, message)
    _keep_decision(gateway, message, decision)
    _advance(session, gateway, message, Progress(Status.REJECTED, decision.decided_at))


async def note_attempt(  # noqa: PLR0913 - what delivery tells of an attempt
    session: AsyncSession,
    gateway: Gateway,
    message_id: UUID,
    *,
    status: Status,
    at: datetime,
    attempt: int,
    reply: str,
    next_attempt_at: datetime | None = None,
) -> None:
    """Note what became of an attempt to deliver; of the far side's reply only its codes are kept."""
    message = await _require_message(session, message_id)
    _advance(session, gateway, message, Progress(status, at, attempt, read_reply_code(reply), next_attempt_at))


async def mark(session: AsyncSession, gateway: Gateway, message_id: UUID, mark_: Mark, now: datetime) -> Message:
    """Keep what the receiver of a message says of it, and tell it; the same again changes nothing."""
    message = await _require_message(session, message_id)
    if message.mark is mark_:
        return message
    message.mark, message.marked_at = mark_, now
    by = recipient_of(message.direction)
    emit(
        session,
        MessageMarked(
            message_id=message_id,
            thread_id=message.thread_id,
            seller_id=message.seller_id,
            marketplace_id=message.marketplace_id,
            by=by,
            mark=mark_,
            marked_at=now,
        ),
    )
    _announce(session, gateway, message, ChangeType.MESSAGE_MARKED, now, by)
    return message


async def mark_read(session: AsyncSession, thread_id: UUID, reader: Role) -> Thread:
    """Note that a side has read all it may see of a thread."""
    thread = await _require_thread(session, thread_id)
    if reader is Role.SELLER:
        thread.seller_unread = 0
    else:
        thread.buyer_unread = 0
    return thread


async def note_turn(
    session: AsyncSession, gateway: Gateway, thread_id: UUID, kind: ChangeType, at: datetime, opened_at: datetime | None
) -> None:
    """Keep since when a buyer waits for the seller (None: nobody waits), and tell the seller."""
    thread = await _require_thread(session, thread_id)
    if kind is ChangeType.RESPONSE_OVERDUE and thread.response_needed_since is None:
        return
    thread.response_overdue = kind is ChangeType.RESPONSE_OVERDUE
    thread.response_needed_since = opened_at
    gateway.hub.announce(session, News(type=kind, at=at, seller_id=thread.seller_id, thread_id=thread_id))


def sealed_content(message: Message) -> SealedContent:
    """Return what came in, sealed."""
    return SealedContent(box=message.content_box, blob=message.content_blob)


def sealed_passed(message: Message) -> SealedContent:
    """Return what the gate let pass, sealed: what came in unless it was mended."""
    if message.passed_box is None and message.passed_blob is None:
        return sealed_content(message)
    return SealedContent(box=message.passed_box, blob=message.passed_blob)


async def _hide(session: AsyncSession, message: Message) -> None:
    """Show a message to its author and operators only, as it will not reach the other side (R-POLICY-10)."""
    message.shown = False
    thread = await _require_thread(session, message.thread_id)
    if recipient_of(message.direction) is Role.SELLER:
        thread.seller_unread = max(thread.seller_unread - 1, 0)
    else:
        thread.buyer_unread = max(thread.buyer_unread - 1, 0)


def _keep_decision(gateway: Gateway, message: Message, decision: DecisionFacts) -> None:
    message.rule_set = decision.rule_set
    message.findings = [finding.model_dump(mode="json") for finding in decision.findings]
    waited = (decision.decided_at - message.accepted_at).total_seconds()
    gateway.metrics.decision_seconds.observe(max(waited, 0))


def _advance(session: AsyncSession, gateway: Gateway, message: Message, step: Progress) -> None:
    store.add_step(session, message.message_id, step)
    said_before = counts_as_said(message.status)
    message.status = further(message.status, step.status)
    if counts_as_said(message.status) is not said_before:
        store.note_said(session, message)
    gateway.metrics.statuses.labels(step.status).inc()
    change = ChangeType(f"message.{step.status}")
    _announce(session, gateway, message, change, step.at, author_of(message.direction))


def _announce(
    session: AsyncSession, gateway: Gateway, message: Message, change: ChangeType, at: datetime, to: Role
) -> None:
    news = News(
        type=change,
        at=at,
        seller_id=message.seller_id if to is Role.SELLER else None,
        buyer_id=message.buyer_id if to is Role.BUYER else None,
        thread_id=message.thread_id,
        message_id=message.message_id,
        order_id=message.order_id,
    )
    gateway.hub.announce(session, news)


def _move_last_seen(thread: Thread, side: Role, at: datetime) -> None:
    if side is Role.SELLER:
        thread.seller_last_at = max(thread.seller_last_at or at, at)
    else:
        thread.buyer_last_at = max(thread.buyer_last_at or at, at)


async def _require_message(session: AsyncSession, message_id: UUID) -> Message:
    message = await store.lock_message(session, message_id)
    if message is None:
        raise NotYetKnown("a message")
    return message


async def _require_thread(session: AsyncSession, thread_id: UUID) -> Thread:
    thread = await store.lock_thread(session, thread_id)
    if thread is None:
        raise NotYetKnown("a thread")
    return thread
