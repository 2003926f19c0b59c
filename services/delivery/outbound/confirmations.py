"""The mail that asks the owner of an address whether a seller may write from it (R-MAIL-2). Pure."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_datetime
from pydantic import AwareDatetime

from services.delivery.mail.composing import OutgoingMail
from services.delivery.outbound.catalogue import choose_language, read_wording, templates
from services.delivery.outbound.letters import Place
from services.delivery.outbound.notices import SENDER_LOCAL_PART
from shared.contracts.facts import MarketplaceFacts
from shared.events import Fact


class Confirmation(Fact):
    """What such a mail says. Travels and rests sealed."""

    request_id: UUID
    business_name: str
    language: str
    marketplace: MarketplaceFacts
    expires_at: AwareDatetime


def write_confirmation(confirmation: Confirmation, recipient: str, link: str, place: Place) -> OutgoingMail:
    """Return the mail with its `link`, in the seller's language, plain and HTML, marked as automatic (RFC 3834)."""
    marketplace = confirmation.marketplace
    words = read_wording(choose_language(confirmation.language, marketplace.language))
    names = {
        "business": confirmation.business_name,
        "marketplace": marketplace.name,
        "until": _write_moment(confirmation.expires_at, marketplace.time_zone, words.language),
    }
    values = {"words": {name: text.format(**names) for name, text in words.confirmation.items()}, "link": link}
    return OutgoingMail(
        from_name=marketplace.name,
        from_address=f"{SENDER_LOCAL_PART}@{marketplace.alias_domain}",
        to_address=recipient,
        subject=values["words"]["subject"],  # type: ignore[index]  # the dictionary made above
        text=templates().get_template("confirmation.txt.j2").render(values),
        html=templates().get_template("confirmation.html.j2").render(values),
        message_id=place.identifier,
        date=place.date,
        language=words.language,
        automatic=True,
    )


def _write_moment(moment: datetime, time_zone: str, language: str) -> str:
    """Write a moment in the marketplace's time zone, which it names."""
    try:
        local = moment.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = moment
    return f"{format_datetime(local, format='long', locale=Locale(language))}"
