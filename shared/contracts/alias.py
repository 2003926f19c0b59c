"""What the alias service tells: aliases as they are issued, and messages with both sides' addresses."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.facts import Addressing, MessageFacts, SealedContent
from shared.events import Event

TOPIC = "alias.events"


class AliasIssued(Event):
    """A buyer and a seller got their two aliases towards each other, for ever (R-ALIAS-1, R-ALIAS-3)."""

    type: ClassVar[str] = "alias.issued.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    thread_id: UUID
    marketplace_id: str
    buyer_id: str
    seller_id: str
    buyer_alias: str
    seller_alias: str


class AliasRetired(Event):
    """A pair's aliases stopped taking mail; they are never given to anybody else."""

    type: ClassVar[str] = "alias.retired.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    thread_id: UUID
    buyer_alias: str
    seller_alias: str


class MessageAddressed(Event):
    """A message knows its aliases and its sealed recipient, and waits for the gate."""

    type: ClassVar[str] = "message.addressed.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "message.thread_id"

    message: MessageFacts
    content: SealedContent
    addressing: Addressing
