"""The mails that tell a buyer of parcels and refunds, and a seller of shipments to confirm."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from services.delivery.outbound.catalogue import LANGUAGES, read_wording
from services.delivery.outbound.updates import Topic, identify_update
from shared.contracts.facts import AdjustmentFacts, ItemFacts, OrderFacts, ShipmentFacts, ShippedItem
from shared.contracts.gateway import AdjustmentRecorded, OrderLapsed, ShipmentConfirmed, ShipmentDue
from shared.contracts.vocabulary import AdjustmentReason, Carrier, Fulfilment, OrderStatus
from tests.infrastructure.smtp import FarSide
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import (
    BUSINESS,
    BUYER,
    DOMAIN,
    MARKETPLACE,
    ORDER,
    SELLER,
    Installation,
    read_box,
)

pytestmark = pytest.mark.req("R-ORDER-3")
# Late in the evening in UTC, the next day in Rome.
NOW = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
TIMES = "\u00d7"


def order(**changes: Any) -> OrderFacts:  # noqa: ANN401 - any field
    facts: dict[str, Any] = {
        "order_id": ORDER,
        "version": 2,
        "marketplace": MARKETPLACE,
        "buyer_id": "buyer-1",
        "seller_id": "seller-1",
        "status": OrderStatus.SHIPPED,
        "fulfilment": Fulfilment.SELLER,
        "items": (
            ItemFacts(sku="A-1", title="Tazza <blu>\n & verde", quantity=2),
            ItemFacts(sku="B-2", title="Piatto", quantity=1),
        ),
        "placed_at": NOW - timedelta(days=3),
    }
    return OrderFacts(**facts | changes)


def shipped(*, complete: bool = True, version: int = 1, **changes: Any) -> ShipmentConfirmed:  # noqa: ANN401 - any field
    facts: dict[str, Any] = {
        "shipment_id": "parcel-1",
        "items": (ShippedItem(sku="A-1", quantity=2),),
        "carrier": Carrier.POSTE_ITALIANE,
        "tracking_number": "AB 123-456",
        "shipped_at": NOW,
    }
    return ShipmentConfirmed(
        order=order(status=OrderStatus.SHIPPED if complete else OrderStatus.PARTIALLY_SHIPPED),
        shipment=ShipmentFacts(**facts | changes),
        complete=complete,
        business_name=BUSINESS,
        buyer_version=version,
        confirmed_at=NOW,
    )


def adjusted(reason: str = "NoInventory", amount: str = "1234.50", currency: str = "EUR") -> AdjustmentRecorded:
    return AdjustmentRecorded(
        order=order(status=OrderStatus.UNSHIPPED),
        adjustment=AdjustmentFacts(
            reason=reason, amount=amount, currency=currency, adjusted_at=NOW, adjustment_id="refund-1"
        ),
        business_name=BUSINESS,
        buyer_version=1,
        recorded_at=NOW,
    )


def due(status: OrderStatus = OrderStatus.UNSHIPPED) -> ShipmentDue:
    return ShipmentDue(order=order(status=status), seller_version=1, confirm_by=NOW + timedelta(days=3), warned_at=NOW)


def lapsed() -> OrderLapsed:
    return OrderLapsed(
        order=order(status=OrderStatus.CANCELLED),
        business_name=BUSINESS,
        buyer_version=1,
        seller_version=1,
        lapsed_at=NOW,
    )


async def introduce(delivery: Installation, language: str) -> None:
    buyer = delivery.buyer().model_copy(update={"language": language})
    await delivery.tell(buyer, delivery.seller(language=language))


async def mails(delivery: Installation, address: str = BUYER, count: int = 1) -> list[EmailMessage]:
    def enough() -> list[bytes]:
        found = read_box(delivery.mail_folder / address)
        return found if len(found) >= count else []

    found = await until(enough, f"{count} mails")
    return [message_from_bytes(mail, policy=policy.default) for mail in found]


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split()).replace("&#39;", "'")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("complete", [True, False])
async def test_a_parcel_is_told_in_the_buyers_language(
    delivery: Installation,
    language: str,
    complete: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    await introduce(delivery, language)
    told = shipped(complete=complete)
    await delivery.tell(told, told.model_copy())
    (mail,) = await mails(delivery)
    words = read_wording(language).update
    topic = "shipped" if complete else "partly_shipped"
    names = {"order": ORDER, "business": BUSINESS, "marketplace": MARKETPLACE.name}
    assert mail["Subject"] == words[f"subject_{topic}"].format(**names)
    assert ORDER in mail["Subject"]
    assert mail["From"].addresses[0].addr_spec == f"no-reply@{DOMAIN}"
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", language)
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert words[topic].format(**names) in text
        assert words["tracking"].format(tracking="AB 123-456") in text
        assert words["carrier"].format(carrier="Poste Italiane") in text
        assert "Piatto" not in text
        assert "{" not in text
    assert f"2 {TIMES} Tazza <blu> & verde" in part(mail, "plain")
    assert f"2 {TIMES} Tazza &lt;blu&gt; &amp; verde" in part(mail, "html")
    assert re.search(r"\b5\b|5日", part(mail, "plain"))
    for secret in (SELLER, "bottega-verdi"):
        assert secret not in mail.as_string()


async def test_a_carrier_and_a_number_that_nobody_knows_are_not_made_up(delivery: Installation) -> None:
    await introduce(delivery, "en")
    await delivery.tell(shipped(carrier=Carrier.OTHER, tracking_number=None))
    (mail,) = await mails(delivery)
    assert "Carrier: another carrier" in part(mail, "plain")
    assert "Tracking" not in part(mail, "plain")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_refund_is_told_with_its_amount(delivery: Installation, language: str) -> None:
    await introduce(delivery, language)
    await delivery.tell(adjusted(), adjusted())
    (mail,) = await mails(delivery)
    words = read_wording(language).update
    amounts = {
        "de": "1.234,50 €",
        "en": "€1,234.50",
        "es": "1.234,50 €",
        "fr": "1 234,50 €",
        "it": "1.234,50 €",
        "ja": "€1,234.50",
    }
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert amounts[language] in text
        assert words["why"].format(reason=words["NoInventory"]) in text
    assert mail["Auto-Submitted"] == "auto-generated"
    assert ORDER in mail["Subject"]


@pytest.mark.parametrize("reason", AdjustmentReason)
async def test_every_reason_is_told(delivery: Installation, reason: AdjustmentReason) -> None:
    await introduce(delivery, "en")
    await delivery.tell(adjusted(reason))
    (mail,) = await mails(delivery)
    assert f"Why: {read_wording('en').update[reason]}" in part(mail, "plain")


async def test_currencies_have_their_own_decimals_and_new_reasons_a_general_word(delivery: Installation) -> None:
    await introduce(delivery, "ja")
    await delivery.tell(adjusted("BrandNew", "1980", "JPY"))
    (mail,) = await mails(delivery)
    assert "1,980を返金" in part(mail, "plain")
    assert read_wording("ja").update["GeneralAdjustment"] in part(mail, "plain")


@pytest.mark.req("R-ORDER-5")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("status", "topic"), [(OrderStatus.UNSHIPPED, "due"), (OrderStatus.PARTIALLY_SHIPPED, "due_partly")]
)
async def test_the_seller_is_warned_in_the_sellers_language(
    delivery: Installation, language: str, status: OrderStatus, topic: str
) -> None:
    await introduce(delivery, language)
    await delivery.tell(due(status), due(status))
    (mail,) = await mails(delivery, SELLER)
    words = read_wording(language).update
    assert words[topic].partition("{order}")[0].format(marketplace=MARKETPLACE.name) in part(mail, "plain")
    assert words["help_seller"] in part(mail, "plain")
    assert ORDER in mail["Subject"]
    # Half past midnight, three days on, as Rome counts.
    assert re.search(r"\b8\b|8日", part(mail, "plain"))
    assert re.search(r"(00?|12):30\s(AM )?\(Europe/Rome\)", part(mail, "plain"))
    assert read_box(delivery.mail_folder / BUYER) == []


@pytest.mark.req("R-ORDER-5")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_both_sides_hear_of_a_cancelled_order(delivery: Installation, language: str) -> None:
    await introduce(delivery, language)
    await delivery.tell(lapsed(), lapsed())
    (to_buyer,) = await mails(delivery, BUYER)
    (to_seller,) = await mails(delivery, SELLER)
    words = read_wording(language).update
    names = {"order": ORDER, "business": BUSINESS, "marketplace": MARKETPLACE.name}
    assert words["lapsed"].format(**names) in part(to_buyer, "plain")
    assert words["lapsed_seller"].format(**names) in part(to_seller, "plain")
    assert SELLER not in to_buyer.as_string()
    assert BUYER not in to_seller.as_string()


async def test_it_waits_for_the_buyer_as_the_gateway_knew_them(delivery: Installation) -> None:
    await delivery.tell(delivery.buyer())
    telling = asyncio.create_task(delivery.tell(shipped(version=2)))
    await delivery.tell(delivery.buyer(version=2, address="nuovo@altrove.example"))
    await telling
    (mail,) = await mails(delivery, "nuovo@altrove.example")
    assert ORDER in mail["Subject"]
    assert read_box(delivery.mail_folder / BUYER) == []


@pytest.mark.req("R-MAIL-4", "R-ALIAS-6")
async def test_it_has_the_null_sender_and_the_queue_shows_no_address(relaying: Installation, far_side: FarSide) -> None:
    await introduce(relaying, "it")
    await relaying.tell(shipped(), shipped(shipment_id="parcel-2"))
    found = await far_side.wait_for_count(2)
    assert {mail.sender for mail in found} == {"<>"}
    shown = await relaying.ask("GET", f"/internal/queue/{identify_update(Topic.SHIPPED, ORDER, 'parcel-1')}")
    assert shown.json()["kind"] == "update"
    assert BUYER not in shown.text
    assert relaying.told == []


def test_the_languages_say_the_same_things() -> None:
    english = read_wording("en").update
    for language in LANGUAGES:
        words = read_wording(language).update
        assert list(words) == list(english)
        for name, text in words.items():
            assert text
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[name])), (language, name)
