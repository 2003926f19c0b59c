"""What the metrics service does with each event it consumes."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from services.metrics import store
from services.metrics.service import Stopwatch
from shared.consumer import Handlers
from shared.contracts.delivery import MessageBounced, MessageDelivered
from shared.contracts.gateway import MessageMarked
from shared.contracts.vocabulary import Role
from shared.events import Event


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


async def prepare(events: Sequence[Event], session: AsyncSession, _stopwatch: Stopwatch) -> None:
    """Hold the threads of a batch, all at once."""
    sent = {event.message.thread_id for event in events if isinstance(event, MessageDelivered | MessageBounced)}
    marked = {event.thread_id for event in events if isinstance(event, MessageMarked)}
    await store.hold_threads(session, *sent, *marked)


async def conclude(session: AsyncSession, stopwatch: Stopwatch) -> None:
    """Compute the turns of the batch's threads, each once."""
    await stopwatch.retrace_changed(session)


HANDLERS: Handlers[Stopwatch] = {
    MessageDelivered: on_message_delivered,
    MessageBounced: on_message_bounced,
    MessageMarked: on_message_marked,
}
