"""Routes of shipments and adjustments: sellers, their apps and the marketplace confirm them one by one (R-ORDER-3)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context
from services.gateway.fields import Identifier, OrderId
from services.gateway.orders import confirmations, store
from services.gateway.orders.api import describe_order
from services.gateway.orders.confirmations import Target
from services.gateway.orders.errors import (
    IllegalAdjustment,
    IllegalTransition,
    NothingLeft,
    NotYoursToShip,
    RecordedOtherwise,
    TooManyConfirmations,
)
from services.gateway.orders.schemas import OrderAnswer, RefundBody, ShipmentBody
from services.gateway.orders.service import Outcome
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

router = APIRouter(
    prefix="/v1", tags=["confirmations"], responses=document_problems(Unauthenticated, Forbidden, Invalid, NotFound)
)
Confirmer = Annotated[Caller, require(Scope.ORDERS_CONFIRM, CallerRole.OPERATOR, CallerRole.SELLER)]


@router.put(
    "/orders/{order_id}/shipments/{shipment_id}",
    summary="Confirm a shipment",
    responses=document_problems(
        IllegalTransition, NothingLeft, NotYoursToShip, RecordedOtherwise, TooManyConfirmations
    ),
)
async def put_shipment(
    order_id: OrderId,
    shipment_id: Identifier,
    body: ShipmentBody,
    caller: Confirmer,
    gateway: Context,
    response: Response,
) -> OrderAnswer:
    """Confirm a parcel under an id of one's own (201); the same again changes nothing (200).

    The order becomes `shipped`, or `partially_shipped` while pieces are left, and the buyer is told by mail, in the
    buyer's language, with carrier and tracking number: sellers send no confirmation themselves. A pending order cannot
    be shipped.
    """
    async with gateway.database.transaction() as session:
        order, outcome = await confirmations.confirm_shipment(
            session, gateway, Target(caller.seller_id, order_id, shipment_id), body, datetime.now(UTC)
        )
        pair = await store.get_pair(session, order.thread_id)
    response.status_code = 201 if outcome is Outcome.RECORDED else 200
    return describe_order(gateway, order, pair, caller)


@router.put(
    "/orders/{order_id}/adjustments/{adjustment_id}",
    summary="Record an adjustment",
    responses=document_problems(IllegalAdjustment, RecordedOtherwise, TooManyConfirmations),
)
async def put_adjustment(
    order_id: OrderId,
    adjustment_id: Identifier,
    body: RefundBody,
    caller: Confirmer,
    gateway: Context,
    response: Response,
) -> OrderAnswer:
    """Record a refund under an id of one's own (201); the same again changes nothing (200).

    The buyer is told by mail of the amount and why. `NoInventory` and `CouldNotShip` open the reason `out_of_stock`.
    """
    async with gateway.database.transaction() as session:
        order, outcome = await confirmations.record_adjustment(
            session, gateway, Target(caller.seller_id, order_id, adjustment_id), body, datetime.now(UTC)
        )
        pair = await store.get_pair(session, order.thread_id)
    response.status_code = 201 if outcome is Outcome.RECORDED else 200
    return describe_order(gateway, order, pair, caller)
