"""Migrations of the tests' own small service; each service's own stand in `tests/services/test_migrations.py`."""

from pathlib import Path

import pytest
from sqlalchemy import text

from shared import migrations
from shared.db import Database
from tests.shared.notes import Base

ENVIRONMENT = """
from shared.migrations import run_environment
from tests.shared.notes import Base

run_environment(Base.metadata)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree without revisions."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENVIRONMENT)
    template = Path(__file__).parents[2] / "services" / "alias" / "migrations" / "script.py.mako"
    (folder / "script.py.mako").write_text(template.read_text())
    return folder


async def drop_all(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)


async def test_a_written_revision_makes_the_tables_of_the_models(database: Database, tree: Path) -> None:
    await drop_all(database)
    await migrations.write_revision(database, tree, "first tables")
    [revision] = (tree / "versions").glob("*.py")
    assert "shared" not in revision.read_text()  # revisions stand alone: code changes, they do not
    await migrations.upgrade(database, tree)
    assert await migrations.is_current(database, tree)
    assert await migrations.find_differences(database, Base.metadata) == []


async def test_every_kind_of_difference_is_found(database: Database) -> None:
    assert await migrations.find_differences(database, Base.metadata) == []
    for change in (
        "ALTER TABLE notes ADD COLUMN mood VARCHAR(10)",
        "DROP INDEX ix_inbox_received_at",
        "CREATE TABLE strangers (id INTEGER PRIMARY KEY)",
    ):
        before = len(await migrations.find_differences(database, Base.metadata))
        async with database.engine.begin() as connection:
            await connection.execute(text(change))
        assert len(await migrations.find_differences(database, Base.metadata)) > before


async def test_a_migration_that_fails_leaves_nothing_behind(database: Database, tree: Path) -> None:
    await drop_all(database)
    await migrations.write_revision(database, tree, "first tables")
    [revision] = (tree / "versions").glob("*.py")
    upgrade, _, rest = revision.read_text().partition("\n\n\ndef downgrade")
    revision.write_text(
        f"{upgrade.rstrip()}\n    op.drop_table('nowhere')\n" + (f"\n\ndef downgrade{rest}" if rest else "")
    )
    with pytest.raises(Exception, match="nowhere"):
        await migrations.upgrade(database, tree)
    async with database.reading() as session:
        tables = await (await session.connection()).run_sync(lambda c: c.dialect.get_table_names(c))
    assert [name for name in tables if name in Base.metadata.tables] == []
