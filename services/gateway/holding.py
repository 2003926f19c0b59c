"""Holding a name for the length of a transaction, so that two requests about one thing come one after the other."""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


async def hold(session: AsyncSession, name: str) -> None:
    """Wait until no other transaction holds `name`, then hold it until this one ends.

    It covers what has no row yet to lock. SQLite has one writer at a time, which holds everything.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
