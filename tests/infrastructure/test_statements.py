from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db import Database


async def _compiled(database: Database) -> Mapping[Any, Any]:
    """Ask something of a database, and return what was compiled for it."""
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("SELECT 1"))
    compiled: Mapping[Any, Any] = connection.sync_engine.get_execution_options()["compiled_cache"]
    return compiled


async def test_databases_made_alike_share_what_is_compiled(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path}/{name}.db", service="gateway") for name in ("one", "other")]
    first, size = await _compiled(databases[0]), len(await _compiled(databases[0]))
    assert await _compiled(databases[1]) is first
    assert size == len(first) > 0
    for database in databases:
        await database.close()


async def test_what_a_test_connects_by_itself_shares_nothing_with_ours(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/ours.db", service="gateway")
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/ours.db")
    ours = await _compiled(database)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    assert connection.sync_engine.get_execution_options()["compiled_cache"] is not ours
    assert engine.dialect is not database.engine.dialect
    await engine.dispose()
    await database.close()
