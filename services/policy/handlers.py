"""What the policy service does with each event it consumes."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.blocks import service as blocks
from services.policy.service import Gate
from shared.consumer import Handlers
from shared.contracts.alias import MessageAddressed
from shared.contracts.delivery import MessageDelivered
from shared.contracts.gateway import OrderChanged, OrderRecorded, PartyChanged, SenderBlocked, SenderUnblocked


async def on_party_changed(event: PartyChanged, session: AsyncSession, gate: Gate) -> None:
    """Keep languages and opt-outs."""
    await gate.record_party(session, event)


async def on_order_recorded(event: OrderRecorded, session: AsyncSession, gate: Gate) -> None:
    """Keep the order."""
    await gate.record_order(session, event.order)


async def on_order_changed(event: OrderChanged, session: AsyncSession, gate: Gate) -> None:
    """Keep the order's newest state."""
    await gate.record_order(session, event.order)


async def on_message_addressed(event: MessageAddressed, session: AsyncSession, gate: Gate) -> None:
    """Decide."""
    await gate.decide(session, event)


async def on_message_delivered(event: MessageDelivered, session: AsyncSession, gate: Gate) -> None:
    """Know what can no longer be stopped."""
    await gate.record_delivery(session, event)


async def on_sender_blocked(event: SenderBlocked, session: AsyncSession, _gate: Gate) -> None:
    """Keep whom a party wants to hear no more of."""
    await blocks.record_sender(session, event)


async def on_sender_unblocked(event: SenderUnblocked, session: AsyncSession, _gate: Gate) -> None:
    """Keep whom a party wants to hear again."""
    await blocks.record_sender(session, event)


HANDLERS: Handlers[Gate] = {
    PartyChanged: on_party_changed,
    OrderRecorded: on_order_recorded,
    OrderChanged: on_order_changed,
    MessageAddressed: on_message_addressed,
    MessageDelivered: on_message_delivered,
    SenderBlocked: on_sender_blocked,
    SenderUnblocked: on_sender_unblocked,
}
