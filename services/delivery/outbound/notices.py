"""Our own mails about a message that did not reach its reader (R-MAIL-9, R-POLICY-2). Pure."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from pydantic import Field

from services.delivery.mail.composing import OutgoingMail
from services.delivery.outbound.catalogue import choose_language, read_wording, templates
from services.delivery.outbound.letters import Place
from shared.contracts.facts import FindingFacts, MessageFacts
from shared.contracts.vocabulary import Role, Severity
from shared.events import Fact

SENDER_LOCAL_PART = "no-reply"
_LONGEST_SUBJECT = 200
_MOST_FINDINGS = 10


class Cause(StrEnum):
    """Why a message did not reach its reader."""

    REJECTED = "rejected"
    BOUNCED = "bounced"


class Reason(Fact):
    """What one finding says, and what to change."""

    message: str
    advice: str = ""


class Notice(Fact):
    """What a notice tells, apart from the message itself. Travels and rests sealed."""

    cause: Cause
    to: Role
    language: str
    reasons: tuple[Reason, ...] = Field(default=(), max_length=_MOST_FINDINGS)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a notice goes, and the subject of the message that it is about."""

    address: str
    subject: str


def identify_notice(message_id: UUID, cause: Cause) -> UUID:
    """Return the id of the one notice of this cause about this message: telling it twice makes no second mail."""
    return uuid5(message_id, f"notice {cause}")


def pick_reasons(findings: tuple[FindingFacts, ...]) -> tuple[Reason, ...]:
    """Return what a writer should hear: the findings that blocked, each rule's sentence once, ten at most."""
    blocking = [finding for finding in findings if finding.severity is Severity.BLOCK]
    told = dict.fromkeys((finding.message, finding.advice) for finding in blocking)
    return tuple(Reason(message=message, advice=advice) for message, advice in list(told)[:_MOST_FINDINGS])


def write_notice(notice: Notice, message: MessageFacts, addressee: Addressee, place: Place) -> OutgoingMail:
    """Return the notice as a mail in the writer's language, plain and HTML, marked as automatic (RFC 3834)."""
    words = read_wording(choose_language(notice.language, message.marketplace.language))
    names = {
        "marketplace": message.marketplace.name,
        "order": message.order_id or "",
        "date": _write_date(message, words.language),
    }
    # `about` and `advice` are filled in by the template, with what only it has at hand.
    phrases = {
        name: text if name in {"about", "advice"} else text.format(**names) for name, text in words.notice.items()
    }
    values = {
        "words": phrases,
        "cause": notice.cause.value,
        "subject": " ".join(addressee.subject.split())[:_LONGEST_SUBJECT],
        "findings": notice.reasons,
        "to_seller": notice.to is Role.SELLER,
    }
    return OutgoingMail(
        from_name=message.marketplace.name,
        from_address=f"{SENDER_LOCAL_PART}@{message.marketplace.alias_domain}",
        to_address=addressee.address,
        subject=phrases["subject_with_order" if message.order_id else "subject"],
        text=templates().get_template("notice.txt.j2").render(values),
        html=templates().get_template("notice.html.j2").render(values),
        message_id=place.identifier,
        in_reply_to=place.references[-1] if place.references else None,
        references=place.references,
        date=place.date,
        language=words.language,
        automatic=True,
    )


def _write_date(message: MessageFacts, language: str) -> str:
    """Write the day on which the message was accepted, as the marketplace counts days."""
    try:
        moment = message.accepted_at.astimezone(ZoneInfo(message.marketplace.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        moment = message.accepted_at
    try:
        return format_date(moment.date(), format="long", locale=Locale(language))
    except UnknownLocaleError:
        return moment.date().isoformat()
