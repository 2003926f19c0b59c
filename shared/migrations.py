"""Schema migrations: one alembic tree per service, run forward on SQLite and PostgreSQL."""

from functools import cache
from pathlib import Path
from typing import Literal

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Enum, MetaData, text
from sqlmodel.sql.sqltypes import AutoString

from shared.db import Database, UtcDateTime

_LOCK = 0x6D696772


async def upgrade(database: Database, tree: Path) -> None:
    """Bring `database` to the newest revision of `tree`. Several may call at once; one does it."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade, _configure(tree))


async def is_current(database: Database, tree: Path) -> bool:
    """Return whether `database` stands at the newest revision of `tree`."""
    async with database.reading() as session:
        connection = await session.connection()
        revision = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    return revision == _find_head(tree)


async def require_current(database: Database, tree: Path) -> None:
    """Raise `RuntimeError` unless `is_current`: the readiness check of a service."""
    if not await is_current(database, tree):
        raise RuntimeError("the database is not migrated: run `tramite migrate`")


async def find_differences(database: Database, metadata: MetaData) -> list[object]:
    """Return what `metadata` has that the database has not, and the other way round; empty when they agree."""
    async with database.reading() as session:
        return await (await session.connection()).run_sync(_compare, metadata)


async def write_revision(database: Database, tree: Path, message: str) -> None:
    """Write a new revision file with the difference between the models and a migrated `database`."""
    async with database.engine.begin() as connection:
        config = _configure(tree)
        config.attributes["connection"] = await connection.run_sync(lambda c: c)
        await connection.run_sync(lambda _: command.revision(config, message=message, autogenerate=True))


def run_environment(metadata: MetaData) -> None:
    """Run what alembic was asked for; the whole of a tree's `env.py`."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=_render_type,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own types into revisions as what stands in the database, not as code that may change."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, AutoString | Enum):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


@cache
def _find_head(tree: Path) -> str | None:
    """Read the tree once: readiness asks every few seconds, and files do not change while we run."""
    return ScriptDirectory.from_config(_configure(tree)).get_current_head()


def _configure(tree: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(tree))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, config: Config) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _compare(connection: Connection, metadata: MetaData) -> list[object]:
    migration = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(migration, metadata))
