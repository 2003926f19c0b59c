"""Every query of the alias service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.alias.models import Alias, Party
from shared.contracts.vocabulary import Role


async def get_party(session: AsyncSession, role: Role, party_id: str) -> Party | None:
    """Return a party, or None if it is not known yet."""
    return await session.get(Party, (role, party_id))


async def map_aliases(session: AsyncSession, thread_id: UUID) -> dict[Role, str]:
    """Return the aliases of a thread by whom they stand for: none, one or both."""
    rows = await session.exec(select(Alias).where(Alias.thread_id == thread_id))
    return {row.role: row.address for row in rows}


async def insert_alias(session: AsyncSession, address: str, thread_id: UUID, role: Role, issued_at: datetime) -> bool:
    """Insert an alias unless its address is taken or its party has one; return whether it was inserted."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"address": address, "thread_id": thread_id, "role": role, "issued_at": issued_at}
    statement = insert(Alias).values(values).on_conflict_do_nothing().returning(col(Alias.address))
    return (await connection.execute(statement)).scalar_one_or_none() is not None
