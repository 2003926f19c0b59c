"""What the policy service does with each event it consumes."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.service import Gate
from shared.consumer import Handlers
from shared.contracts.alias import MessageAddressed
from shared.contracts.gateway import OrderChanged, OrderRecorded, PartyChanged


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


HANDLERS: Handlers[Gate] = {
    PartyChanged: on_party_changed,
    OrderRecorded: on_order_recorded,
    OrderChanged: on_order_changed,
    MessageAddressed: on_message_addressed,
}
