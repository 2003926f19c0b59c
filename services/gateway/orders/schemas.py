"""HTTP bodies about orders."""

from datetime import datetime
from typing import Annotated

from babel.numbers import get_currency_precision, list_currencies
from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt, ValidationInfo

from services.gateway.fields import Answer, Body, Identifier, Line, Moment, OrderId
from shared.contracts.facts import AdjustmentFacts, ItemFacts, ShipmentFacts
from shared.contracts.vocabulary import AdjustmentReason, Carrier, Fulfilment, OrderStatus, Trait

MOST_ITEMS = 200
MOST_IMPORTED = 500
_MOST_ADJUSTMENTS = 100
_MOST_PIECES = 1_000_000
_CARRIERS = {carrier.casefold(): carrier for carrier in Carrier}
_REASONS = {reason.casefold(): reason for reason in AdjustmentReason}


def _find_carrier(name: object) -> object:
    return _CARRIERS.get(" ".join(name.split()).casefold(), name) if isinstance(name, str) else name


def _find_reason(code: object) -> object:
    return _REASONS.get(code.strip().casefold(), code) if isinstance(code, str) else code


def _check_currency(code: str) -> str:
    if code not in list_currencies():
        raise ValueError("must be a currency's three letters (ISO 4217), such as EUR")
    return code


def _check_something(amount: str) -> str:
    if not amount.strip("0."):
        raise ValueError("must be more than nothing")
    return amount


def _check_decimals(amount: str, info: ValidationInfo) -> str:
    """Refuse what the currency has no coins for, as the mail would have to round it; `currency` is read before."""
    if (currency := info.data.get("currency")) is None:
        return amount
    most = get_currency_precision(currency)
    if len(amount.partition(".")[2]) > most:
        raise ValueError(f"has more decimals than {currency} has: {most}")
    return amount


Sku = Annotated[Line, Field(min_length=1, max_length=100)]
Pieces = Annotated[StrictInt, Field(ge=1, le=_MOST_PIECES)]
# Buyers read it, so that it must hold nothing but what carriers number parcels with.
TrackingNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9 -]{0,38}[A-Za-z0-9])?$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
# In a model it comes after `currency`.
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$"), AfterValidator(_check_decimals)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9](?:[0-9 ()./-]{3,28})[0-9]$")]


class ItemBody(Body):
    """One line of an order."""

    sku: Sku
    title: Annotated[Line, Field(min_length=1, max_length=500)]
    quantity: Pieces
    traits: Annotated[frozenset[Trait], Field(max_length=len(Trait))] = frozenset()

    def facts(self) -> ItemFacts:
        """Return the item as events carry it."""
        return ItemFacts(sku=self.sku, title=self.title, quantity=self.quantity, traits=tuple(sorted(self.traits)))


class AdjustmentBody(Body):
    """Money given back."""

    reason: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,63}$")] = Field(
        description="The marketplace's code, such as `NoInventory`, `CouldNotShip`, `CustomerReturn`"
    )
    currency: Currency
    amount: Amount = Field(description="Such as `19.90`; no more decimals than the currency has")
    adjusted_at: Moment

    def facts(self) -> AdjustmentFacts:
        """Return the adjustment as events carry it."""
        return AdjustmentFacts(**dict(self))


class OrderBody(Body):
    """An order, whole: what is left out is not so."""

    marketplace_id: Identifier
    buyer_id: Identifier
    seller_id: Identifier
    status: OrderStatus
    fulfilment: Fulfilment = Fulfilment.SELLER
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=MOST_ITEMS)]
    business: StrictBool = False
    purchase_order_number: Annotated[Line, Field(min_length=1, max_length=100)] | None = Field(
        None, description="Of a business order (R-ORDER-6)"
    )
    adjustments: Annotated[list[AdjustmentBody], Field(max_length=_MOST_ADJUSTMENTS)] = Field(default_factory=list)
    return_requested: StrictBool = False
    placed_at: Moment
    ship_by: Moment | None = None
    shipped_at: Moment | None = Field(None, description="Of a shipped or delivered order; else the time we hear of it")
    delivered_at: Moment | None = Field(None, description="Of a delivered order; else the time we hear of it")
    phone: Phone | None = Field(
        None, description="The buyer's; kept and shown only for what the seller ships, until delivery (R-ORDER-4)"
    )


class ShippedItemBody(Body):
    """Pieces of one of the order's lines."""

    sku: Sku
    quantity: Pieces


class ShipmentBody(Body):
    """A parcel that is on its way."""

    shipped_at: Moment
    carrier: Annotated[Carrier, BeforeValidator(_find_carrier)] = Field(
        description="A carrier's name; `Other` for one that is not listed"
    )
    tracking_number: TrackingNumber | None = None
    items: Annotated[list[ShippedItemBody], Field(min_length=1, max_length=MOST_ITEMS)] | None = Field(
        None, description="What is in it; all that is left to ship if left out"
    )


class RefundBody(Body):
    """Money that the buyer gets back, and why."""

    reason: Annotated[AdjustmentReason, BeforeValidator(_find_reason)]
    currency: Annotated[Currency, AfterValidator(_check_currency)]
    amount: Annotated[Amount, AfterValidator(_check_something)] = Field(
        description="Such as `19.90`; no more decimals than the currency has"
    )
    adjusted_at: Moment


class ImportRow(OrderBody):
    """An order of a bulk import."""

    order_id: OrderId


class ImportBody(Body):
    """Orders to record together. Rows are judged one by one, so they are read here as whatever they are."""

    orders: Annotated[list[dict[str, object]], Field(min_length=1, max_length=MOST_IMPORTED)] = Field(
        description="Rows like the body of `PUT /v1/orders/{order_id}`, each with its `order_id`"
    )


class RowAnswer(Answer):
    """What became of one row."""

    row: int = Field(description="Place in the import, from 0")
    order_id: str | None
    result: Annotated[str, Field(description="`recorded`, `changed`, `unchanged` or `refused`")]
    problem: str | None = Field(None, description="Why it was refused")
    errors: list[dict[str, str]] = Field(default_factory=list, description="The fields that are wrong")


class ImportAnswer(Answer):
    """What became of an import, row by row."""

    recorded: int
    changed: int
    unchanged: int
    refused: int
    rows: list[RowAnswer]


class OrderAnswer(Answer):
    """An order. Sellers know the buyer by the alias only; it is the same for all orders of this buyer."""

    id: str
    version: int
    marketplace_id: str
    seller_id: str
    buyer_id: str | None = Field(description="Null for sellers")
    buyer_alias: str | None = Field(description="Null until it is issued, moments after the first order")
    thread_id: str
    status: OrderStatus
    fulfilment: Fulfilment
    items: list[ItemFacts]
    business: bool
    purchase_order_number: str | None
    adjustments: list[AdjustmentFacts]
    shipments: list[ShipmentFacts]
    return_requested: bool
    phone: str | None = Field(description="The buyer's, from placement to delivery of what the seller ships; else null")
    placed_at: datetime
    ship_by: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    completed_at: datetime | None = Field(description="Delivered, else wholly shipped; messaging's 30 days run from it")
    confirm_shipment_by: datetime | None = Field(
        description="Until when the seller must confirm the shipment; an order of which nothing is shipped by then is "
        "cancelled, a partly shipped one is not. Null if nobody waits"
    )
    warned_at: datetime | None = Field(description="When the seller was warned of that")
