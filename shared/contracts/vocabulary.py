"""The words that events, API and code share, and how threads are named."""

from enum import StrEnum
from uuid import UUID, uuid5

THREAD_NAMESPACE = UUID("7d1f2a34-5b0c-5e0e-9d0b-6d1c6a6f3a11")


class Direction(StrEnum):
    """Who writes to whom."""

    BUYER_TO_SELLER = "buyer_to_seller"
    SELLER_TO_BUYER = "seller_to_buyer"


class Kind(StrEnum):
    """Whether a message starts something or answers the other side."""

    PROACTIVE = "proactive"
    REPLY = "reply"


class Channel(StrEnum):
    """The door a message came in by."""

    CONTACT_PAGE = "contact_page"
    API = "api"
    EMAIL = "email"
    CONSOLE = "console"


class Role(StrEnum):
    """The two sides of a thread."""

    BUYER = "buyer"
    SELLER = "seller"


class Reason(StrEnum):
    """Why a seller contacts a buyer (R-CONTACT-1)."""

    CONFIRM_CUSTOMISATION = "confirm_customisation"
    SCHEDULE_DELIVERY = "schedule_delivery"
    SCHEDULE_SERVICE = "schedule_service"
    SHIPPING_ADDRESS_PROBLEM = "shipping_address_problem"
    REQUEST_ORDER_INFORMATION = "request_order_information"
    ORDER_PROBLEM = "order_problem"
    OUT_OF_STOCK = "out_of_stock"
    SHIPPING_DELAY = "shipping_delay"
    RETURN_FOLLOW_UP = "return_follow_up"
    SEND_INVOICE = "send_invoice"
    LEGAL_DISCLOSURE = "legal_disclosure"
    WARRANTY = "warranty"
    DIGITAL_ACCESS_KEY = "digital_access_key"
    REQUEST_REVIEW = "request_review"
    OTHER_REQUIRED = "other_required"

    @property
    def critical(self) -> bool:
        """Whether the order cannot be completed without it; no opt-out stops it (R-POLICY-4)."""
        return self in CRITICAL_REASONS


CRITICAL_REASONS = frozenset(
    {
        Reason.CONFIRM_CUSTOMISATION,
        Reason.SCHEDULE_DELIVERY,
        Reason.SCHEDULE_SERVICE,
        Reason.SHIPPING_ADDRESS_PROBLEM,
        Reason.REQUEST_ORDER_INFORMATION,
        Reason.ORDER_PROBLEM,
        Reason.LEGAL_DISCLOSURE,
    }
)


class OrderStatus(StrEnum):
    """Where an order stands (R-ORDER-1)."""

    PENDING = "pending"
    UNSHIPPED = "unshipped"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Fulfilment(StrEnum):
    """Who ships."""

    MARKETPLACE = "marketplace"
    SELLER = "seller"


class Trait(StrEnum):
    """What is special about an item."""

    CUSTOMISED = "customised"
    HANDMADE = "handmade"
    WINE = "wine"
    HEAVY_BULKY = "heavy_bulky"
    HOME_SERVICE = "home_service"
    DIGITAL = "digital"
    VEHICLE = "vehicle"


class AdjustmentReason(StrEnum):
    """Why a seller gives money back (R-ORDER-3). The words are those that existing feeds use."""

    NO_INVENTORY = "NoInventory"
    COULD_NOT_SHIP = "CouldNotShip"
    CUSTOMER_CANCEL = "CustomerCancel"
    CUSTOMER_RETURN = "CustomerReturn"
    DIFFERENT_ITEM = "DifferentItem"
    EXCHANGE = "Exchange"
    ADDRESS_INCORRECT = "CustomerAddressIncorrect"
    UNDELIVERABLE = "Undeliverable"
    REFUSED_DELIVERY = "RefusedDelivery"
    PRICE_ERROR = "PriceError"
    GENERAL = "GeneralAdjustment"


class Carrier(StrEnum):
    """Who carries a parcel. The words are names that buyers read: nothing that a seller writes stands there instead."""

    AMAZON = "Amazon Logistics"
    BPOST = "bpost"
    BRT = "BRT"
    CAINIAO = "Cainiao"
    CANADA_POST = "Canada Post"
    CHINA_POST = "China Post"
    CHRONOPOST = "Chronopost"
    COLISSIMO = "Colissimo"
    CORREOS = "Correos"
    DEUTSCHE_POST = "Deutsche Post"
    DHL = "DHL"
    DPD = "DPD"
    EVRI = "Evri"
    FEDEX = "FedEx"
    GLS = "GLS"
    HERMES = "Hermes"
    INPOST = "InPost"
    JAPAN_POST = "Japan Post"
    LA_POSTE = "La Poste"
    MONDIAL_RELAY = "Mondial Relay"
    MRW = "MRW"
    NACEX = "Nacex"
    NEXIVE = "Nexive"
    ONTRAC = "OnTrac"
    POSTE_ITALIANE = "Poste Italiane"
    POSTNL = "PostNL"
    POSTNORD = "PostNord"
    PUROLATOR = "Purolator"
    ROYAL_MAIL = "Royal Mail"
    SAGAWA = "Sagawa Express"
    SDA = "SDA"
    SEUR = "SEUR"
    SWISS_POST = "Swiss Post"
    TNT = "TNT"
    UPS = "UPS"
    USPS = "USPS"
    YAMATO = "Yamato Transport"
    OTHER = "Other"


class Verdict(StrEnum):
    """The sum of a decision's findings."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Severity(StrEnum):
    """What a finding does to its message: rejects it, mends it, or only counts."""

    BLOCK = "block"
    FIX = "fix"
    FLAG = "flag"


class Mark(StrEnum):
    """What a party says of a message it got."""

    NO_RESPONSE_NEEDED = "no_response_needed"
    RESPONSE_NEEDED = "response_needed"
    REPORTED = "reported"


def identify_thread(marketplace_id: str, seller_id: str, buyer_id: str) -> UUID:
    """Return the id of the one thread of this buyer and seller in this marketplace; the same everywhere."""
    return uuid5(THREAD_NAMESPACE, f"{marketplace_id}\x1f{seller_id}\x1f{buyer_id}")
