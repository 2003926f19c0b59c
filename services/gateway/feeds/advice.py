"""What to do about a bad row, said for each field and for each refusal. Pure."""

from collections.abc import Mapping

from shared.contracts.vocabulary import AdjustmentReason

_BY_REFUSAL: Mapping[str, str] = {
    "not-found": "Check the order id; you can confirm your own orders only.",
    "illegal-transition": "Look at the order's status; only unshipped and partially shipped orders can be shipped.",
    "nothing-left-to-ship": "Take the row out; the order was shipped already.",
    "marketplace-fulfilled": "Take the row out; the marketplace confirms this order.",
    "illegal-adjustment": "Look at the order's status, or give the reason that fits what happened.",
    "recorded-otherwise": "Give every shipment and adjustment an id of its own; told ones stay as they are.",
    "too-many-confirmations": "Take the row out; the order holds no more.",
}
_BY_FIELD: Mapping[str, str] = {
    "order_id": "Write the order id as 123-1234567-1234567.",
    "shipment_id": "Give the shipment an id of your own: letters, digits, '.', '_' and '-', 64 at most.",
    "adjustment_id": "Give the adjustment an id of your own: letters, digits, '.', '_' and '-', 64 at most.",
    "shipped_at": "Write the time with its zone, as 2026-03-01T09:30:00Z, between placing the order and now.",
    "adjusted_at": "Write the time with its zone, as 2026-03-01T09:30:00Z, between placing the order and now.",
    "carrier": "Write a listed carrier's name, or Other; the API's documentation lists them.",
    "tracking_number": "Write letters, digits, spaces and hyphens, 40 at most, or leave it empty.",
    "sku": "Write a SKU just as the order has it.",
    "quantity": "Write how many pieces are in the parcel, no more than are left to ship.",
    "reason": f"Write one of {', '.join(AdjustmentReason)}.",
    "amount": "Write the amount with a point and without a sign for the currency, as 19.90; more than nothing.",
    "currency": "Write the currency's three capital letters (ISO 4217), such as EUR.",
    "items": "Write the items as a list of objects with sku and quantity, 200 at most, or leave them out.",
    "row": "Compare the row with the header and with a row that passed.",
}
_OTHERWISE = "Take the field out; these feeds do not have it."


def advise(field: str, slug: str | None = None) -> str:
    """Return what to do about a field that is wrong, or about a refusal by its problem's slug."""
    if slug is not None and slug in _BY_REFUSAL:
        return _BY_REFUSAL[slug]
    return _BY_FIELD.get(field, _OTHERWISE)
