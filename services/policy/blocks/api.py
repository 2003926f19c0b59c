"""Routes of operators' blocks. Only the gateway calls them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.blocks import service, store
from services.policy.blocks.schemas import BlockAnswer, BlockBody, BlockChangeAnswer, BlockDetail, BlockPage
from services.policy.fields import Identifier, PageLimit
from shared.contracts.vocabulary import Role
from shared.db import Database
from shared.problems import Conflict

_MOST_CHANGES = 100
After = Annotated[str | None, Query(pattern=r"^(buyer|seller):.{1,64}$", description="`next` of the page before")]


def create_router(database: Database) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal/blocks", tags=["blocks"])

    @router.get("")
    async def list_blocks(after: After = None, limit: PageLimit = 50) -> BlockPage:
        """List whom operators block."""
        async with database.reading() as session:
            rows = await store.list_party_blocks(session, _read_place(after), limit + 1)
        page = rows[:limit]
        following = f"{page[-1].role}:{page[-1].party_id}" if len(rows) > limit else None
        return BlockPage(items=[BlockAnswer(**row.model_dump()) for row in page], next=following)

    @router.get("/{role}/{party_id}")
    async def get_block(role: Role, party_id: Identifier) -> BlockDetail:
        """Say whether an operator blocks a party, and how that came."""
        async with database.reading() as session:
            return await _describe(session, role, party_id)

    @router.put("/{role}/{party_id}")
    async def put_block(role: Role, party_id: Identifier, body: BlockBody) -> BlockDetail:
        """Stop all that a party writes from now on."""
        async with database.transaction() as session:
            await service.block_party(session, role, party_id, reason=body.reason, by=body.by, now=datetime.now(UTC))
            return await _describe(session, role, party_id)

    @router.post("/{role}/{party_id}/lift")
    async def lift_block(role: Role, party_id: Identifier, body: BlockBody) -> BlockDetail:
        """Let a party write again."""
        now = datetime.now(UTC)
        async with database.transaction() as session:
            if not await service.lift_party(session, role, party_id, reason=body.reason, by=body.by, now=now):
                raise Conflict("No operator blocks this party; there is nothing to lift.")
            return await _describe(session, role, party_id)

    return router


def _read_place(after: str | None) -> tuple[Role, str] | None:
    if after is None:
        return None
    role, _, party_id = after.partition(":")
    return Role(role), party_id


async def _describe(session: AsyncSession, role: Role, party_id: str) -> BlockDetail:
    await session.flush()
    changes = await store.list_changes(session, role, party_id, _MOST_CHANGES)
    return BlockDetail(
        role=role,
        party_id=party_id,
        blocked=await store.get_party_block(session, role, party_id) is not None,
        history=[BlockChangeAnswer(**change.model_dump()) for change in changes],
    )
