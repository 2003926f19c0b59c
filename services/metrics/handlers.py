"""What the metrics service does with each event it consumes."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.metrics.service import Stopwatch
from shared.consumer import Handlers
from shared.contracts.delivery import MessageBounced, MessageDelivered
from shared.contracts.gateway import MessageMarked
from shared.contracts.vocabulary import Role


async def on_message_delivered(event: MessageDelivered, session: AsyncSession, stopwatch: Stopwatch) -> None:
    """Start or stop a clock."""
    await stopwatch.record_delivery(session, event.message, event.delivered_at)


async def on_message_bounced(event: MessageBounced, session: AsyncSession, stopwatch: Stopwatch) -> None:
    """Take the message out of the count."""
    await stopwatch.record_failure(session, event.message)


async def on_message_marked(event: MessageMarked, session: AsyncSession, stopwatch: Stopwatch) -> None:
    """Heed what the seller says of a message."""
    if event.by is Role.SELLER:
        await stopwatch.record_mark(session, event)


HANDLERS: Handlers[Stopwatch] = {
    MessageDelivered: on_message_delivered,
    MessageBounced: on_message_bounced,
    MessageMarked: on_message_marked,
}
