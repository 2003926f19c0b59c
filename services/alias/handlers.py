"""What the alias service does with each event it consumes."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from services.alias import store
from services.alias.service import Directory
from shared.consumer import Handlers
from shared.contracts.gateway import MessageSubmitted, OrderRecorded, PartyChanged
from shared.contracts.vocabulary import Role, identify_thread
from shared.events import Event


async def on_party_changed(event: PartyChanged, session: AsyncSession, directory: Directory) -> None:
    """Keep the directory."""
    await directory.record_party(session, event)


async def on_order_recorded(event: OrderRecorded, session: AsyncSession, directory: Directory) -> None:
    """Issue the pair's aliases at the first order."""
    await directory.issue_pair(session, event.order.marketplace, event.order.buyer_id, event.order.seller_id)


async def on_message_submitted(event: MessageSubmitted, session: AsyncSession, directory: Directory) -> None:
    """Address the message."""
    await directory.address_message(session, event)


async def prepare(events: Sequence[Event], session: AsyncSession, _directory: Directory) -> None:
    """Ask once for the parties and aliases of a batch of messages and orders."""
    messages = [event.message for event in events if isinstance(event, MessageSubmitted)]
    buyers = [(Role.BUYER, message.buyer_id) for message in messages]
    sellers = [(Role.SELLER, message.seller_id) for message in messages]
    await store.PARTIES.prepare(session, [*buyers, *sellers])
    orders = [event.order for event in events if isinstance(event, OrderRecorded)]
    contacts = [identify_thread(order.marketplace.marketplace_id, order.seller_id, order.buyer_id) for order in orders]
    await store.ALIASES.prepare(session, [*(message.thread_id for message in messages), *contacts])


HANDLERS: Handlers[Directory] = {
    PartyChanged: on_party_changed,
    OrderRecorded: on_order_recorded,
    MessageSubmitted: on_message_submitted,
}
