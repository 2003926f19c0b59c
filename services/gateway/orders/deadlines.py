"""Late shipments: the seller is warned, then the order is cancelled (R-ORDER-5)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import service as accounts
from services.gateway.context import Gateway
from services.gateway.holding import hold
from services.gateway.live.domain import ChangeType, News
from services.gateway.orders import store
from services.gateway.orders.confirmations import require_parties
from services.gateway.orders.service import change_order, describe_facts, read_state
from shared.bus import finish
from shared.contracts.gateway import OrderLapsed, ShipmentDue
from shared.contracts.vocabulary import OrderStatus
from shared.outbox import emit

_LEADERSHIP = 0x73686970
_BATCH = 50
_MOST_FAILED = 1000
_log = structlog.get_logger()
Clock = Callable[[], datetime]
Step = Callable[[AsyncSession, Gateway, str, datetime], Awaitable[None]]


def read_clock() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


async def watch_deadlines(gateway: Gateway, clock: Clock = read_clock) -> None:
    """Warn and cancel, again and again, until cancelled; one instance of all does it, the others wait to take over."""
    async with gateway.database.leadership(_LEADERSHIP) as still_leading:
        while True:
            await still_leading()
            failed: set[str] = set()
            while await finish(enforce_deadlines(gateway, clock(), failed)):
                await still_leading()
            await asyncio.sleep(gateway.settings.deadline_poll_seconds)


async def enforce_deadlines(gateway: Gateway, now: datetime, failed: set[str] | None = None) -> bool:
    """Warn of what is late and cancel what has lapsed at `now`, 50 orders of each; return whether there may be more.

    Each order is a transaction of its own, in which it is looked at again: whoever confirms at the same moment wins or
    loses, and nothing is half-done. One that fails is logged, added to `failed` and left out while it is there, so that
    it does not keep the others waiting; with 1000 of them there is no more to be had from this round.
    """
    failed = set() if failed is None else failed
    deadlines = gateway.settings.shipment_deadlines()
    async with gateway.database.reading() as session:
        due = await store.find_unwarned(session, now - deadlines.confirm + deadlines.warning, failed, _BATCH)
        lapsed = await store.find_lapsed(session, now - deadlines.confirm, now - deadlines.grace, failed, _BATCH)
    failed |= await _do_each(gateway, _warn, due, now)
    failed |= await _do_each(gateway, _cancel, lapsed, now)
    return _BATCH in (len(due), len(lapsed)) and len(failed) < _MOST_FAILED


async def _do_each(gateway: Gateway, step: Step, order_ids: Sequence[str], now: datetime) -> set[str]:
    """Do a step to each order; return those that it failed with, logged by kind and number only."""
    failed: set[str] = set()
    kinds: Counter[str] = Counter()
    for order_id in order_ids:
        try:
            async with gateway.database.transaction() as session:
                await step(session, gateway, order_id, now)
        except Exception as error:  # noqa: BLE001 - one order that fails must not stop the others
            failed.add(order_id)
            kinds[type(error).__name__] += 1
    for kind, orders in kinds.items():
        _log.error("deadline.failed", error=kind, orders=orders)
    return failed


async def _warn(session: AsyncSession, gateway: Gateway, order_id: str, now: datetime) -> None:
    await hold(session, f"order {order_id}")
    order = await store.get_order(session, order_id)
    deadlines = gateway.settings.shipment_deadlines()
    if order is None or not deadlines.is_due(state := read_state(order), order.warned_at, now):
        return
    confirm_by = deadlines.confirm_by(state, now)
    marketplace = await accounts.find_marketplace(session, order.marketplace_id)
    if confirm_by is None or marketplace is None:
        raise LookupError("a late order without a marketplace")
    order.warned_at = now
    session.add(order)
    _, seller = await require_parties(session, order)
    emit(
        session,
        ShipmentDue(
            order=describe_facts(order, marketplace),
            seller_version=seller.version,
            confirm_by=confirm_by,
            warned_at=now,
        ),
    )
    news = News(
        type=ChangeType.SHIPMENT_DUE, at=now, seller_id=order.seller_id, thread_id=order.thread_id, order_id=order_id
    )
    gateway.hub.announce(session, news)


async def _cancel(session: AsyncSession, gateway: Gateway, order_id: str, now: datetime) -> None:
    await hold(session, f"order {order_id}")
    order = await store.get_order(session, order_id)
    if order is None:
        return
    state = read_state(order)
    if not gateway.settings.shipment_deadlines().is_lapsed(state, order.warned_at, now):
        return
    facts = await change_order(session, gateway, order, replace(state, status=OrderStatus.CANCELLED), now)
    buyer, seller = await require_parties(session, order)
    emit(
        session,
        OrderLapsed(
            order=facts,
            business_name=seller.business_name,
            buyer_version=buyer.version,
            seller_version=seller.version,
            lapsed_at=now,
        ),
    )
