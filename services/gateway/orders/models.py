"""Tables of orders, and of the pairs of buyer and seller whose aliases are known."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, Text
from sqlmodel import Field

from services.gateway.base import Base
from shared.contracts.vocabulary import Fulfilment, OrderStatus
from shared.db import UtcDateTime, named


class Order(Base, table=True):
    """An order; `version` grows by one with every change.

    `adjustments` came with the whole order, `confirmed_adjustments` and `shipments` one by one or by feeds. `warned_at`
    is when the seller was warned of the present ship-by date. `phone_box` seals the buyer's telephone number while the
    seller may see it (R-ORDER-4), and no longer.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_seller_id_placed_at", "seller_id", "placed_at", "order_id"),
        Index("ix_orders_buyer_id_placed_at", "buyer_id", "placed_at", "order_id"),
        Index("ix_orders_thread_id_placed_at", "thread_id", "placed_at"),
        Index("ix_orders_placed_at", "placed_at", "order_id"),
        Index("ix_orders_status_ship_by", "status", "ship_by"),
    )

    order_id: str = Field(primary_key=True, max_length=19)
    version: int
    thread_id: UUID
    marketplace_id: str = Field(max_length=64)
    buyer_id: str = Field(max_length=64)
    seller_id: str = Field(max_length=64)
    status: OrderStatus = Field(sa_type=named(OrderStatus))
    fulfilment: Fulfilment = Field(sa_type=named(Fulfilment))
    items: list[dict[str, Any]] = Field(sa_type=JSON)
    business: bool
    purchase_order_number: str | None = Field(default=None, max_length=100)
    adjustments: list[dict[str, Any]] = Field(sa_type=JSON)
    return_requested: bool
    placed_at: datetime = Field(sa_type=UtcDateTime)
    ship_by: datetime | None = Field(default=None, sa_type=UtcDateTime)
    shipped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    shipments: list[dict[str, Any]] = Field(sa_type=JSON)
    confirmed_adjustments: list[dict[str, Any]] = Field(sa_type=JSON)
    warned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    phone_box: str | None = Field(default=None, sa_type=Text)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Pair(Base, table=True):
    """The two aliases of a buyer and a seller in one marketplace, as `alias.issued` told them."""

    __tablename__ = "pairs"

    thread_id: UUID = Field(primary_key=True)
    marketplace_id: str = Field(max_length=64)
    buyer_id: str = Field(max_length=64)
    seller_id: str = Field(max_length=64)
    buyer_alias: str = Field(max_length=64, index=True)
    seller_alias: str = Field(max_length=64, index=True)
