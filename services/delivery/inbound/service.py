"""Use cases of the intake: take a mail in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.authenticity.domain import Origin
from services.delivery.authenticity.service import Authenticity
from services.delivery.batching import Batches
from services.delivery.bounces.service import Reports
from services.delivery.errors import Refused
from services.delivery.inbound import store
from services.delivery.inbound.action_links import strike_links
from services.delivery.inbound.domain import NOT_THE_AUTHOR, NULL_SENDERS, AliasFacts, fingerprint
from services.delivery.inbound.recipients import AliasRecipient, Recipient, ReportRecipient
from services.delivery.mail.automation import recognise
from services.delivery.mail.composing import OutgoingPart
from services.delivery.mail.parsing import IncomingMail, parse
from services.delivery.mail.refusal import Refusal
from services.delivery.mail.relaying import RelayedContent, prepare
from services.delivery.mail.reports import Report, classify
from services.delivery.mail.rewriting import Replacement, own_addresses
from services.delivery.mail.threading import parents_of
from services.delivery.models import IntakeOutcome
from services.delivery.threads.service import Incoming, Threads
from shared.blobs import BlobStore
from shared.contracts.delivery import MailReceived
from shared.contracts.facts import AttachmentContent, Content, SealedContent
from shared.crypto import KeyRing
from shared.db import Database
from shared.links import Links
from shared.outbox import emit

_INLINE_OCTETS = 32 * 1024
_SMALL_OCTETS = 16 * 1024


@dataclass(frozen=True, slots=True)
class Draft:
    """One recipient's share of a mail, ready to be committed: its row, and what follows from it if it is new."""

    row: dict[str, Any]
    blobs: tuple[str, ...]
    received: tuple[AliasFacts, SealedContent, Incoming] | None = None
    report: tuple[UUID, Report] | None = None


@dataclass(frozen=True, slots=True)
class _Brought:
    """A mail at the door."""

    origin: Origin
    sender: str
    content: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Scrutiny:
    """What a mail is held against: where it comes from, and the links of ours that must not travel on."""

    authenticity: Authenticity
    links: Links


class Intake:
    """Takes mail in. `writer.run` must run beside it."""

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        blobs: BlobStore,
        threads: Threads,
        reports: Reports,
        scrutiny: Scrutiny,
    ) -> None:
        self._keys = keys
        self._blobs = blobs
        self._threads = threads
        self._reports = reports
        self._scrutiny = scrutiny
        self.writer: Batches[Sequence[Draft], list[bool]] = Batches(database.transaction, self._write)

    async def take(self, origin: Origin, sender: str, recipients: Sequence[Recipient], content: bytes) -> IntakeOutcome:
        """Store a mail for its recipients, all or none; return what it was. Raises `Refused`, and errors of storage.

        On return it is committed; the same mail brought again changes nothing (R-MAIL-3).
        """
        brought = _Brought(origin, sender, content, datetime.now(UTC))
        try:
            drafts = [await self._prepare(recipient, brought) for recipient in recipients]
        except Refusal as refusal:
            raise Refused(refusal.reply, refusal.reason) from None
        new = await self.writer.submit(drafts)
        for draft, is_new in zip(drafts, new, strict=True):
            for blob in () if is_new else draft.blobs:
                await self._blobs.delete(blob)
        outcome: IntakeOutcome = drafts[0].row["outcome"]
        return outcome

    async def _prepare(self, recipient: Recipient, brought: _Brought) -> Draft:
        if isinstance(recipient, ReportRecipient):
            return await self._prepare_report(recipient, brought)
        mail = await _aside(brought, parse, brought.content)
        automatic = recognise(mail, "" if brought.sender in NULL_SENDERS else brought.sender)
        if automatic is not None:
            return await self._draft(
                recipient.alias.address, mail.message_id, brought, IntakeOutcome.AUTOMATIC, automatic.value
            )
        author = self._check_author(mail, recipient)
        proof = await self._scrutiny.authenticity.check(
            recipient.alias.marketplace_id, brought.origin, brought.sender, author, brought.content
        )
        known = [self._keys.open_text(recipient.writer_box, "address")] if recipient.writer_box else []
        addresses = own_addresses(mail, brought.sender, known)
        replacement = Replacement(addresses, recipient.writer_alias, mail.hosts)
        pair = (recipient.alias.address, recipient.writer_alias)
        content = await _aside(brought, prepare, mail, replacement, pair)
        draft = await self._draft_received(recipient.alias, mail, self._strike_links(content), brought)
        draft.row["detail"] = proof
        return draft

    def _strike_links(self, content: RelayedContent) -> RelayedContent:
        """Keep the links of a seller's mail out of an answer that quotes it (R-MAIL-7)."""

        def strike(text: str) -> str:
            return strike_links(text, lambda token: self._scrutiny.links.read(token) is not None)

        return replace(
            content,
            subject=strike(content.subject),
            new_text=strike(content.new_text),
            quoted_text=strike(content.quoted_text),
            new_html=content.new_html and strike(content.new_html),
            quoted_html=content.quoted_html and strike(content.quoted_html),
        )

    def _check_author(self, mail: IncomingMail, recipient: AliasRecipient) -> str:
        """Return the From address. Refuse it when it is not the counterpart's: the envelope alone proves nothing."""
        author = mail.authors[0].address if len(mail.authors) == 1 else ""
        if self._keys.hash_address(author) not in recipient.writer_hashes:
            raise Refused(NOT_THE_AUTHOR, "not_the_author")
        return author

    async def _draft_received(
        self, alias: AliasFacts, mail: IncomingMail, relayed: RelayedContent, brought: _Brought
    ) -> Draft:
        draft = await self._draft(alias.address, mail.message_id, brought, IntakeOutcome.RECEIVED, "")
        parts = (*relayed.inline_images, *relayed.attachments)
        attachments = [await self._store_part(part) for part in parts]
        content = Content(
            subject=relayed.subject,
            text=relayed.new_text,
            html=relayed.new_html,
            quoted_text=relayed.quoted_text,
            quoted_html=relayed.quoted_html or "",
            attachments=tuple(attachments),
        )
        sealed = await self._blobs.seal_content(content)
        blobs = [
            *draft.blobs,
            *(attachment.blob for attachment in attachments),
            *([sealed.blob] if sealed.blob else []),
        ]
        incoming = Incoming(
            message_id=draft.row["mail_id"],
            thread_id=alias.thread_id,
            writer=alias.writer[0],
            identifier=mail.message_id,
            ancestors=parents_of(mail.in_reply_to, mail.references),
            subject=mail.subject,
            received_at=brought.received_at,
        )
        draft.row["thread_id"] = alias.thread_id
        draft.row["part_blobs"] = [attachment.blob for attachment in attachments]
        draft.row["parts_kept"] = bool(attachments)
        return Draft(draft.row, tuple(blobs), received=(alias, sealed, incoming))

    async def _prepare_report(self, recipient: ReportRecipient, brought: _Brought) -> Draft:
        report = await _aside(brought, classify, brought.content)
        draft = await self._draft(recipient.address, None, brought, IntakeOutcome.REPORT, report.outcome.value)
        draft.row["message_id"] = recipient.message_id
        return Draft(draft.row, draft.blobs, report=(recipient.message_id, report))

    async def _draft(
        self, recipient: str, message_id: str | None, brought: _Brought, outcome: IntakeOutcome, detail: str
    ) -> Draft:
        # A file of its own, brought to disk, would cost a small mail more than all the rest of taking it in.
        small = len(brought.content) <= _SMALL_OCTETS
        raw_box = self._keys.seal(brought.content, "raw mail") if small else None
        raw_blob = None if small else await self._blobs.put("raw", brought.content)
        row = {
            "mail_id": uuid4(),
            "fingerprint": fingerprint(recipient, message_id, brought.content),
            "outcome": outcome,
            "detail": detail,
            "thread_id": None,
            "message_id": None,
            "raw_box": raw_box,
            "raw_blob": raw_blob,
            "part_blobs": [],
            "parts_kept": False,
            "size": len(brought.content),
            "received_at": brought.received_at,
        }
        return Draft(row, (raw_blob,) if raw_blob else ())

    async def _store_part(self, part: OutgoingPart) -> AttachmentContent:
        return AttachmentContent(
            blob=await self._blobs.put("attachment", part.content),
            name=part.name,
            media_type=part.media_type,
            size=len(part.content),
            content_id=part.content_id,
        )

    async def _write(self, session: AsyncSession, batch: Sequence[Sequence[Draft]]) -> Sequence[list[bool]]:
        """Commit mails together; tell of each share that is new. The answer says which are."""
        drafts = [draft for mail in batch for draft in mail]
        new = await store.insert_intake(session, [draft.row for draft in drafts])
        await self._tell(session, [draft for draft in drafts if draft.row["mail_id"] in new])
        return [[draft.row["mail_id"] in new for draft in mail] for mail in batch]

    async def _tell(self, session: AsyncSession, drafts: Sequence[Draft]) -> None:
        for message_id, report in (draft.report for draft in drafts if draft.report):
            await self._reports.apply(session, message_id, report)
        received = [draft.received for draft in drafts if draft.received]
        answers = await self._threads.note_incoming(session, [incoming for _, _, incoming in received])
        for (alias, content, incoming), answered in zip(received, answers, strict=True):
            emit(session, _describe_mail(alias, content, incoming, answered))


def _describe_mail(
    alias: AliasFacts, content: SealedContent, incoming: Incoming, answered: UUID | None
) -> MailReceived:
    return MailReceived(
        mail_id=incoming.message_id,
        thread_id=alias.thread_id,
        marketplace_id=alias.marketplace_id,
        buyer_id=alias.buyer_id,
        seller_id=alias.seller_id,
        direction=alias.direction,
        content=content,
        received_at=incoming.received_at,
        answers=answered,
    )


async def _aside(brought: _Brought, work: Any, *arguments: Any) -> Any:  # noqa: ANN401 - any pure function
    """Run pure work here for a small mail, in a thread for a big one, so that nobody else waits for it."""
    if len(brought.content) < _INLINE_OCTETS:
        return work(*arguments)
    return await asyncio.to_thread(work, *arguments)
