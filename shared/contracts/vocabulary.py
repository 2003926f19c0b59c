"""The words that events, API and code share, and the facts that several events carry."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from shared.events import Fact

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
    """What a finding does to its message."""

    BLOCK = "block"
    FIX = "fix"
    FLAG = "flag"


class Mark(StrEnum):
    """What a party says of a message it got."""

    NO_RESPONSE_NEEDED = "no_response_needed"
    RESPONSE_NEEDED = "response_needed"
    REPORTED = "reported"


class MarketplaceFacts(Fact):
    """A storefront for one country. `alias_domain` holds its aliases; `time_zone` is an IANA name."""

    marketplace_id: str
    name: str
    alias_domain: str
    language: str
    time_zone: str
    storefront_domains: tuple[str, ...]


class ItemFacts(Fact):
    """One line of an order."""

    sku: str
    title: str
    quantity: int
    traits: tuple[Trait, ...] = ()


class MessagingPause(Fact):
    """A seller takes no messages from new buyers in a marketplace; from and until None: since ever, for ever."""

    marketplace_id: str
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AdjustmentFacts(Fact):
    """Money given back on an order, with the marketplace's reason code, such as `NoInventory`.

    `adjustment_id` is the id it was recorded under one by one or by a feed; None where it came with the whole order.
    """

    reason: str
    amount: str
    currency: str
    adjusted_at: AwareDatetime
    adjustment_id: str | None = None


class ShippedItem(Fact):
    """How many pieces of an order's line are in a parcel."""

    sku: str
    quantity: int


class ShipmentFacts(Fact):
    """A parcel of an order, as its sender confirmed it."""

    shipment_id: str
    items: tuple[ShippedItem, ...]
    carrier: Carrier
    tracking_number: str | None = None
    shipped_at: AwareDatetime


class OrderFacts(Fact):
    """An order as far as messages need it. `version` grows by one with every change."""

    order_id: str
    version: int
    marketplace: MarketplaceFacts
    buyer_id: str
    seller_id: str
    status: OrderStatus
    fulfilment: Fulfilment
    items: tuple[ItemFacts, ...]
    business: bool = False
    purchase_order_number: str | None = None
    adjustments: tuple[AdjustmentFacts, ...] = ()
    return_requested: bool = False
    placed_at: AwareDatetime
    ship_by: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None


class Sealed(Fact):
    """Personal data; `box` opens only with the master key and its purpose (`shared.crypto`)."""

    box: str


class SealedContent(Fact):
    """A message's `Content`, sealed: in `box` when small, else in the blob store under `blob`."""

    box: str | None = None
    blob: str | None = None


class AttachmentContent(Fact):
    """An attachment inside sealed content: where its sealed bytes lie, and what inspection saw in them."""

    blob: str
    name: str
    media_type: str
    size: int
    problems: tuple[str, ...] = ()
    content_id: str | None = None


class Content(Fact):
    """What a message says. Sealed wherever it travels or rests.

    `text` and `html` are the new part; `quoted_text` and `quoted_html` the history a mail client put below.
    """

    subject: str
    text: str
    html: str | None = None
    quoted_text: str = ""
    quoted_html: str = ""
    attachments: tuple[AttachmentContent, ...] = ()


class Requirement(Fact):
    """What the gateway knew when it accepted a message; a projection older than this waits."""

    order_version: int = 0
    buyer_version: int = 0
    seller_version: int = 0


class MessageFacts(Fact):
    """What all events of one message carry. `answers` is the message it was written in answer to, where known."""

    message_id: UUID
    thread_id: UUID
    marketplace: MarketplaceFacts
    buyer_id: str
    seller_id: str
    order_id: str | None
    direction: Direction
    kind: Kind
    channel: Channel
    reason: Reason | None
    language: str
    accepted_at: AwareDatetime
    presale: bool = False
    answers: UUID | None = None
    requirement: Requirement = Requirement()

    @property
    def sender_role(self) -> Role:
        """The side that wrote it."""
        return Role.SELLER if self.direction is Direction.SELLER_TO_BUYER else Role.BUYER


class Addressing(Fact):
    """Both sides of a message: aliases in clear, real addresses sealed (purpose `address`)."""

    buyer_alias: str
    seller_alias: str
    business_name: str
    recipient: Sealed
    seller: Sealed
    seller_language: str


class FindingFacts(Fact):
    """One rule's verdict. `start` and `end` are offsets in the original `field`; the text is sealed."""

    rule: str
    severity: Severity
    field: str
    start: int
    end: int
    message: str
    advice: str


class OverrideFacts(Fact):
    """That an operator decided otherwise than the rules, or at discretion (R-POLICY-10); why is for operators only."""

    by: str
    overridden_at: AwareDatetime


class DecisionFacts(Fact):
    """What the gate decided, under which rule set, and why; `override` where an operator decided instead."""

    verdict: Verdict
    rule_set: str
    decided_at: datetime
    findings: tuple[FindingFacts, ...] = ()
    override: OverrideFacts | None = None


def identify_thread(marketplace_id: str, seller_id: str, buyer_id: str) -> UUID:
    """Return the id of the one thread of this buyer and seller in this marketplace; the same everywhere."""
    return uuid5(THREAD_NAMESPACE, f"{marketplace_id}\x1f{seller_id}\x1f{buyer_id}")
