"""What the decisions on a batch of messages stand on, asked for once (`shared.lookup`)."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy import recollection, store
from services.policy.blocks import store as blocks
from services.policy.service import Gate
from shared.contracts.alias import MessageAddressed
from shared.contracts.facts import MessageFacts
from shared.contracts.vocabulary import Role
from shared.events import Event


async def prepare(events: Sequence[Event], session: AsyncSession, gate: Gate) -> None:
    """Ask for parties, orders, review requests, blocks, and what the threads of answers said before."""
    addressed = [event for event in events if isinstance(event, MessageAddressed)]
    messages = [event.message for event in addressed]
    order_ids = [message.order_id for message in messages if message.order_id is not None]
    buyers = [(Role.BUYER, message.buyer_id) for message in messages]
    sellers = [(Role.SELLER, message.seller_id) for message in messages]
    pairs = [(message.buyer_id, message.seller_id, message.marketplace.marketplace_id) for message in messages]
    await store.PARTIES.prepare(session, [*buyers, *sellers])
    await store.ORDERS.prepare(session, order_ids)
    await store.REVIEW_REQUESTS.prepare(session, order_ids)
    await store.PAIR_ORDERS.prepare(session, pairs)
    await _prepare_blocks(session, messages)
    await recollection.prepare(session, gate.blobs, [(event.message, event.content) for event in addressed])


async def _prepare_blocks(session: AsyncSession, messages: Sequence[MessageFacts]) -> None:
    writers = [
        (Role.SELLER, message.seller_id) if message.sender_role is Role.SELLER else (Role.BUYER, message.buyer_id)
        for message in messages
    ]
    receivers = [Role.BUYER if role is Role.SELLER else Role.SELLER for role, _ in writers]
    threads = [message.thread_id for message in messages]
    await blocks.PARTIES.prepare(session, writers)
    await blocks.MESSAGES.prepare(session, [message.message_id for message in messages])
    await blocks.SENDERS.prepare(session, zip(threads, receivers, strict=True))
