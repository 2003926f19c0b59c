"""What threads and messages learn from events."""

import asyncio

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.context import Gateway
from services.gateway.live.domain import ChangeType
from services.gateway.mailbox import incoming, service
from services.gateway.mailbox.domain import Status
from shared.consumer import Handlers
from shared.contracts.delivery import MailReceived, MessageBounced, MessageDeferred, MessageDelivered
from shared.contracts.metrics import TurnClosed, TurnOpened, TurnOverdue
from shared.contracts.policy import MessageApproved, MessageRejected

_OPEN_SECONDS = 10


async def on_mail_received(event: MailReceived, session: AsyncSession, gateway: Gateway) -> None:
    """Make the mail a message of its thread."""
    # Almost every content is in the event itself; only a very long one is fetched, and never for long.
    async with asyncio.timeout(_OPEN_SECONDS):
        content = await gateway.blobs.open_content(event.content)
    await incoming.accept_mail(session, gateway, event, content)


async def on_message_approved(event: MessageApproved, session: AsyncSession, gateway: Gateway) -> None:
    """Show the message to the other side."""
    await service.approve(session, gateway, event.message.message_id, event.content, event.decision)


async def on_message_rejected(event: MessageRejected, session: AsyncSession, gateway: Gateway) -> None:
    """Show the author why."""
    await service.reject(session, gateway, event.message.message_id, event.decision)


async def on_message_delivered(event: MessageDelivered, session: AsyncSession, gateway: Gateway) -> None:
    """Note the delivery."""
    await service.note_attempt(
        session,
        gateway,
        event.message.message_id,
        status=Status.DELIVERED,
        at=event.delivered_at,
        attempt=event.attempt,
        reply=event.reply,
    )


async def on_message_deferred(event: MessageDeferred, session: AsyncSession, gateway: Gateway) -> None:
    """Note the failed attempt and when the next one comes."""
    await service.note_attempt(
        session,
        gateway,
        event.message.message_id,
        status=Status.DEFERRED,
        at=event.deferred_at,
        attempt=event.attempt,
        reply=event.reply,
        next_attempt_at=event.next_attempt_at,
    )


async def on_message_bounced(event: MessageBounced, session: AsyncSession, gateway: Gateway) -> None:
    """Note that the mail will not arrive."""
    await service.note_attempt(
        session,
        gateway,
        event.message.message_id,
        status=Status.BOUNCED,
        at=event.bounced_at,
        attempt=event.attempt,
        reply=event.reply,
    )


async def on_turn_opened(event: TurnOpened, session: AsyncSession, gateway: Gateway) -> None:
    """Show that the thread needs a response."""
    opened = event.opened_at
    await service.note_turn(session, gateway, event.thread_id, ChangeType.RESPONSE_NEEDED, opened, opened)


async def on_turn_closed(event: TurnClosed, session: AsyncSession, gateway: Gateway) -> None:
    """Show that the thread needs no response any more."""
    await service.note_turn(session, gateway, event.thread_id, ChangeType.RESPONSE_SETTLED, event.closed_at, None)


async def on_turn_overdue(event: TurnOverdue, session: AsyncSession, gateway: Gateway) -> None:
    """Show that the buyer has waited too long."""
    opened = event.opened_at
    await service.note_turn(session, gateway, event.thread_id, ChangeType.RESPONSE_OVERDUE, opened, opened)


HANDLERS: Handlers[Gateway] = {
    MailReceived: on_mail_received,
    MessageApproved: on_message_approved,
    MessageRejected: on_message_rejected,
    MessageDelivered: on_message_delivered,
    MessageDeferred: on_message_deferred,
    MessageBounced: on_message_bounced,
    TurnOpened: on_turn_opened,
    TurnClosed: on_turn_closed,
    TurnOverdue: on_turn_overdue,
}
