"""What a caller reads of threads and messages: their own as they sent it, the other side's as the gate let it pass."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.domain import Caller, CallerRole
from services.gateway.accounts import service as accounts
from services.gateway.accounts import store as parties
from services.gateway.context import Gateway
from services.gateway.filing.service import Filed
from services.gateway.mailbox import store
from services.gateway.mailbox.domain import SHOWN_TO_RECIPIENT, author_of, cut_excerpt, disguise
from services.gateway.mailbox.models import Message, Step, Thread
from services.gateway.mailbox.schemas import (
    AttachmentAnswer,
    FindingAnswer,
    MessageAnswer,
    MessageDetail,
    StepAnswer,
    ThreadAnswer,
)
from services.gateway.mailbox.service import sealed_content, sealed_passed
from services.gateway.orders import store as orders
from services.gateway.orders.models import Pair
from shared.contracts.facts import Content, FindingFacts
from shared.contracts.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Loaded:
    """A message with all that its description needs from the database."""

    message: Message
    steps: Sequence[Step]
    pair: Pair | None
    addresses: Mapping[str, Role]


async def load(session: AsyncSession, gateway: Gateway, caller: Caller, messages: Sequence[Message]) -> list[Loaded]:
    """Load what describing `messages` needs; of one thread or of many."""
    steps = await store.list_steps(session, [message.message_id for message in messages])
    pairs = await orders.list_pairs(session, [message.thread_id for message in messages])
    hidden: dict[UUID, Mapping[str, Role]] = {}
    for message in messages:
        if message.thread_id not in hidden:
            hidden[message.thread_id] = await _hidden_addresses(session, gateway, caller, message)
    return [
        Loaded(message, steps[message.message_id], pairs.get(message.thread_id), hidden[message.thread_id])
        for message in messages
    ]


async def describe_details(gateway: Gateway, caller: Caller, loaded: Sequence[Loaded]) -> list[MessageDetail]:
    """Open and describe messages that the caller may read. No transaction may be open: content may lie far away."""
    return list(await asyncio.gather(*(_describe_detail(gateway, caller, item) for item in loaded)))


def describe_message(gateway: Gateway, caller: Caller, message: Message, pair: Pair | None) -> MessageAnswer:
    """Describe a message that the caller may read, without what it says."""
    for_author = is_author(caller, message)
    return MessageAnswer(
        id=message.message_id,
        thread_id=message.thread_id,
        marketplace_id=message.marketplace_id,
        seller_id=message.seller_id,
        buyer_id=None if caller.role is CallerRole.SELLER else message.buyer_id,
        buyer_alias=pair.buyer_alias if pair else None,
        order_id=message.order_id,
        direction=message.direction,
        kind=message.kind,
        channel=message.channel,
        reason=message.reason,
        presale=message.presale,
        in_reply_to=message.answers,
        accepted_at=message.accepted_at,
        status=message.status,
        # That they were reported is nothing that authors should learn.
        mark=None if for_author else message.mark,
        marked_at=None if for_author else message.marked_at,
        links=link_message(gateway, message.message_id, message.thread_id),
    )


def describe_thread(
    gateway: Gateway, caller: Caller, thread: Thread, pair: Pair | None, filed: Filed | None = None
) -> ThreadAnswer:
    """Describe a thread that the caller may see; `filed` is where its seller, who asks, keeps it."""
    address = f"{gateway.settings.public_url}/v1"
    return ThreadAnswer(
        id=thread.thread_id,
        marketplace_id=thread.marketplace_id,
        seller_id=thread.seller_id,
        buyer_id=None if caller.role is CallerRole.SELLER else thread.buyer_id,
        buyer_alias=pair.buyer_alias if pair else None,
        last_message_at=last_seen_by(caller, thread) or thread.last_at,
        unread=thread.buyer_unread if caller.role is CallerRole.BUYER else thread.seller_unread,
        response_needed_since=thread.response_needed_since,
        response_overdue=thread.response_overdue,
        folder_id=filed.folder_id if filed else None,
        priority=filed.priority if filed else None,
        archived=filed.archived if filed else None,
        labels=list(filed.labels) if filed else None,
        links={
            "self": f"{address}/threads/{thread.thread_id}",
            "messages": f"{address}/messages?thread_id={thread.thread_id}",
        },
    )


def describe_findings(findings: Sequence[FindingFacts], content: Content) -> list[FindingAnswer]:
    """Describe findings, each with the words of `content` that it is about."""
    fields = {
        "subject": content.subject,
        "text": content.text,
        "html": content.html,
        "quoted_text": content.quoted_text,
        "quoted_html": content.quoted_html,
    }
    return [
        FindingAnswer(
            rule=finding.rule,
            severity=finding.severity,
            field=finding.field,
            span=(finding.start, finding.end),
            excerpt=cut_excerpt(fields, finding.field, finding.start, finding.end),
            message=finding.message,
            advice=finding.advice,
        )
        for finding in findings
    ]


def link_message(gateway: Gateway, message_id: UUID, thread_id: UUID) -> dict[str, str]:
    """Return where to go from a message."""
    address = f"{gateway.settings.public_url}/v1"
    return {
        "self": f"{address}/messages/{message_id}",
        "thread": f"{address}/threads/{thread_id}",
        "events": f"{address}/events",
    }


def last_seen_by(caller: Caller, thread: Thread) -> datetime | None:
    """Return the time of the newest message that the caller may see, None where there is none."""
    if caller.seller_id is not None:
        return thread.seller_last_at
    return thread.buyer_last_at if caller.buyer_id is not None else thread.last_at


def may_see_thread(caller: Caller, thread: Thread) -> bool:
    """Whether a thread is the caller's and holds a message that they may see."""
    return caller.may_see(thread.seller_id, thread.buyer_id) and last_seen_by(caller, thread) is not None


def may_read(caller: Caller, message: Message) -> bool:
    """Whether a message is the caller's own, or was let pass to them; operators read all."""
    if caller.is_operator:
        return True
    if not caller.may_see(message.seller_id, message.buyer_id):
        return False
    return message.shown or author_of(message.direction) == Role(caller.role)


def is_author(caller: Caller, message: Message) -> bool:
    """Whether the caller, a party of the message, wrote it."""
    return not caller.is_operator and author_of(message.direction) == Role(caller.role)


async def _describe_detail(gateway: Gateway, caller: Caller, loaded: Loaded) -> MessageDetail:
    message = loaded.message
    knows_all = caller.is_operator or is_author(caller, message)
    content = await gateway.blobs.open_content(sealed_content(message) if knows_all else sealed_passed(message))
    aliases = {address: _alias_of(role, loaded.pair) for address, role in loaded.addresses.items()}
    findings = [FindingFacts.model_validate(finding) for finding in message.findings] if knows_all else []
    return MessageDetail(
        **dict(describe_message(gateway, caller, message, loaded.pair)),
        subject=disguise(content.subject, aliases),
        text=disguise(content.text, aliases),
        html=None if content.html is None else disguise(content.html, aliases),
        attachments=[
            AttachmentAnswer(name=part.name, media_type=part.media_type, size=part.size) for part in content.attachments
        ],
        history=[_describe_step(step, codes=knows_all) for step in loaded.steps if knows_all or _is_shown(step)],
        rule_set=message.rule_set if knows_all else None,
        findings=describe_findings(findings, content),
    )


def _describe_step(step: Step, *, codes: bool) -> StepAnswer:
    return StepAnswer(
        status=step.status,
        at=step.at,
        attempt=step.attempt,
        reply_code=step.reply_code if codes else None,
        next_attempt_at=step.next_attempt_at,
    )


def _is_shown(step: Step) -> bool:
    return step.status in SHOWN_TO_RECIPIENT


def _alias_of(role: Role, pair: Pair | None) -> str:
    if pair is None:
        return "[address]"
    return pair.seller_alias if role is Role.SELLER else pair.buyer_alias


async def _hidden_addresses(
    session: AsyncSession, gateway: Gateway, caller: Caller, message: Message
) -> Mapping[str, Role]:
    """Return the real addresses that the caller must not read, with whose they are: the other side's."""
    hidden: dict[str, Role] = {}
    if caller.buyer_id is None and (buyer := await parties.get_buyer(session, message.buyer_id)):
        hidden |= dict.fromkeys(accounts.buyer_addresses(buyer, gateway.keys), Role.BUYER)
    if caller.seller_id is None and (seller := await parties.get_seller(session, message.seller_id)):
        hidden |= dict.fromkeys(accounts.seller_addresses(seller, gateway.keys), Role.SELLER)
    return hidden
