import contextlib

from sqlalchemy import insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import Database
from shared.writing import write_last, write_now
from tests.shared.notes import Base, Note, list_numbers

NOTES = Base.metadata.tables["notes"]
INSERT = insert(NOTES)
RENAME = update(NOTES).values(thread="late")


def row(number: int) -> dict[str, object]:
    return {"thread": "a", "number": number}


async def count(session: AsyncSession) -> int:
    return len((await (await session.connection()).execute(select(NOTES.c.id))).all())


async def test_rows_are_written_with_the_commit_in_order(database: Database) -> None:
    async with database.transaction() as session:
        write_last(session, INSERT, row(1), row(2))
        write_last(session, INSERT, row(3))
        assert await count(session) == 0
    assert await list_numbers(database) == [1, 2, 3]


async def test_they_come_after_what_the_session_holds(database: Database) -> None:
    async with database.transaction() as session:
        write_last(session, RENAME, {})
        session.add(Note(thread="a", number=1))
    async with database.reading() as session:
        assert (await (await session.connection()).execute(select(NOTES.c.thread))).scalars().all() == ["late"]


async def test_a_transaction_that_fails_writes_nothing(database: Database) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with database.transaction() as session:
            write_last(session, INSERT, row(1))
            _ = 1 / 0
    assert await list_numbers(database) == []


async def test_a_savepoint_that_fails_takes_only_its_own_rows_with_it(database: Database) -> None:
    async with database.transaction() as session:
        write_last(session, INSERT, row(1))
        with contextlib.suppress(ZeroDivisionError):
            async with session.begin_nested():
                write_last(session, INSERT, row(2))
                _ = 1 / 0
        async with session.begin_nested():
            write_last(session, INSERT, row(3))
    assert await list_numbers(database) == [1, 3]


async def test_what_is_written_now_is_seen_and_written_once(database: Database) -> None:
    async with database.transaction() as session:
        write_last(session, INSERT, row(1))
        await write_now(session)
        assert await count(session) == 1
        write_last(session, INSERT, row(2))
    assert await list_numbers(database) == [1, 2]


async def test_writing_now_within_a_savepoint_leaves_what_was_pending_before_it(database: Database) -> None:
    async with database.transaction() as session:
        write_last(session, INSERT, row(1))
        with contextlib.suppress(ZeroDivisionError):
            async with session.begin_nested():
                write_last(session, INSERT, row(2))
                await write_now(session)
                assert await count(session) == 1
                _ = 1 / 0
    assert await list_numbers(database) == [1]
