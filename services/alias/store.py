"""Every query of the alias service."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Executable, bindparam
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


# Of a batch of first contacts none has an alias, which is asked once. Whoever inserts asks anew.
ALIASES: Lookup[UUID, dict[Role, str]] = Lookup(_find_aliases, absent=True)


async def map_aliases(session: AsyncSession, thread_id: UUID) -> dict[Role, str]:
    """Return the aliases of a thread by whom they stand for: none, one or both."""
    return await ALIASES.get(session, thread_id) or {}


async def insert_aliases(
    session: AsyncSession, addresses: Mapping[Role, str], thread_id: UUID, issued_at: datetime
) -> set[Role]:
    """Insert aliases but those whose address is taken or whose party has one; return for whom they were inserted."""
    connection = await session.connection()
    ALIASES.forget(session, thread_id)
    statement = _write_insert(connection.dialect.name, tuple(addresses))
    values = {"thread": thread_id, "at": issued_at, **{f"address_of_{role}": it for role, it in addresses.items()}}
    return {Role(role) for role in (await connection.execute(statement, values)).scalars()}


@cache
def _write_insert(dialect: str, roles: tuple[Role, ...]) -> Executable:
    """Put the statement together once: that costs as much as running it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    rows = [
        {
            "address": bindparam(f"address_of_{role}"),
            "thread_id": bindparam("thread"),
            "role": role,
            "issued_at": bindparam("at"),
        }
        for role in roles
    ]
    return insert(Alias).values(rows).on_conflict_do_nothing().returning(col(Alias.role))
