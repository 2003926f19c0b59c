"""Use cases of blocks."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.blocks import store
from services.policy.blocks.models import BlockChange, BlockedMessage, BlockedParty, BlockedSender
from shared.contracts.facts import MessageFacts
from shared.contracts.gateway import SenderBlocked, SenderUnblocked
from shared.contracts.vocabulary import Role
from shared.db import lock_until_commit


async def record_sender(session: AsyncSession, told: SenderBlocked | SenderUnblocked) -> None:
    """Take over what a party says of the other side, unless something newer is known already (R-INBOX-5)."""
    known = await store.get_sender_block(session, told.thread_id, told.by)
    if known is not None and known.changed_at > told.changed_at:
        return
    store.SENDERS.forget(session, (told.thread_id, told.by))
    await session.merge(
        BlockedSender(
            thread_id=told.thread_id,
            by=told.by,
            blocked=isinstance(told, SenderBlocked),
            changed_at=told.changed_at,
        )
    )


async def is_blocked_by_receiver(session: AsyncSession, message: MessageFacts) -> bool:
    """Tell whether the reader of a message wants none from its writer."""
    receiver = Role.BUYER if message.sender_role is Role.SELLER else Role.SELLER
    known = await store.get_sender_block(session, message.thread_id, receiver)
    return known is not None and known.blocked


async def is_blocked_by_operator(session: AsyncSession, message: MessageFacts) -> bool:
    """Tell whether an operator stops the writer of a message, or the message itself (R-POLICY-10)."""
    role = message.sender_role
    sender = message.seller_id if role is Role.SELLER else message.buyer_id
    if await store.PARTIES.get(session, (role, sender)) is not None:
        return True
    return await store.get_message_block(session, message.message_id) is not None


async def block_party(
    session: AsyncSession, role: Role, party_id: str, *, reason: str, by: str, now: datetime
) -> BlockedParty:
    """Stop a party from now on; blocking it again changes the reason. Audited."""
    await lock_until_commit(session, f"block {role} {party_id}")
    block = await session.merge(
        BlockedParty(role=role, party_id=party_id, reason=reason, blocked_by=by, blocked_at=now)
    )
    _audit(session, role, party_id, blocked=True, reason=reason, by=by, now=now)
    return block


async def lift_party(session: AsyncSession, role: Role, party_id: str, *, reason: str, by: str, now: datetime) -> bool:
    """Let a party write again; False if nobody blocked it. Audited."""
    await lock_until_commit(session, f"block {role} {party_id}")
    block = await store.get_party_block(session, role, party_id)
    if block is None:
        return False
    await session.delete(block)
    _audit(session, role, party_id, blocked=False, reason=reason, by=by, now=now)
    return True


async def block_undecided(session: AsyncSession, message_id: UUID, *, reason: str, by: str, now: datetime) -> None:
    """Stop a message that the gate has not decided on; doing so again changes nothing."""
    if await store.get_message_block(session, message_id) is None:
        session.add(BlockedMessage(message_id=message_id, reason=reason, blocked_by=by, blocked_at=now))
        await session.flush()


def _audit(  # noqa: PLR0913 - a row of the audit
    session: AsyncSession, role: Role, party_id: str, *, blocked: bool, reason: str, by: str, now: datetime
) -> None:
    session.add(
        BlockChange(role=role, party_id=party_id, blocked=blocked, reason=reason, changed_by=by, changed_at=now)
    )
