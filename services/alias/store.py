"""Every query of the alias service."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.alias.models import Alias, Party
from shared.contracts.vocabulary import Role
from shared.lookup import Lookup, find_rows

PARTIES: Lookup[tuple[Role, str], Party] = Lookup(find_rows(Party))


async def get_party(session: AsyncSession, role: Role, party_id: str) -> Party | None:
    """Return a party, or None if it is not known yet."""
    return await PARTIES.get(session, (role, party_id))


async def _find_aliases(session: AsyncSession, thread_ids: Collection[UUID]) -> dict[UUID, dict[Role, str]]:
    query = select(Alias.thread_id, Alias.role, Alias.address).where(col(Alias.thread_id).in_(thread_ids))
    found: dict[UUID, dict[Role, str]] = {}
    for thread_id, role, address in await session.exec(query):
        found.setdefault(thread_id, {})[Role(role)] = address
    return found


ALIASES: Lookup[UUID, dict[Role, str]] = Lookup(_find_aliases)


async def map_aliases(session: AsyncSession, thread_id: UUID) -> dict[Role, str]:
    """Return the aliases of a thread by whom they stand for: none, one or both."""
    return await ALIASES.get(session, thread_id) or {}


async def insert_alias(session: AsyncSession, address: str, thread_id: UUID, role: Role, issued_at: datetime) -> bool:
    """Insert an alias unless its address is taken or its party has one; return whether it was inserted."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    ALIASES.forget(session, thread_id)
    values = {"address": address, "thread_id": thread_id, "role": role, "issued_at": issued_at}
    statement = insert(Alias).values(values).on_conflict_do_nothing().returning(col(Alias.address))
    return (await connection.execute(statement)).scalar_one_or_none() is not None
