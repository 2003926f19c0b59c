"""From a queued mail to the octets that leave: opens what is sealed, fetches attachments, composes."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from pydantic import TypeAdapter

from services.delivery.bounces.domain import BounceAddresses
from services.delivery.mail.composing import OutgoingMail, OutgoingPart, compose, needs_smtputf8
from services.delivery.models import MailKind, QueuedMail
from services.delivery.outbound.confirmations import Confirmation, write_confirmation
from services.delivery.outbound.domain import Envelope
from services.delivery.outbound.letters import Actions, Correspondents, Place, write_letter
from services.delivery.outbound.notices import Addressee, Notice, write_notice
from services.delivery.outbound.signing import Signer
from services.delivery.outbound.standings import StandingNotice, write_standing_notice
from services.delivery.outbound.updates import UpdateNotice, write_update
from shared.blobs import BlobStore
from shared.contracts.facts import Addressing, AttachmentContent, Content, MessageFacts, SealedContent
from shared.contracts.questions import RenderQuestion
from shared.contracts.vocabulary import Direction
from shared.crypto import KeyRing
from shared.links import LinkPurpose, Links

ADDRESS = "address"
NOTICE = "notice"
ANCESTRY = "ancestry"
REFERENCES = TypeAdapter(tuple[str, ...])
_INLINE_OCTETS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes the mails of the queue. The same queued mail becomes the same octets at every attempt.

    Links in mails are good for `link_days` after queueing.
    """

    keys: KeyRing
    blobs: BlobStore
    bounce_addresses: BounceAddresses
    links: Links
    link_days: int
    signer: Signer

    async def compose(self, queued: QueuedMail) -> Envelope:
        """Return the mail ready to be sent. Raises `SealError` or `BlobNotFound` when its content is gone for good."""
        recipient = self.keys.open_text(queued.recipient_box, ADDRESS)
        references = REFERENCES.validate_json(self.keys.open(queued.ancestry_box, ANCESTRY))
        place = Place(queued.identifier, references, queued.queued_at)
        if queued.kind is MailKind.CONFIRMATION:
            mail, sender = self._write_confirmation(queued, recipient, place), ""
        elif queued.kind is MailKind.STANDING:
            mail, sender = self._write_standing_notice(queued, recipient, place), ""
        elif queued.kind is MailKind.UPDATE:
            mail, sender = self._write_update(queued, recipient, place), ""
        elif queued.kind is MailKind.NOTICE:
            mail, sender = await self._write_notice(queued, recipient, place), ""
        else:
            mail, sender = await self._write_letter(queued, recipient, place)
        return Envelope(
            queue_id=queued.queue_id,
            sender=sender,
            recipient=recipient,
            identifier=queued.identifier,
            content=await self.signer.sign(await _compose(mail), mail.from_address, mail.date),
            smtputf8=needs_smtputf8(mail),
        )

    async def render(self, question: RenderQuestion) -> str:
        """Return the mail that a message would become, recipient and aliases replaced by placeholders (R-CONTACT-5)."""
        message = question.message
        content = await self.blobs.open_content(question.content)
        domain = message.marketplace.alias_domain
        hidden = Correspondents(
            f"buyer-alias@{domain}",
            f"seller-alias@{domain}",
            question.business_name,
            f"recipient@{domain}",
            message.marketplace.language,
        )
        place = Place(f"<{uuid4().hex}@{domain}>", (), message.accepted_at)
        parts = await self._fetch(content)
        mail = write_letter(message, content, parts, hidden, place)
        return (await _compose(mail)).decode("utf-8")

    async def _write_letter(self, queued: QueuedMail, recipient: str, place: Place) -> tuple[OutgoingMail, str]:
        message = MessageFacts.model_validate_json(queued.facts or "")
        addressing = Addressing.model_validate_json(queued.addressing or "")
        content = await self._open(queued)
        correspondents = Correspondents(
            addressing.buyer_alias,
            addressing.seller_alias,
            addressing.business_name,
            recipient,
            addressing.seller_language,
        )
        parts = await self._fetch(content)
        mail = write_letter(message, content, parts, correspondents, place, self._offer_actions(message, place))
        domain = message.marketplace.alias_domain
        return mail, self.bounce_addresses.write(message.message_id, domain, queued.queued_at.date())

    async def _write_notice(self, queued: QueuedMail, recipient: str, place: Place) -> OutgoingMail:
        notice = Notice.model_validate_json(self.keys.open(queued.notice_box or "", NOTICE))
        message = MessageFacts.model_validate_json(queued.facts or "")
        content = await self._open(queued)
        return write_notice(notice, message, Addressee(recipient, content.subject), place)

    def _write_confirmation(self, queued: QueuedMail, recipient: str, place: Place) -> OutgoingMail:
        confirmation = Confirmation.model_validate_json(self.keys.open(queued.notice_box or "", NOTICE))
        link = self.links.write(LinkPurpose.CONFIRM_SENDER, confirmation.request_id, confirmation.expires_at)
        return write_confirmation(confirmation, recipient, link, place)

    def _write_standing_notice(self, queued: QueuedMail, recipient: str, place: Place) -> OutgoingMail:
        notice = StandingNotice.model_validate_json(self.keys.open(queued.notice_box or "", NOTICE))
        return write_standing_notice(notice, recipient, place)

    def _write_update(self, queued: QueuedMail, recipient: str, place: Place) -> OutgoingMail:
        return write_update(
            UpdateNotice.model_validate_json(self.keys.open(queued.notice_box or "", NOTICE)), recipient, place
        )

    def _offer_actions(self, message: MessageFacts, place: Place) -> Actions | None:
        """Give a buyer's message its links (R-MAIL-7)."""
        if message.direction is not Direction.BUYER_TO_SELLER:
            return None
        expires_at = place.date + timedelta(days=self.link_days)
        write = self.links.write
        return Actions(
            no_response_needed=write(LinkPurpose.NO_RESPONSE_NEEDED, message.message_id, expires_at),
            report=write(LinkPurpose.REPORT, message.message_id, expires_at),
        )

    async def _open(self, queued: QueuedMail) -> Content:
        return await self.blobs.open_content(SealedContent.model_validate_json(queued.content or ""))

    async def _fetch(self, content: Content) -> list[OutgoingPart]:
        return [await self._fetch_part(attachment) for attachment in content.attachments]

    async def _fetch_part(self, attachment: AttachmentContent) -> OutgoingPart:
        octets = await self.blobs.get(attachment.blob)
        return OutgoingPart(attachment.name, attachment.media_type, octets, attachment.content_id)


async def _compose(mail: OutgoingMail) -> bytes:
    octets = sum(len(part.content) for part in (*mail.inline_images, *mail.attachments)) + len(mail.html or mail.text)
    if octets < _INLINE_OCTETS:
        return compose(mail)
    return await asyncio.to_thread(compose, mail)
