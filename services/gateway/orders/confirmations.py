"""Use cases of shipments and adjustments: take one in, change the order, let the buyer hear of it (R-ORDER-3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import store as parties
from services.gateway.accounts.models import Buyer, Seller
from services.gateway.context import Gateway
from services.gateway.holding import hold
from services.gateway.orders import store
from services.gateway.orders.errors import NotYoursToShip, RecordedOtherwise
from services.gateway.orders.models import Order
from services.gateway.orders.schemas import RefundBody, ShipmentBody
from services.gateway.orders.service import Outcome, change_order, read_state
from services.gateway.orders.shipments import add_adjustment, add_shipment, choose_items
from shared.contracts.facts import AdjustmentFacts, ShipmentFacts
from shared.contracts.gateway import AdjustmentRecorded, ShipmentConfirmed
from shared.contracts.vocabulary import Fulfilment, OrderStatus
from shared.outbox import emit
from shared.problems import NotFound


@dataclass(frozen=True, slots=True)
class Target:
    """What is confirmed: an id of the confirmer's own, on an order. No `seller_id`: the marketplace confirms itself."""

    seller_id: str | None
    order_id: str
    id: str


async def confirm_shipment(
    session: AsyncSession, gateway: Gateway, target: Target, body: ShipmentBody, now: datetime
) -> tuple[Order, Outcome]:
    """Take in that a parcel is on its way; the same again changes nothing and tells nobody.

    Raises `NotFound` for somebody else's order,
    `NotYoursToShip`, `RecordedOtherwise`, and what `choose_items` and `add_shipment` raise; then nothing is changed.
    """
    order = await _require_order(session, target)
    state = read_state(order)
    if target.seller_id is not None and state.fulfilment is not Fulfilment.SELLER:
        raise NotYoursToShip
    if known := next((parcel for parcel in state.shipments if parcel.shipment_id == target.id), None):
        if not _says_the_same(known, body):
            raise RecordedOtherwise("shipment_id")
        return order, Outcome.UNCHANGED
    shipment = ShipmentFacts(
        shipment_id=target.id,
        items=choose_items(state, body.items),
        carrier=body.carrier,
        tracking_number=body.tracking_number,
        shipped_at=body.shipped_at,
    )
    facts = await change_order(session, gateway, order, add_shipment(state, shipment, now), now)
    buyer, seller = await require_parties(session, order)
    emit(
        session,
        ShipmentConfirmed(
            order=facts,
            shipment=shipment,
            complete=facts.status is OrderStatus.SHIPPED,
            business_name=seller.business_name,
            buyer_version=buyer.version,
            confirmed_at=now,
        ),
    )
    return order, Outcome.RECORDED


async def record_adjustment(
    session: AsyncSession, gateway: Gateway, target: Target, body: RefundBody, now: datetime
) -> tuple[Order, Outcome]:
    """Take in that the buyer gets money back; the same again changes nothing and tells nobody.

    Raises `NotFound` for somebody else's order, `RecordedOtherwise`, and what `add_adjustment` raises; then nothing is
    changed.
    """
    order = await _require_order(session, target)
    state = read_state(order)
    adjustment = AdjustmentFacts(
        reason=body.reason.value,
        amount=body.amount,
        currency=body.currency,
        adjusted_at=body.adjusted_at,
        adjustment_id=target.id,
    )
    if known := next((told for told in state.confirmed if told.adjustment_id == target.id), None):
        if known != adjustment:
            raise RecordedOtherwise("adjustment_id")
        return order, Outcome.UNCHANGED
    facts = await change_order(session, gateway, order, add_adjustment(state, adjustment, body.reason, now), now)
    buyer, seller = await require_parties(session, order)
    emit(
        session,
        AdjustmentRecorded(
            order=facts,
            adjustment=adjustment,
            business_name=seller.business_name,
            buyer_version=buyer.version,
            recorded_at=now,
        ),
    )
    return order, Outcome.RECORDED


async def require_parties(session: AsyncSession, order: Order) -> tuple[Buyer, Seller]:
    """Return an order's buyer and seller, who are recorded before it."""
    buyer = await parties.get_buyer(session, order.buyer_id)
    seller = await parties.get_seller(session, order.seller_id)
    if buyer is None or seller is None:
        raise LookupError("an order of unknown parties")
    return buyer, seller


async def _require_order(session: AsyncSession, target: Target) -> Order:
    await hold(session, f"order {target.order_id}")
    order = await store.get_order(session, target.order_id)
    if order is None or target.seller_id not in (None, order.seller_id):
        raise NotFound("No order of yours has this id.", errors=[{"field": "order_id", "message": "is not known"}])
    return order


def _says_the_same(known: ShipmentFacts, body: ShipmentBody) -> bool:
    """Whether a parcel was confirmed just so; one that named no items held all that was left then."""
    told = (known.carrier, known.tracking_number, known.shipped_at)
    if told != (body.carrier, body.tracking_number, body.shipped_at):
        return False
    if body.items is None:
        return True
    wanted: dict[str, int] = {}
    for item in body.items:
        wanted[item.sku] = wanted.get(item.sku, 0) + item.quantity
    return wanted == {item.sku: item.quantity for item in known.items}
