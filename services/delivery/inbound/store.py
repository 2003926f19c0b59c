"""Every query on aliases, parties and the intake."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.models import Alias, Intake, Party, Sender
from shared.contracts.vocabulary import Role


async def get_party(session: AsyncSession, role: Role, party_id: str) -> Party | None:
    """Return a party, or None if it is not known yet."""
    return await session.get(Party, (role, party_id))


async def delete_senders(session: AsyncSession, role: Role, party_id: str) -> None:
    """Forget the addresses that may write in a party's name."""
    connection = await session.connection()
    await connection.execute(delete(Sender).where(col(Sender.role) == role, col(Sender.party_id) == party_id))


async def retire_aliases(session: AsyncSession, addresses: Sequence[str], retired_at: datetime) -> None:
    """Mark aliases as retired, those that are not yet."""
    connection = await session.connection()
    await connection.execute(
        update(Alias)
        .where(col(Alias.address).in_(list(addresses)), col(Alias.retired_at).is_(None))
        .values(retired_at=retired_at)
    )


async def get_alias(session: AsyncSession, address: str) -> Alias | None:
    """Return an alias, retired or not, or None."""
    return await session.get(Alias, address)


async def list_pair(session: AsyncSession, thread_id: UUID) -> Sequence[str]:
    """Return both aliases of a thread."""
    return (await session.exec(select(Alias.address).where(Alias.thread_id == thread_id))).all()


async def list_parties_of(session: AsyncSession, address_hash: str) -> set[tuple[Role, str]]:
    """Return the parties in whose name an address may write."""
    rows = (await session.exec(select(Sender.role, Sender.party_id).where(Sender.address_hash == address_hash))).all()
    return {(Role(role), party_id) for role, party_id in rows}


async def insert_intake(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Insert intake rows, passing over repeats of a fingerprint; return the ids of those that were new."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(Intake).values(list(rows)).on_conflict_do_nothing().returning(col(Intake.mail_id))
    return set((await session.exec(statement)).scalars())
