"""Our own mails about an order: what its buyer hears, and what its seller must do (R-ORDER-3, R-ORDER-5). Pure."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from pydantic import AwareDatetime

from services.delivery.mail.composing import OutgoingMail
from services.delivery.outbound.catalogue import choose_language, read_wording, templates
from services.delivery.outbound.letters import Place
from services.delivery.outbound.notices import SENDER_LOCAL_PART
from shared.contracts.facts import AdjustmentFacts, MarketplaceFacts, OrderFacts, ShipmentFacts
from shared.contracts.gateway import AdjustmentRecorded, OrderLapsed, ShipmentConfirmed, ShipmentDue
from shared.contracts.vocabulary import AdjustmentReason, Carrier, OrderStatus
from shared.events import Fact

_NAMESPACE = UUID("c1a4c9f0-6f0d-5d0e-8f2b-4b7d7c1e9a55")
_LONGEST_TITLE = 200
_MOST_LINES = 30


class Topic(StrEnum):
    """What such a mail is about; its phrases have these names."""

    SHIPPED = "shipped"
    PARTLY_SHIPPED = "partly_shipped"
    ADJUSTED = "adjusted"
    LAPSED = "lapsed"
    DUE = "due"
    DUE_PARTLY = "due_partly"
    LAPSED_SELLER = "lapsed_seller"


_TO_SELLER = frozenset({Topic.DUE, Topic.DUE_PARTLY, Topic.LAPSED_SELLER})


class UpdateNotice(Fact):
    """What such a mail says. Travels and rests sealed.

    `lines` are a parcel's contents, quantity and title; `language` is its reader's.
    """

    topic: Topic
    language: str
    marketplace: MarketplaceFacts
    order_id: str
    business_name: str = ""
    shipment: ShipmentFacts | None = None
    lines: tuple[str, ...] = ()
    adjustment: AdjustmentFacts | None = None
    confirm_by: AwareDatetime | None = None


def identify_update(topic: Topic, order_id: str, of: str) -> UUID:
    """Return the id of the one mail of this topic about this thing of an order: telling it twice makes no second."""
    return uuid5(_NAMESPACE, f"{topic}\x1f{order_id}\x1f{of}")


def describe_shipment(told: ShipmentConfirmed, language: str) -> UpdateNotice:
    """Return what a buyer hears of a parcel."""
    titles = {line.sku: line.title for line in told.order.items}
    lines = [
        f"{piece.quantity} × {_flatten(titles.get(piece.sku, piece.sku))}"  # noqa: RUF001 - the sign that stands for times
        for piece in told.shipment.items
    ]
    return UpdateNotice(
        topic=Topic.SHIPPED if told.complete else Topic.PARTLY_SHIPPED,
        language=language,
        marketplace=told.order.marketplace,
        order_id=told.order.order_id,
        business_name=told.business_name,
        shipment=told.shipment,
        lines=tuple(lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], "…"]),
    )


def describe_adjustment(told: AdjustmentRecorded, language: str) -> UpdateNotice:
    """Return what a buyer hears of a refund."""
    return UpdateNotice(
        topic=Topic.ADJUSTED,
        language=language,
        marketplace=told.order.marketplace,
        order_id=told.order.order_id,
        business_name=told.business_name,
        adjustment=told.adjustment,
    )


def describe_due(told: ShipmentDue, language: str) -> UpdateNotice:
    """Return what a seller hears of a shipment that is late."""
    partly = told.order.status is OrderStatus.PARTIALLY_SHIPPED
    topic = Topic.DUE_PARTLY if partly else Topic.DUE
    return _describe_order(topic, told.order, language).model_copy(update={"confirm_by": told.confirm_by})


def describe_lapsed(told: OrderLapsed, language: str, *, to_seller: bool) -> UpdateNotice:
    """Return what each side hears of an order that was cancelled."""
    notice = _describe_order(Topic.LAPSED_SELLER if to_seller else Topic.LAPSED, told.order, language)
    return notice.model_copy(update={"business_name": told.business_name})


def write_update(notice: UpdateNotice, recipient: str, place: Place) -> OutgoingMail:
    """Return the mail in its reader's language, plain and HTML, marked as automatic (RFC 3834).

    It is from nobody who takes answers, and names no address but the marketplace's own.
    """
    marketplace = notice.marketplace
    words = read_wording(choose_language(notice.language, marketplace.language))
    phrases = words.update
    names = {
        "order": notice.order_id,
        "business": _flatten(notice.business_name),
        "marketplace": marketplace.name,
        "amount": _write_amount(notice.adjustment, words.language),
        "until": _write_moment(notice.confirm_by, marketplace, words.language) if notice.confirm_by else "",
    }
    closing = phrases["help_seller" if notice.topic in _TO_SELLER else "help"]
    paragraphs = [
        [phrases[notice.topic].format(**names)],
        *_write_details(notice, phrases, words.language),
        [closing],
        [phrases["automatic"]],
    ]
    return OutgoingMail(
        from_name=marketplace.name,
        from_address=f"{SENDER_LOCAL_PART}@{marketplace.alias_domain}",
        to_address=recipient,
        subject=phrases[f"subject_{notice.topic}"].format(**names),
        text=templates().get_template("update.txt.j2").render(paragraphs=paragraphs),
        html=templates().get_template("update.html.j2").render(paragraphs=paragraphs),
        message_id=place.identifier,
        date=place.date,
        language=words.language,
        automatic=True,
    )


def _describe_order(topic: Topic, order: OrderFacts, language: str) -> UpdateNotice:
    return UpdateNotice(topic=topic, language=language, marketplace=order.marketplace, order_id=order.order_id)


def _write_details(notice: UpdateNotice, phrases: dict[str, str], language: str) -> list[list[str]]:
    if (shipment := notice.shipment) is not None:
        other = shipment.carrier is Carrier.OTHER
        carrier = phrases["other_carrier"] if other else shipment.carrier.value
        way = [
            phrases["shipped_on"].format(date=_write_date(shipment.shipped_at, notice.marketplace, language)),
            phrases["carrier"].format(carrier=carrier),
        ]
        if shipment.tracking_number:
            way.append(phrases["tracking"].format(tracking=shipment.tracking_number))
        return [[phrases["items"], *notice.lines], way]
    if (adjustment := notice.adjustment) is not None:
        # A code that a newer service tells is a correction like the others.
        reason = phrases.get(adjustment.reason, phrases[AdjustmentReason.GENERAL])
        return [[phrases["why"].format(reason=reason)], [phrases["repaid"]]]
    return []


def _write_amount(adjustment: AdjustmentFacts | None, language: str) -> str:
    if adjustment is None:
        return ""
    return str(format_currency(Decimal(adjustment.amount), adjustment.currency, locale=Locale(language)))


def _write_date(moment: datetime, marketplace: MarketplaceFacts, language: str) -> str:
    """Write the day as the marketplace counts days."""
    return str(format_date(_localise(moment, marketplace).date(), format="long", locale=Locale(language)))


def _write_moment(moment: datetime, marketplace: MarketplaceFacts, language: str) -> str:
    """Write a moment in the marketplace's time zone, which it names."""
    local = _localise(moment, marketplace)
    time = format_time(local.time(), format="short", locale=Locale(language))
    return f"{_write_date(moment, marketplace, language)}, {time} ({local.tzinfo})"


def _localise(moment: datetime, marketplace: MarketplaceFacts) -> datetime:
    try:
        return moment.astimezone(ZoneInfo(marketplace.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return moment.astimezone(UTC)


def _flatten(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_TITLE]
