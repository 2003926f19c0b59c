"""What feeds are, which columns they have, and how rows become confirmations. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOST_ROWS = 10_000
LONGEST_VALUE = 500


class FeedKind(StrEnum):
    """What a feed confirms."""

    SHIPMENTS = "shipments"
    ADJUSTMENTS = "adjustments"


class FeedFormat(StrEnum):
    """How a feed is written, by its media type."""

    TSV = "text/tab-separated-values"
    CSV = "text/csv"
    JSON_LINES = "application/x-ndjson"


class FeedState(StrEnum):
    """How far a feed has come."""

    RECEIVED = "received"
    PROCESSING = "processing"
    DONE = "done"


_COMMON = {
    FeedKind.SHIPMENTS: ("order_id", "shipment_id", "shipped_at", "carrier", "tracking_number"),
    FeedKind.ADJUSTMENTS: ("order_id", "adjustment_id", "reason", "amount", "currency", "adjusted_at"),
}
_OF_ITEM = ("sku", "quantity")
COLUMNS: Mapping[FeedKind, tuple[str, ...]] = {
    FeedKind.SHIPMENTS: _COMMON[FeedKind.SHIPMENTS] + _OF_ITEM,
    FeedKind.ADJUSTMENTS: _COMMON[FeedKind.ADJUSTMENTS],
}
REQUIRED: Mapping[FeedKind, frozenset[str]] = {
    FeedKind.SHIPMENTS: frozenset({"order_id", "shipment_id", "shipped_at", "carrier"}),
    FeedKind.ADJUSTMENTS: frozenset(_COMMON[FeedKind.ADJUSTMENTS]),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a row: its field (`row`: all of it) and a sentence. `row` counts from 1, header included."""

    row: int
    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file, its values by column, those left empty not there; or why it cannot be read."""

    number: int
    values: Mapping[str, Any]
    complaint: Complaint | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One confirmation: the rows that it came from, and its body with `order_id` and its own id."""

    rows: tuple[int, ...]
    values: Mapping[str, Any]
    complaints: tuple[Complaint, ...] = field(default=())

    def place(self, name: str) -> tuple[int, str]:
        """Return the row and the column that a field of the body came from."""
        parts = name.split(".")
        if parts[0] == "items" and len(parts) > 1 and parts[1].isdigit() and len(self.rows) > 1:
            number = min(int(parts[1]), len(self.rows) - 1)
            return self.rows[number], parts[-1]
        return self.rows[0], parts[-1] if parts[0] == "items" and len(parts) == len(("items", "0", "sku")) else name


def gather_entries(kind: FeedKind, rows: Sequence[Row], *, flat: bool) -> list[Entry]:
    """Return the confirmations that rows stand for, in order of their first rows.

    In `flat` files of shipments a row is an item: rows with the same order and shipment id are one parcel, and must
    agree in what is not the item's.
    """
    if not flat:
        return [_take(row, row.values) for row in rows]
    if kind is FeedKind.ADJUSTMENTS:
        return [_take(row, row.values) for row in rows]
    parcels: dict[tuple[object, object], list[Row]] = {}
    for row in rows:
        known = row.complaint is None and "order_id" in row.values and "shipment_id" in row.values
        key = (row.values["order_id"], row.values["shipment_id"]) if known else (None, row.number)
        parcels.setdefault(key, []).append(row)
    return [_join(parcel) for parcel in parcels.values()]


def _take(row: Row, values: Mapping[str, Any]) -> Entry:
    return Entry((row.number,), values, (row.complaint,) if row.complaint else ())


def _join(parcel: Sequence[Row]) -> Entry:
    first = parcel[0]
    common = {name: value for name, value in first.values.items() if name not in _OF_ITEM}
    complaints = [row.complaint for row in parcel if row.complaint]
    complaints += _find_disagreements(common, parcel)
    items = [{name: row.values[name] for name in _OF_ITEM if name in row.values} for row in parcel]
    if any(items):
        complaints += [
            Complaint(row.number, "sku", "is missing, though other rows of this shipment name theirs")
            for row, item in zip(parcel, items, strict=True)
            if not item
        ]
        common["items"] = [_read_quantity(item) for item in items]
    return Entry(tuple(row.number for row in parcel), common, tuple(complaints))


def _find_disagreements(common: Mapping[str, Any], parcel: Sequence[Row]) -> Iterable[Complaint]:
    first = parcel[0].number
    for row in parcel[1:]:
        for name in _COMMON[FeedKind.SHIPMENTS]:
            if row.values.get(name) != common.get(name):
                yield Complaint(row.number, name, f"differs from row {first}, which has the same shipment id")


def _read_quantity(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make a number of what is written in digits; anything else is left for the check to name."""
    quantity = str(item.get("quantity", ""))
    if not (quantity.isascii() and quantity.isdigit() and len(quantity) < len("10000000")):
        return item
    return {**item, "quantity": int(quantity)}
