import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, StatementError

from shared.db import Database, UtcDateTime, is_outage, lock_until_commit, named, normalise_url
from shared.logging import redact_text
from shared.misconfiguration import MisconfiguredError
from tests.infrastructure.waiting import until
from tests.shared.notes import Note, list_numbers


class Mood(StrEnum):
    GOOD = "good"


MOMENTS = Table(
    "moments",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("mood", named(Mood)),
)


async def write(database: Database, *numbers: int) -> None:
    async with database.transaction() as session:
        session.add_all(Note(thread="a", number=number) for number in numbers)


async def catch(work: Awaitable[object]) -> Exception:
    """Answer the error that `work` ends in."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - which one is what the tests look at
        return error
    pytest.fail("nothing was raised")


async def execute(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        await (await session.connection()).execute(text(statement))


async def test_moments_come_back_as_aware_utc(database: Database) -> None:
    moment = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=9)))
    async with database.engine.begin() as connection:
        await connection.run_sync(MOMENTS.create)
        await connection.execute(insert(MOMENTS).values([{"at": moment, "mood": Mood.GOOD}]))
        row = (await connection.execute(select(MOMENTS.c.at, MOMENTS.c.mood))).one()
    assert row == (datetime(2026, 3, 28, 17, 30, tzinfo=UTC), Mood.GOOD)
    assert row[0].tzinfo is UTC or row[0].utcoffset() == timedelta(0)


async def test_a_naive_moment_is_refused(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(MOMENTS.create)
        with pytest.raises(StatementError, match="naive"):
            await connection.execute(insert(MOMENTS).values(at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the naive one


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            session.add(Note(thread="a", number=1))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await list_numbers(database) == []


async def test_a_reading_session_writes_nothing(database: Database) -> None:
    async with database.reading() as session:
        session.add(Note(thread="a", number=1))
        await (await session.connection()).execute(select(Note))
        with pytest.raises(RuntimeError, match="reading"):
            await session.flush()
    assert await list_numbers(database) == []


async def test_many_writers_and_readers_at_once_all_get_their_turn(database: Database) -> None:
    await asyncio.gather(
        *(write(database, number) for number in range(40)), *(list_numbers(database) for _ in range(40))
    )
    assert sorted(await list_numbers(database)) == list(range(40))


async def test_two_processes_worth_of_writers_wait_for_each_other(database: Database) -> None:
    other = Database(database.url, service="notes")
    await asyncio.gather(*(write(one, number) for number in range(10) for one in (database, other)))
    await other.close()
    assert len(await list_numbers(database)) == 20


async def test_a_lock_lets_one_transaction_in_at_a_time(database: Database) -> None:
    inside: list[int] = []

    async def count(number: int) -> None:
        async with database.transaction() as session:
            await lock_until_commit(session, "thread 1")
            inside.append(number)
            assert len(inside) == 1
            await (await session.connection()).execute(text("SELECT 1"))
            inside.remove(number)

    await asyncio.gather(*(count(number) for number in range(5)))


async def test_another_name_is_another_lock(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer anyway")
    async with database.transaction() as session:
        await lock_until_commit(session, "thread 1")
        async with asyncio.timeout(5), database.transaction() as second:
            await lock_until_commit(second, "thread 2")


async def test_leadership_goes_to_the_next_when_the_leader_is_gone(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one instance only")
    led: list[str] = []

    async def lead(name: str, leave: asyncio.Event) -> None:
        async with database.leadership(7) as still_leading:
            await still_leading()
            led.append(name)
            await leave.wait()

    first_leaves, second_leaves = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(lead("first", first_leaves))
    await until(lambda: led == ["first"], "the first to lead")
    second = asyncio.create_task(lead("second", second_leaves))
    async with asyncio.timeout(5), database.leadership(8):
        assert led == ["first"]
    first_leaves.set()
    await until(lambda: led == ["first", "second"], "the second to lead")
    second_leaves.set()
    await asyncio.gather(first, second)


async def test_a_database_that_answers_passes_the_check(database: Database) -> None:
    await database.check()


async def test_a_server_that_is_away_is_an_outage() -> None:
    away = Database("postgresql://tramite@127.0.0.1:1/none", service="notes")
    error = await catch(away.check())
    await away.close()
    assert isinstance(error, OSError)
    assert is_outage(error)


async def test_a_connection_that_is_cut_is_an_outage(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("a file has no connection")
    assert is_outage(await catch(execute(database, "SELECT pg_terminate_backend(pg_backend_pid())")))
    await write(database, 1)
    assert await list_numbers(database) == [1]


async def test_a_connection_that_was_cut_while_it_was_idle_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("a file has no connection")
    monkeypatch.setattr("shared.db._IDLE_SECONDS", 0)
    async with database.reading() as session:
        mine = (await (await session.connection()).execute(text("SELECT pg_backend_pid()"))).scalar_one()
    other = Database(database.url, service="notes", pool=3)
    await execute(other, f"SELECT pg_terminate_backend({mine})")
    await other.close()
    await write(database, 1)
    assert await list_numbers(database) == [1]


async def test_a_used_up_pool_is_an_outage(tmp_path: Path) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - for this pool alone

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db", pool_size=1, max_overflow=0, pool_timeout=0.01)
    async with engine.connect():
        with pytest.raises(Exception, match="QueuePool") as raised:
            await engine.connect()
    await engine.dispose()
    assert is_outage(raised.value)


async def test_work_that_is_wrong_is_no_outage(database: Database) -> None:
    duplicate = "INSERT INTO inbox (event_id, received_at) VALUES ('a', '2026-01-01'), ('a', '2026-01-01')"
    refused = await catch(execute(database, duplicate))
    missing = await catch(execute(database, "SELECT * FROM nowhere"))
    assert isinstance(refused, IntegrityError)
    assert isinstance(missing, OperationalError | ProgrammingError)
    assert not is_outage(refused)
    assert not is_outage(missing)
    assert not is_outage(ValueError("no"))


async def test_a_value_that_the_column_cannot_take_is_no_outage(database: Database) -> None:
    assert not is_outage(await catch(write(database, 2**70)))


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.TooManyConnectionsError("full"),
        TimeoutError(),
        ConnectionResetError(),
    ],
)
def test_what_drivers_and_network_raise_bare_is_an_outage(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.req("R-ALIAS-6")
async def test_errors_do_not_quote_what_was_to_be_stored(database: Database) -> None:
    async def claim_twice() -> None:
        row = "INSERT INTO inbox (event_id, received_at) VALUES (:id, '2026-01-01')"
        async with database.transaction() as session:
            for _ in range(2):
                await (await session.connection()).execute(text(row), {"id": "anna of example street"})

    error = await catch(claim_twice())
    assert isinstance(error, IntegrityError)
    assert "anna" not in redact_text(str(error))


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("sqlite:///var/x.db", "sqlite+aiosqlite:///var/x.db"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+psycopg://h/d", "postgresql+asyncpg://h/d"),
    ],
)
def test_urls_get_the_driver_we_use(url: str, normal: str) -> None:
    assert normalise_url(url) == normal


@pytest.mark.parametrize("url", ["", "mysql://h/d", "sqlite", "postgresql:h"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(MisconfiguredError, match="sqlite:/// or postgresql://"):
        normalise_url(url)
