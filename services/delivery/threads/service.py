"""Use cases of threading: note what came in, find what it answers, give what goes out its identifiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.mail.threading import message_identifier, subject_key
from services.delivery.models import Identifier, ThreadedMessage
from services.delivery.threads import store
from services.delivery.threads.domain import trace_ancestors
from shared.contracts.facts import MessageFacts
from shared.contracts.vocabulary import Kind, Role
from shared.crypto import KeyRing

_PURPOSE = "message-id"
_MOST_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a mail that came in says of its place. `ancestors` are identifiers, nearest first."""

    message_id: UUID
    thread_id: UUID
    writer: Role
    identifier: str | None
    ancestors: Sequence[str]
    subject: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """What a message that goes out is called, and the identifiers it answers to, oldest first."""

    identifier: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """The places of messages in their threads."""

    keys: KeyRing

    async def note_incoming(self, session: AsyncSession, mails: Sequence[Incoming]) -> Sequence[UUID | None]:
        """Record mails' places; return for each the message it answers, if that can be told (R-MAIL-1)."""
        names = [self._name(mail.thread_id, mail.identifier, mail.message_id) for mail in mails if mail.identifier]
        await store.insert_new(session, Identifier, names)
        hashes = [[self._hash_identifier(identifier) for identifier in mail.ancestors] for mail in mails]
        known = await store.find_named(
            session, list({mail.thread_id for mail in mails}), list({name for each in hashes for name in each})
        )
        named = [
            next((known[mail.thread_id, name] for name in each if (mail.thread_id, name) in known), None)
            for mail, each in zip(mails, hashes, strict=True)
        ]
        subjects = {mail.message_id: self._name_subject(mail) for mail in mails}
        nameless = {subjects[mail.message_id] for mail, parent in zip(mails, named, strict=True) if parent is None}
        alike = await store.find_latest_of_subjects(session, nameless)
        parents = [parent or alike.get(subjects[mail.message_id]) for mail, parent in zip(mails, named, strict=True)]
        places = [self._place(mail, parent_id) for mail, parent_id in zip(mails, parents, strict=True)]
        await store.insert_new(session, ThreadedMessage, places)
        return parents

    async def place_outgoing(
        self, session: AsyncSession, message: MessageFacts, subject: str | None, now: datetime
    ) -> Sent | None:
        """Fix the Message-ID of an approved message before its first attempt, and trace what it answers.

        None when that was done before. `subject` is None where it is not at hand: then only a reply finds its parent.
        """
        place = await store.get_message(session, message.message_id)
        if place is None:
            place = ThreadedMessage(
                message_id=message.message_id,
                thread_id=message.thread_id,
                writer=message.sender_role,
                parent_id=await self._find_answered(session, message, subject),
                subject_hash=self._hash_subject(subject),
                created_at=now,
            )
        elif place.own_identifier is not None:
            return None
        identifier = message_identifier(message.message_id, message.marketplace.alias_domain)
        place.own_identifier = identifier
        session.add(place)
        store.insert_identifier(session, self._name(message.thread_id, identifier, message.message_id))
        return Sent(identifier, await self._trace(session, message, place.parent_id))

    async def name_for_writer(self, session: AsyncSession, message_id: UUID) -> str | None:
        """Return the Message-ID that the writer's own mail client gave a message, if it came by mail."""
        place = await store.get_message(session, message_id)
        return None if place is None else self._open_foreign(place.foreign_box)

    async def _trace(self, session: AsyncSession, message: MessageFacts, parent_id: UUID | None) -> tuple[str, ...]:
        if parent_id is None:
            return ()
        recent = {
            row["message_id"]: row for row in await store.list_recent(session, message.thread_id, _MOST_LOOKED_AT)
        }
        chain = trace_ancestors({known: row["parent_id"] for known, row in recent.items()}, parent_id)
        reader = Role.BUYER if message.sender_role is Role.SELLER else Role.SELLER
        named = (self._name_for(recent[ancestor], reader) for ancestor in chain)
        return tuple(dict.fromkeys(name for name in named if name))

    def _name_subject(self, mail: Incoming) -> store.Subject:
        """Name what a mail without identifiers answers: the other side's subject."""
        counterpart = Role.BUYER if mail.writer is Role.SELLER else Role.SELLER
        return mail.thread_id, counterpart, self._hash_subject(mail.subject)

    def _place(self, mail: Incoming, parent_id: UUID | None) -> dict[str, Any]:
        return {
            "message_id": mail.message_id,
            "thread_id": mail.thread_id,
            "writer": mail.writer,
            "parent_id": parent_id,
            "subject_hash": self._hash_subject(mail.subject),
            "own_identifier": None,
            "foreign_box": self.keys.seal_text(mail.identifier, _PURPOSE) if mail.identifier else None,
            "created_at": mail.received_at,
        }

    async def _find_answered(self, session: AsyncSession, message: MessageFacts, subject: str | None) -> UUID | None:
        """Find what a message that did not come by mail answers: for a reply the other side's latest."""
        counterpart = Role.BUYER if message.sender_role is Role.SELLER else Role.SELLER
        if message.kind is Kind.REPLY:
            return await store.find_latest(session, message.thread_id, counterpart)
        if subject is None:
            return None
        same_subject = (message.thread_id, message.sender_role, self._hash_subject(subject))
        return (await store.find_latest_of_subjects(session, [same_subject])).get(same_subject)

    def _name(self, thread_id: UUID, identifier: str, message_id: UUID) -> dict[str, Any]:
        return {
            "thread_id": thread_id,
            "identifier_hash": self._hash_identifier(identifier),
            "message_id": message_id,
        }

    def _name_for(self, place: RowMapping, reader: Role) -> str | None:
        """Return the Message-ID under which `reader`'s mail client knows a message, if it ever saw it.

        What a party wrote by API it knows by no identifier; then ours stands, which at least is the same every time.
        """
        own: str | None = place["own_identifier"]
        return (self._open_foreign(place["foreign_box"]) if place["writer"] is reader else None) or own

    def _open_foreign(self, box: str | None) -> str | None:
        return self.keys.open_text(box, _PURPOSE) if box else None

    def _hash_identifier(self, identifier: str) -> str:
        return self.keys.hash_text("message-id", identifier.strip("<> "))

    def _hash_subject(self, subject: str | None) -> str:
        return "" if subject is None else self.keys.hash_text("subject", subject_key(subject))
