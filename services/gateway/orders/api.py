"""Routes of orders. Operators record them; sellers and buyers see their own."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context, Gateway
from services.gateway.fields import Moment, OrderId
from services.gateway.orders import service, store
from services.gateway.orders.domain import completed_at
from services.gateway.orders.errors import IllegalTransition
from services.gateway.orders.importing import import_orders
from services.gateway.orders.models import Order, Pair
from services.gateway.orders.schemas import ImportAnswer, ImportBody, OrderAnswer, OrderBody
from services.gateway.orders.service import Outcome
from services.gateway.orders.store import OrderFilter
from services.gateway.paging import Cursor, CursorText, Limit, Page, cut_page, read_cursor
from shared.contracts.vocabulary import OrderStatus
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

_ORDER = "orders"
router = APIRouter(prefix="/v1", tags=["orders"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Reader = Annotated[Caller, require(Scope.ORDERS_READ)]
Recorder = Annotated[Caller, require(Scope.ORDERS_WRITE, CallerRole.OPERATOR)]
Alias = Annotated[str | None, Query(max_length=64, description="The buyer's alias, whole")]


@router.put("/orders/{order_id}", summary="Record an order", responses=document_problems(IllegalTransition))
async def put_order(
    order_id: OrderId, body: OrderBody, caller: Recorder, gateway: Context, response: Response
) -> OrderAnswer:
    """Record an order (201), or take over its new state (200). The same again changes nothing and keeps its version.

    Statuses go forward only: `pending` to `unshipped` or `cancelled`; `unshipped` to `partially_shipped`, `shipped`,
    `delivered` or `cancelled`; then on to `shipped` and `delivered`. Anything else is a 409 that names both.
    An order's marketplace, buyer and seller never change.
    """
    async with gateway.database.transaction() as session:
        order, outcome = await service.record_order(session, gateway, order_id, body)
        pair = await store.get_pair(session, order.thread_id)
    response.status_code = 201 if outcome is Outcome.RECORDED else 200
    return describe_order(gateway, order, pair, caller)


@router.post("/orders:import", summary="Record many orders")
async def post_import(body: ImportBody, _caller: Recorder, gateway: Context) -> ImportAnswer:
    """Record up to 500 orders. Good rows are recorded, bad ones are named with their fields; the order is kept."""
    async with gateway.database.transaction() as session:
        return await import_orders(session, gateway, body.orders)


@router.get("/orders/{order_id}", summary="Read an order", responses=document_problems(NotFound))
async def get_order(order_id: OrderId, caller: Reader, gateway: Context) -> OrderAnswer:
    """Read an order of one's own; somebody else's is not found."""
    async with gateway.database.reading() as session:
        order = await store.get_order(session, order_id)
        pair = await store.get_pair(session, order.thread_id) if order else None
    if order is None or not caller.may_see(order.seller_id, order.buyer_id):
        raise NotFound("No order of yours has this id.")
    return describe_order(gateway, order, pair, caller)


@router.get("/orders", summary="List orders")
async def list_orders(  # noqa: PLR0913 - the filters of a listing
    caller: Reader,
    gateway: Context,
    *,
    buyer_alias: Alias = None,
    status: OrderStatus | None = None,
    placed_after: Annotated[Moment | None, Query(description="This time or later")] = None,
    placed_before: Annotated[Moment | None, Query(description="Earlier than this time")] = None,
    confirm_before: Annotated[
        Moment | None,
        Query(description="`confirm_shipment_by` is before this time; partly shipped orders are among them"),
    ] = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Page[OrderAnswer]:
    """List one's own orders, latest placed first; operators list all."""
    wanted = OrderFilter(caller.seller_id, caller.buyer_id, buyer_alias, status, placed_after, placed_before)
    if confirm_before is not None:
        deadlines = gateway.settings.shipment_deadlines()
        wanted = replace(
            wanted,
            ship_by_before=confirm_before - deadlines.confirm,
            warned_before=confirm_before - deadlines.grace,
        )
    async with gateway.database.reading() as session:
        rows = await store.list_orders(session, wanted, read_cursor(cursor, _ORDER), limit + 1)
        pairs = await store.list_pairs(session, [row.thread_id for row in rows])
    page, following = cut_page(rows, limit, lambda row: Cursor(_ORDER, row.placed_at, row.order_id))
    return Page(items=[describe_order(gateway, row, pairs.get(row.thread_id), caller) for row in page], next=following)


def describe_order(gateway: Gateway, order: Order, pair: Pair | None, caller: Caller) -> OrderAnswer:
    """Describe an order that the caller may see."""
    state = service.read_state(order)
    return OrderAnswer(
        id=order.order_id,
        version=order.version,
        marketplace_id=state.marketplace_id,
        seller_id=state.seller_id,
        buyer_id=None if caller.role is CallerRole.SELLER else state.buyer_id,
        buyer_alias=pair.buyer_alias if pair else None,
        thread_id=str(order.thread_id),
        status=state.status,
        fulfilment=state.fulfilment,
        items=list(state.items),
        business=state.business,
        purchase_order_number=state.purchase_order_number,
        adjustments=list(state.all_adjustments),
        shipments=list(state.shipments),
        return_requested=state.return_requested,
        phone=service.open_phone(order, gateway.keys),
        placed_at=state.placed_at,
        ship_by=state.ship_by,
        shipped_at=state.shipped_at,
        delivered_at=state.delivered_at,
        completed_at=completed_at(state),
        confirm_shipment_by=gateway.settings.shipment_deadlines().confirm_by(state, order.warned_at),
        warned_at=order.warned_at,
    )
