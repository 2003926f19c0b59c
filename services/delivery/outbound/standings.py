"""The mail that tells a seller of a changed standing (R-POLICY-7). Pure."""

from uuid import UUID, uuid5

from services.delivery.mail.composing import OutgoingMail
from services.delivery.outbound.catalogue import choose_language, read_wording, templates
from services.delivery.outbound.letters import Place
from services.delivery.outbound.notices import SENDER_LOCAL_PART
from shared.contracts.facts import MarketplaceFacts
from shared.contracts.policy import StandingChanged
from shared.events import Fact

_NAMESPACE = UUID("5b8a4e0c-91b4-5c0c-8a1e-3f2f6a6d7c42")


class StandingNotice(Fact):
    """What such a mail says. Travels and rests sealed."""

    standing: str
    cause: str
    language: str
    marketplace: MarketplaceFacts


def identify_standing_notice(told: StandingChanged) -> UUID:
    """Return the id of the one notice of a change: telling it twice makes no second mail."""
    return uuid5(_NAMESPACE, f"{told.seller_id}\x1f{told.changed_at.isoformat()}\x1f{told.standing}")


def write_standing_notice(notice: StandingNotice, recipient: str, place: Place) -> OutgoingMail:
    """Return the mail in the seller's language, plain and HTML, marked as automatic (RFC 3834)."""
    marketplace = notice.marketplace
    words = read_wording(choose_language(notice.language, marketplace.language))
    phrases = {name: text.replace("{marketplace}", marketplace.name) for name, text in words.standing.items()}
    # A word that a newer service tells is a restriction like the others: where to read more is said in any case.
    said = phrases.get(notice.standing, "")
    values = {"words": phrases, "said": said, "cause": " ".join(notice.cause.split())}
    return OutgoingMail(
        from_name=marketplace.name,
        from_address=f"{SENDER_LOCAL_PART}@{marketplace.alias_domain}",
        to_address=recipient,
        subject=phrases["subject"],
        text=templates().get_template("standing.txt.j2").render(values),
        html=templates().get_template("standing.html.j2").render(values),
        message_id=place.identifier,
        date=place.date,
        language=words.language,
        automatic=True,
    )
