"""Every query about blocks."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.blocks.models import BlockChange, BlockedMessage, BlockedParty, BlockedSender
from shared.contracts.vocabulary import Role
from shared.lookup import Lookup, find_rows

# Almost nobody is blocked: that a block is not there is what is remembered.
PARTIES: Lookup[tuple[Role, str], BlockedParty] = Lookup(find_rows(BlockedParty), absent=True)
MESSAGES: Lookup[UUID, BlockedMessage] = Lookup(find_rows(BlockedMessage), absent=True)
SENDERS: Lookup[tuple[UUID, Role], BlockedSender] = Lookup(find_rows(BlockedSender), absent=True)


async def get_party_block(session: AsyncSession, role: Role, party_id: str) -> BlockedParty | None:
    """Return an operator's block of a party as it is now, or None."""
    return await session.get(BlockedParty, (role, party_id), populate_existing=True)


async def get_message_block(session: AsyncSession, message_id: UUID) -> BlockedMessage | None:
    """Return an operator's block of a message that was not decided yet, or None."""
    return await MESSAGES.get(session, message_id)


async def get_sender_block(session: AsyncSession, thread_id: UUID, by: Role) -> BlockedSender | None:
    """Return what a party last said of the other side of a thread, or None."""
    return await SENDERS.get(session, (thread_id, by))


async def list_party_blocks(
    session: AsyncSession, after: tuple[Role, str] | None, limit: int
) -> Sequence[BlockedParty]:
    """Return whom operators block, by role and id."""
    query = select(BlockedParty).order_by(col(BlockedParty.role), col(BlockedParty.party_id)).limit(limit)
    if after is not None:
        role, party_id = after
        later = or_(
            col(BlockedParty.role) > role,
            (col(BlockedParty.role) == role) & (col(BlockedParty.party_id) > party_id),
        )
        query = query.where(later)
    return (await session.exec(query)).all()


async def list_changes(session: AsyncSession, role: Role, party_id: str, limit: int) -> Sequence[BlockChange]:
    """Return how operators blocked a party and lifted that, newest first."""
    query = (
        select(BlockChange)
        .where(BlockChange.role == role, BlockChange.party_id == party_id)
        .order_by(col(BlockChange.change_id).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()
