"""A made-up marketplace: who sells, who buys, and one order for each situation that matters to messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MARKETPLACE_ID = "BOTTEGA-IT"
MARKETPLACE = {
    "name": "Bottega",
    "alias_domain": "mail.bottega.example",
    "language": "it",
    "time_zone": "Europe/Rome",
    "storefront_domains": ["bottega.example"],
}

SELLERS: Mapping[str, Mapping[str, Any]] = {
    "ceramiche": {
        "business_name": "Ceramiche Ferrante",
        "language": "it",
        "service_address": "clienti@ceramiche-ferrante.example",
        "sender_addresses": ["clienti@ceramiche-ferrante.example", "ornella@ceramiche-ferrante.example"],
    },
    "holz": {
        "business_name": "Nordholz Werkstatt",
        "language": "de",
        "service_address": "kundendienst@nordholz.example",
        "sender_addresses": ["kundendienst@nordholz.example"],
    },
}

BUYERS: Mapping[str, Mapping[str, Any]] = {
    "anna": {"address": "anna.bianchi@posta.example", "language": "it"},
    "bernd": {"address": "bernd.voss@brief.example", "language": "de"},
    "claire": {"address": "claire.morel@courrier.example", "language": "fr", "opted_out": True},
    "daniel": {"address": "daniel.hale@letters.example", "language": "en"},
    "elena": {"address": "elena.ruiz@correo.example", "language": "es"},
    "yuki": {"address": "yuki.sato@tegami.example", "language": "ja"},
}

# One app, by the name that `demo.json` has it under, that works for one seller.
APP, APP_NAME, APP_SELLER = "gestionale", "Gestionale", "ceramiche"
APP_SCOPES = (
    "messages:read",
    "messages:write",
    "orders:read",
    "orders:confirm",
    "parties:read",
    "metrics:read",
    "policy:read",
)


@dataclass(frozen=True, slots=True)
class Situation:
    """One order: where it stands, seen from `now`; days are counted back from now."""

    name: str
    status: str
    buyer: str = "anna"
    seller: str = "ceramiche"
    traits: tuple[str, ...] = ()
    fulfilment: str = "seller"
    placed_days: int = 2
    delivered_days: int | None = None
    adjustment: str | None = None
    business: bool = False
    return_requested: bool = False

    def order_id(self, edition: int = 0) -> str:
        """Return the order's id; another edition of the demo gets other ids."""
        return f"404-{edition:07d}-{SITUATIONS.index(self) + 1:07d}"

    def body(self, now: datetime) -> dict[str, Any]:
        """Return the order as `PUT /v1/orders/{id}` takes it."""
        placed = now - timedelta(days=self.placed_days)
        body: dict[str, Any] = {
            "marketplace_id": MARKETPLACE_ID,
            "buyer_id": self.buyer,
            "seller_id": self.seller,
            "status": self.status,
            "fulfilment": self.fulfilment,
            "items": [{"sku": "TAZZA-1", "title": "Tazza", "quantity": 1, "traits": list(self.traits)}],
            "business": self.business,
            "return_requested": self.return_requested,
            "placed_at": placed.isoformat(),
            "ship_by": (placed + timedelta(days=3)).isoformat(),
        }
        if self.business:
            body["purchase_order_number"] = "PO-2041"
        if self.adjustment:
            body["adjustments"] = [
                {
                    "reason": self.adjustment,
                    "amount": "19.90",
                    "currency": "EUR",
                    "adjusted_at": (now - timedelta(days=1)).isoformat(),
                }
            ]
        if self.delivered_days is not None:
            delivered = now - timedelta(days=self.delivered_days)
            body["shipped_at"] = (delivered - timedelta(days=1)).isoformat()
            body["delivered_at"] = delivered.isoformat()
        elif self.status == "shipped":
            body["shipped_at"] = (now - timedelta(days=1)).isoformat()
        return body


SITUATIONS = (
    Situation("unshipped", "unshipped"),
    Situation("pending", "pending"),
    Situation("partially_shipped", "partially_shipped"),
    Situation("shipped", "shipped"),
    Situation("delivered_10_days_ago", "delivered", placed_days=15, delivered_days=10),
    Situation("delivered_40_days_ago", "delivered", placed_days=45, delivered_days=40),
    Situation("cancelled", "cancelled"),
    Situation("customised", "unshipped", traits=("customised",)),
    Situation("heavy_bulky", "unshipped", traits=("heavy_bulky",)),
    Situation("home_service", "unshipped", traits=("home_service",)),
    Situation("digital", "unshipped", traits=("digital",)),
    Situation("out_of_stock", "unshipped", adjustment="NoInventory"),
    Situation("marketplace_fulfilled", "unshipped", fulfilment="marketplace"),
    Situation("return_requested", "delivered", placed_days=15, delivered_days=9, return_requested=True),
    Situation("business", "unshipped", buyer="daniel", business=True),
    Situation("german_buyer", "unshipped", buyer="bernd"),
    Situation("spanish_buyer", "unshipped", buyer="elena"),
    Situation("japanese_buyer", "unshipped", buyer="yuki"),
    Situation("opted_out", "unshipped", buyer="claire"),
    Situation("opted_out_wine", "unshipped", buyer="claire", traits=("wine",)),
    Situation("other_seller", "unshipped", seller="holz", buyer="bernd"),
)
