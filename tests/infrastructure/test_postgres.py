import asyncio
import secrets
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.infrastructure.components import FreshDatabase
from tests.infrastructure.postgres import (
    DURABLE_VARIABLE,
    VARIABLE,
    Kind,
    PostgresServer,
    choose_place,
    find_source,
    open_postgres,
    with_driver,
)


async def test_table_keeps_its_rows(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE letter (id int PRIMARY KEY, body text)"))
        await connection.execute(text("INSERT INTO letter VALUES (1, 'añil')"))
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT body FROM letter"))).scalar_one() == "añil"
    await engine.dispose()


async def test_databases_know_nothing_of_each_other(fresh_database: FreshDatabase) -> None:
    for url in (await fresh_database(), await fresh_database()):
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE letter (id int)"))
        await engine.dispose()


async def test_database_is_gone_after_its_test_even_if_in_use(postgres: PostgresServer) -> None:
    name = await postgres.create_database()
    engine = create_async_engine(postgres.url_of(name))
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await postgres.drop_database(name)
        await connection.invalidate()
    await engine.dispose()
    assert await _count_databases(postgres, postgres.url_of(name)) == 0


def test_copies_are_filled_once_know_nothing_of_each_other_and_leave_nothing_on_a_given_server(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[str] = []

    async def fill(url: str) -> None:
        filled.append(url)
        await _execute(url, "CREATE TABLE letter (id int)")

    async def copy_twice(server: PostgresServer) -> None:
        for name in [await server.copy_database("letters", fill) for _ in range(2)]:
            await _execute(server.url_of(name), "CREATE TABLE reply (id int)")
            await _execute(server.url_of(name), "INSERT INTO letter VALUES (1)")
            await server.drop_database(name)
        assert len(filled) == 1
        assert await _count_databases(postgres, filled[0]) == 1

    monkeypatch.setenv(VARIABLE, postgres.dsn)
    with open_postgres(find_source()) as given:
        asyncio.run(copy_twice(given))
    assert asyncio.run(_count_databases(postgres, filled[0])) == 0


async def test_a_borrowed_database_is_empty_again_and_as_it_was(postgres: PostgresServer) -> None:
    kind = f"letters of {secrets.token_hex(4)}"

    async def fill(url: str) -> None:
        await _execute(url, "CREATE TABLE letter (id serial)")

    async with postgres.borrow_database(kind, fill) as first:
        await _execute(postgres.url_of(first), "INSERT INTO letter DEFAULT VALUES")
    async with postgres.borrow_database(kind, fill) as second:
        assert second == first
        assert await _read(postgres.url_of(second), "SELECT count(*) FROM letter") == 0
        assert await _read(postgres.url_of(second), "INSERT INTO letter DEFAULT VALUES RETURNING id") == 1
        await _execute(postgres.url_of(second), "ALTER TABLE letter RENAME TO reply")
    async with postgres.borrow_database(kind, fill) as third:
        assert third != first
        assert await _read(postgres.url_of(third), "INSERT INTO letter DEFAULT VALUES RETURNING id") == 1


async def _read(url: str, statement: str) -> object:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        found = await connection.scalar(text(statement))
    await engine.dispose()
    return found


async def _execute(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def _count_databases(server: PostgresServer, url: str) -> int:
    engine = create_async_engine(server.url_of("postgres"))
    async with engine.connect() as connection:
        query = text("SELECT count(*) FROM pg_database WHERE datname = :name")
        found: int = (await connection.execute(query, {"name": url.rpartition("/")[2]})).scalar_one()
    await engine.dispose()
    return found


async def test_commit_reaches_the_operating_system_before_it_is_answered(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SHOW synchronous_commit"))).scalar_one() == "on"
    await engine.dispose()


def test_given_server_comes_before_all_others() -> None:
    assert find_source({"POSTGRES_URL": "postgresql://somewhere/else"}).kind is Kind.GIVEN


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg"])
def test_driver_changes_and_nothing_else(scheme: str) -> None:
    url = "postgresql+asyncpg://me:s%2Fecret@127.0.0.1:5432/mail?ssl=disable"
    assert with_driver(url, scheme) == f"{scheme}://me:s%2Fecret@127.0.0.1:5432/mail?ssl=disable"


def test_server_keeps_its_files_in_memory_where_there_is_room_and_nobody_asks_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DURABLE_VARIABLE, raising=False)
    assert choose_place(tmp_path / "absent") is None
    free = shutil.disk_usage(tmp_path).free
    assert choose_place(tmp_path, room=free // 2) == tmp_path
    assert choose_place(tmp_path, room=free * 2) is None
    monkeypatch.setenv(DURABLE_VARIABLE, "on")
    assert choose_place(tmp_path, room=free // 2) is None
