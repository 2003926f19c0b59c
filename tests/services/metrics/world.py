"""A thread as the metrics service hears of it: deliveries, bounces and marks, at hours after a beginning."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.metrics.metrics import ResponseMetrics
from services.metrics.service import Stopwatch
from shared.contracts.delivery import MessageBounced, MessageDelivered
from shared.contracts.facts import MarketplaceFacts, MessageFacts
from shared.contracts.gateway import MessageMarked
from shared.contracts.vocabulary import Channel, Direction, Kind, Mark, Role, identify_thread
from shared.db import Database

TARGET = timedelta(hours=24)
# Far enough back that what tests call late is over, and within all three periods.
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)
BUYER, SELLER = Direction.BUYER_TO_SELLER, Direction.SELLER_TO_BUYER
ITALY = MarketplaceFacts(
    marketplace_id="APJ6JRA9NG5V4",
    name="Amazon.it",
    alias_domain="marketplace.amazon.it",
    language="it",
    time_zone="Europe/Rome",
    storefront_domains=("amazon.it",),
)


def hour(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def stopwatch(database: Database) -> Stopwatch:
    return Stopwatch(database, ResponseMetrics(), TARGET)


def facts(number: int, direction: Direction, at: float, buyer_id: str = "b1") -> MessageFacts:
    return MessageFacts(
        message_id=UUID(int=number),
        thread_id=identify_thread(ITALY.marketplace_id, "s1", buyer_id),
        marketplace=ITALY,
        buyer_id=buyer_id,
        seller_id="s1",
        order_id=None,
        direction=direction,
        kind=Kind.REPLY,
        channel=Channel.EMAIL,
        reason=None,
        language="it",
        accepted_at=hour(at),
    )


def delivered(number: int, direction: Direction, at: float, buyer_id: str = "b1") -> MessageDelivered:
    message = facts(number, direction, at, buyer_id)
    return MessageDelivered(message=message, delivered_at=hour(at), attempt=1, reply="250 OK")


def bounced(number: int, direction: Direction, at: float, buyer_id: str = "b1") -> MessageBounced:
    return MessageBounced(message=facts(number, direction, at, buyer_id), bounced_at=hour(at), attempt=1, reply="550")


def marked(number: int, mark: Mark, at: float, by: Role = Role.SELLER, buyer_id: str = "b1") -> MessageMarked:
    return MessageMarked(
        message_id=UUID(int=number),
        thread_id=identify_thread(ITALY.marketplace_id, "s1", buyer_id),
        seller_id="s1",
        marketplace_id=ITALY.marketplace_id,
        by=by,
        mark=mark,
        marked_at=hour(at),
    )
