"""What stands around a party's message when it leaves as a mail (R-MAIL-1, R-MAIL-7). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from services.delivery.mail.composing import OutgoingMail, OutgoingPart
from services.delivery.outbound.catalogue import Wording, choose_language, read_wording
from shared.contracts.facts import Content, MessageFacts
from shared.contracts.vocabulary import Direction


@dataclass(frozen=True, slots=True)
class Correspondents:
    """Who a mail is from, as the reader sees it, and its real recipient."""

    buyer_alias: str
    seller_alias: str
    business_name: str
    recipient: str
    seller_language: str


@dataclass(frozen=True, slots=True)
class Place:
    """A mail's own identifier, what it answers (oldest first), and its time, the same at each attempt."""

    identifier: str
    references: tuple[str, ...]
    date: datetime


@dataclass(frozen=True, slots=True)
class Actions:
    """What the seller can do with one click on a buyer's message: links that act only after a page has asked."""

    no_response_needed: str
    report: str


def write_letter(
    message: MessageFacts,
    content: Content,
    parts: Sequence[OutgoingPart],
    correspondents: Correspondents,
    place: Place,
    actions: Actions | None = None,
) -> OutgoingMail:
    """Return the mail that a message becomes: opened by who writes and about which order, closed by how to answer.

    `actions` are offered to a seller only; a buyer's mail never has them.
    """
    to_buyer = message.direction is Direction.SELLER_TO_BUYER
    language = message.language if to_buyer else correspondents.seller_language
    words = read_wording(choose_language(language, message.marketplace.language))
    phrase = _Phrases(words, message, correspondents.business_name)
    opening = phrase.fill("from_seller" if to_buyer else "from_buyer")
    footer = _Footer(phrase.fill_always("footer"), () if to_buyer or actions is None else _name_links(actions, phrase))
    return OutgoingMail(
        from_name=correspondents.business_name if to_buyer else phrase.fill_always("buyer_name"),
        from_address=correspondents.seller_alias if to_buyer else correspondents.buyer_alias,
        to_address=correspondents.recipient,
        subject=_write_subject(content.subject, message.order_id, phrase),
        text=_write_text(opening, content, footer),
        html=None if content.html is None else _write_html(opening, content, footer),
        inline_images=tuple(part for part in parts if part.content_id),
        attachments=tuple(part for part in parts if not part.content_id),
        message_id=place.identifier,
        in_reply_to=place.references[-1] if place.references else None,
        references=place.references,
        date=place.date,
        language=words.language,
    )


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The catalogue's phrases with the names of one message filled in."""

    words: Wording
    message: MessageFacts
    business: str

    def fill(self, name: str) -> str:
        """Fill in a phrase that has a second form for messages without an order."""
        return self.fill_always(name if self.message.order_id else f"{name}_without_order")

    def fill_always(self, name: str) -> str:
        """Fill in a phrase."""
        return self.words.letter[name].format(
            business=self.business, marketplace=self.message.marketplace.name, order=self.message.order_id or ""
        )


def _write_subject(subject: str, order_id: str | None, phrase: _Phrases) -> str:
    """Keep the subject, so that mail clients keep the thread, and see to it that the order id stands in it."""
    if not subject.strip():
        return phrase.fill("empty_subject")
    if order_id is None or order_id in subject:
        return subject
    return f"{subject} {phrase.fill_always('order_tag')}"


@dataclass(frozen=True, slots=True)
class _Footer:
    """The words below a message, and its links by name."""

    words: str
    links: tuple[tuple[str, str], ...]

    def write_text(self) -> str:
        """Write it as plain text, each link on a line of its own."""
        return "\n".join([self.words, *(f"{name}: {link}" for name, link in self.links)])

    def write_html(self) -> str:
        """Write it as HTML."""
        links = " | ".join(f'<a href="{escape(link)}">{escape(name, quote=False)}</a>' for name, link in self.links)
        return f"<p>{escape(self.words, quote=False)}</p>" + (f"<p>{links}</p>" if links else "")


def _name_links(actions: Actions, phrase: _Phrases) -> tuple[tuple[str, str], ...]:
    return (
        (phrase.fill_always("no_response_needed"), actions.no_response_needed),
        (phrase.fill_always("report"), actions.report),
    )


def _write_text(opening: str, content: Content, footer: _Footer) -> str:
    history = f"\n\n{content.quoted_text}" if content.quoted_text else ""
    return f"{opening}\n\n{content.text}\n\n-- \n{footer.write_text()}{history}\n"


def _write_html(opening: str, content: Content, footer: _Footer) -> str:
    return f"<p>{escape(opening, quote=False)}</p>{content.html}{footer.write_html()}{content.quoted_html}"
