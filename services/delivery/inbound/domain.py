"""Decisions about mail that comes in: who may write where, and what the door answers. No I/O, no clock."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.contracts.vocabulary import Direction, Role

NO_SUCH_ALIAS = "550 5.1.1 No such address here"
NOT_COUNTERPART = (
    "550 5.7.1 Your address may not write to this one: a seller adds it to the authorised sender addresses of the "
    "account, confirms it by the link we send there, and sends the same mail again"
)
NOT_THE_AUTHOR = "550 5.7.1 The From address and the sender of the envelope must both be yours; please send it again so"
LOCAL_TROUBLE = "451 4.3.0 Temporary trouble on our side; please try again later"
NOT_YET_KNOWN = "451 4.3.0 This address is being set up; please try again in a minute"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients"
TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections; please try again later"
TOO_LARGE = "552 5.3.4 The message is larger than 10 MB; please send it with smaller attachments"
ACCEPTED = "250 2.0.0 OK, stored"
RECIPIENT_OK = "250 2.1.5 OK"

NULL_SENDERS = frozenset({"", "<>"})


class Answer(StrEnum):
    """What the door says to a recipient."""

    OK = "ok"
    NO_SUCH_ALIAS = "no_such_alias"
    NOT_COUNTERPART = "not_counterpart"
    NOT_YET_KNOWN = "not_yet_known"


@dataclass(frozen=True, slots=True)
class AliasFacts:
    """What the door knows of an alias: whom it stands for, and who may therefore write to it."""

    address: str
    thread_id: UUID
    marketplace_id: str
    buyer_id: str
    seller_id: str
    role: Role
    retired: bool

    @property
    def writer(self) -> tuple[Role, str]:
        """The only party that may write to it (R-ALIAS-5)."""
        return (Role.SELLER, self.seller_id) if self.role is Role.BUYER else (Role.BUYER, self.buyer_id)

    @property
    def direction(self) -> Direction:
        """Where a mail to it goes."""
        return Direction.SELLER_TO_BUYER if self.role is Role.BUYER else Direction.BUYER_TO_SELLER


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """What the door knows of an envelope sender: null, the alias's rightful writer, or known as somebody else."""

    null: bool
    writer: bool
    known: bool


def judge_recipient(alias: AliasFacts | None, sender: SenderFacts, *, writer_known: bool) -> Answer:
    """Decide on a recipient (R-ALIAS-5).

    Unknown, retired and foreign aliases (the sender is known, but as somebody else) get the same answer. The null
    sender passes: what it brings is automatic and is only recorded.
    """
    if alias is None or alias.retired:
        return Answer.NO_SUCH_ALIAS
    if sender.null or sender.writer:
        return Answer.OK
    if not writer_known:
        return Answer.NOT_YET_KNOWN
    return Answer.NO_SUCH_ALIAS if sender.known else Answer.NOT_COUNTERPART


REPLIES = {
    Answer.OK: RECIPIENT_OK,
    Answer.NO_SUCH_ALIAS: NO_SUCH_ALIAS,
    Answer.NOT_COUNTERPART: NOT_COUNTERPART,
    Answer.NOT_YET_KNOWN: NOT_YET_KNOWN,
}


def fingerprint(recipient: str, message_id: str | None, content: bytes) -> str:
    """Return 64 hex digits that are the same when the same mail comes to the same recipient again."""
    digest = hashlib.sha256(content).hexdigest()
    return hashlib.sha256(f"{recipient}\x1f{message_id or ''}\x1f{digest}".encode()).hexdigest()
