"""What the delivery service does with each event it consumes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.inbound.directory import Directory, Pair
from services.delivery.inbound.store import KNOWN_ALIASES
from services.delivery.outbound.service import Queue, Reader
from services.delivery.outbound.updates import (
    Topic,
    describe_adjustment,
    describe_due,
    describe_lapsed,
    describe_shipment,
    identify_update,
)
from services.delivery.threads.store import PLACES
from shared.consumer import Handlers
from shared.contracts.alias import AliasIssued, AliasRetired
from shared.contracts.gateway import (
    AdjustmentRecorded,
    OrderLapsed,
    PartyChanged,
    SenderRequested,
    ShipmentConfirmed,
    ShipmentDue,
)
from shared.contracts.policy import MessageApproved, MessageRejected, StandingChanged
from shared.contracts.vocabulary import Role
from shared.events import Event


@dataclass(frozen=True, slots=True)
class Delivery:
    """What handlers work with."""

    directory: Directory
    queue: Queue


async def on_party_changed(event: PartyChanged, session: AsyncSession, delivery: Delivery) -> None:
    """Know whose mail the door takes."""
    await delivery.directory.record_party(session, event)


async def on_sender_requested(event: SenderRequested, session: AsyncSession, delivery: Delivery) -> None:
    """Ask the owner of the address."""
    await delivery.queue.ask_sender(session, event)


async def on_alias_issued(event: AliasIssued, session: AsyncSession, delivery: Delivery) -> None:
    """Take mail for a new pair of aliases."""
    await delivery.directory.record_pair(
        session,
        Pair(
            thread_id=event.thread_id,
            marketplace_id=event.marketplace_id,
            buyer_id=event.buyer_id,
            seller_id=event.seller_id,
            buyer_alias=event.buyer_alias,
            seller_alias=event.seller_alias,
        ),
    )


async def on_alias_retired(event: AliasRetired, session: AsyncSession, delivery: Delivery) -> None:
    """Take no more mail for a pair of aliases."""
    await delivery.directory.retire_pair(session, event.buyer_alias, event.seller_alias)


async def on_message_approved(event: MessageApproved, session: AsyncSession, delivery: Delivery) -> None:
    """Send the message; its aliases must be answerable from the moment that it arrives."""
    message = event.message
    pair = Pair(
        thread_id=message.thread_id,
        marketplace_id=message.marketplace.marketplace_id,
        buyer_id=message.buyer_id,
        seller_id=message.seller_id,
        buyer_alias=event.addressing.buyer_alias,
        seller_alias=event.addressing.seller_alias,
    )
    await delivery.directory.record_pair(session, pair)
    await delivery.queue.enqueue_message(session, event)


async def on_message_rejected(event: MessageRejected, session: AsyncSession, delivery: Delivery) -> None:
    """Tell the writer, unless an operator's decision comes too late to stop the mail."""
    if event.decision.override is None or await delivery.queue.withdraw(session, event.message.message_id):
        await delivery.queue.notify_rejected(session, event)


async def on_standing_changed(event: StandingChanged, session: AsyncSession, delivery: Delivery) -> None:
    """Tell the seller."""
    await delivery.queue.notify_standing(session, event)


async def on_shipment_confirmed(event: ShipmentConfirmed, session: AsyncSession, delivery: Delivery) -> None:
    """Tell the buyer."""
    reader = Reader(Role.BUYER, event.order.buyer_id, event.buyer_version)
    queue_id = identify_update(Topic.SHIPPED, event.order.order_id, event.shipment.shipment_id)
    await delivery.queue.tell_update(session, reader, queue_id, partial(describe_shipment, event))


async def on_adjustment_recorded(event: AdjustmentRecorded, session: AsyncSession, delivery: Delivery) -> None:
    """Tell the buyer."""
    reader = Reader(Role.BUYER, event.order.buyer_id, event.buyer_version)
    queue_id = identify_update(Topic.ADJUSTED, event.order.order_id, event.adjustment.adjustment_id or "")
    await delivery.queue.tell_update(session, reader, queue_id, partial(describe_adjustment, event))


async def on_shipment_due(event: ShipmentDue, session: AsyncSession, delivery: Delivery) -> None:
    """Tell the seller."""
    reader = Reader(Role.SELLER, event.order.seller_id, event.seller_version)
    queue_id = identify_update(Topic.DUE, event.order.order_id, event.warned_at.isoformat())
    await delivery.queue.tell_update(session, reader, queue_id, partial(describe_due, event))


async def on_order_lapsed(event: OrderLapsed, session: AsyncSession, delivery: Delivery) -> None:
    """Tell both sides."""
    order = event.order
    buyer = Reader(Role.BUYER, order.buyer_id, event.buyer_version)
    seller = Reader(Role.SELLER, order.seller_id, event.seller_version)
    for reader, topic in ((buyer, Topic.LAPSED), (seller, Topic.LAPSED_SELLER)):
        write = partial(describe_lapsed, event, to_seller=reader is seller)
        await delivery.queue.tell_update(session, reader, identify_update(topic, order.order_id, ""), write)


async def prepare(events: Sequence[Event], session: AsyncSession, _delivery: Delivery) -> None:
    """Ask once for the places and aliases of a batch of approved messages."""
    approved = [event for event in events if isinstance(event, MessageApproved)]
    await PLACES.prepare(session, [event.message.message_id for event in approved])
    pairs = [(event.addressing.buyer_alias, event.addressing.seller_alias) for event in approved]
    await KNOWN_ALIASES.prepare(session, [alias.lower() for pair in pairs for alias in pair])


HANDLERS: Handlers[Delivery] = {
    PartyChanged: on_party_changed,
    SenderRequested: on_sender_requested,
    AliasIssued: on_alias_issued,
    AliasRetired: on_alias_retired,
    MessageApproved: on_message_approved,
    MessageRejected: on_message_rejected,
    StandingChanged: on_standing_changed,
    ShipmentConfirmed: on_shipment_confirmed,
    AdjustmentRecorded: on_adjustment_recorded,
    ShipmentDue: on_shipment_due,
    OrderLapsed: on_order_lapsed,
}
