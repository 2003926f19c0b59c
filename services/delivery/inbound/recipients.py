"""Who may write to which alias: recipients as the door asks for them, many in one look-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.batching import Batches
from services.delivery.bounces.domain import BounceAddresses
from services.delivery.inbound import store
from services.delivery.inbound.domain import NULL_SENDERS, AliasFacts, Answer, SenderFacts, judge_recipient
from shared.contracts.vocabulary import Role
from shared.crypto import KeyRing
from shared.db import Database


@dataclass(frozen=True, slots=True)
class AliasRecipient:
    """A recipient that is an alias; its writer's own alias, hashed sender addresses and address on record (sealed)."""

    alias: AliasFacts
    writer_alias: str
    writer_hashes: frozenset[str]
    writer_box: str | None


@dataclass(frozen=True, slots=True)
class ReportRecipient:
    """A recipient that is a bounce address, and the message that it stands for."""

    address: str
    message_id: UUID


Recipient = AliasRecipient | ReportRecipient


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether `sender` may write to `address`."""

    address: str
    sender: str
    sender_hash: str


class Recipients:
    """Answers for recipients. `lookups.run` must run beside it."""

    def __init__(self, database: Database, keys: KeyRing, bounce_addresses: BounceAddresses) -> None:
        self._keys = keys
        self._bounce_addresses = bounce_addresses
        self.lookups: Batches[_Question, tuple[Answer, Recipient | None]] = Batches(database.reading, self._look_up)

    async def answer(self, address: str, sender: str) -> tuple[Answer, Recipient | None]:
        """Decide whether `sender` may write to `address`; the same questions are asked whatever the answer (R-ALIAS-5).

        Raises the database's errors.
        """
        return await self.lookups.submit(_Question(address.lower(), sender, self._keys.hash_address(sender)))

    async def _look_up(
        self, session: AsyncSession, questions: Sequence[_Question]
    ) -> Sequence[tuple[Answer, Recipient | None]]:
        rows = await store.find_aliases(session, [question.address for question in questions])
        aliases = {row["address"]: row for row in rows}
        writers = [_describe(row).writer[1] for row in rows]
        senders = await store.list_senders(session, [question.sender_hash for question in questions], writers)
        return [self._decide(question, aliases.get(question.address), senders) for question in questions]

    def _decide(
        self, question: _Question, row: RowMapping | None, senders: Mapping[tuple[Role, str], set[str]]
    ) -> tuple[Answer, Recipient | None]:
        message_id = self._bounce_addresses.read(question.address, datetime.now(UTC).date())
        if message_id is not None:
            return Answer.OK, ReportRecipient(question.address, message_id)
        alias = _describe(row) if row is not None else None
        hashes = frozenset(senders.get(alias.writer, ())) if alias else frozenset()
        facts = SenderFacts(
            null=question.sender in NULL_SENDERS,
            writer=question.sender_hash in hashes,
            known=any(question.sender_hash in known for known in senders.values()),
        )
        writer_box: str | None = row["writer_box"] if row is not None else None
        answer = judge_recipient(alias, facts, writer_known=writer_box is not None)
        if answer is not Answer.OK or alias is None or row is None:
            return answer, None
        return answer, AliasRecipient(alias, row["writer_alias"], hashes, writer_box)


def _describe(row: Mapping[str, Any] | RowMapping) -> AliasFacts:
    return AliasFacts(
        address=row["address"],
        thread_id=row["thread_id"],
        marketplace_id=row["marketplace_id"],
        buyer_id=row["buyer_id"],
        seller_id=row["seller_id"],
        role=Role(row["role"]),
        retired=row["retired_at"] is not None,
    )
