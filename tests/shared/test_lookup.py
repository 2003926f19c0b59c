from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import Database
from shared.lookup import Lookup, find_rows, pad
from tests.shared.notes import Note


class Squares:
    """Answers for even numbers, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[set[int]] = []

    async def ask(self, _session: AsyncSession, keys: Collection[int]) -> dict[int, int]:
        self.asked.append(set(keys))
        return {key: key * key for key in keys if key % 2 == 0}


async def test_what_was_prepared_is_not_asked_again(database: Database) -> None:
    squares = Squares()
    lookup = Lookup(squares.ask)
    async with database.reading() as session:
        await lookup.prepare(session, [2, 4, 2])
        await lookup.prepare(session, [4, 6])
        assert [await lookup.get(session, key) for key in (2, 4, 6)] == [4, 16, 36]
    assert squares.asked == [{2, 4}, {6}]


async def test_what_was_not_prepared_is_asked_each_time(database: Database) -> None:
    squares = Squares()
    lookup = Lookup(squares.ask)
    async with database.reading() as session:
        assert [await lookup.get(session, 2), await lookup.get(session, 2)] == [4, 4]
    assert squares.asked == [{2}, {2}]


async def test_each_session_has_its_own_memory(database: Database) -> None:
    squares = Squares()
    lookup = Lookup(squares.ask)
    for _ in range(2):
        async with database.reading() as session:
            await lookup.prepare(session, [2])
    assert squares.asked == [{2}, {2}]


@pytest.mark.parametrize(("absent", "asked"), [(True, [{3}]), (False, [{3}, {3}])])
async def test_that_there_is_no_answer_is_remembered_if_wanted(
    database: Database, *, absent: bool, asked: list[set[int]]
) -> None:
    squares = Squares()
    lookup = Lookup(squares.ask, absent=absent)
    async with database.reading() as session:
        await lookup.prepare(session, [3])
        assert await lookup.get(session, 3) is None
    assert squares.asked == asked


async def test_what_is_forgotten_is_asked_again(database: Database) -> None:
    squares = Squares()
    lookup = Lookup(squares.ask, absent=True)
    async with database.reading() as session:
        await lookup.prepare(session, [2, 3])
        lookup.forget(session, 2)
        lookup.forget(session, 5)
        assert await lookup.get(session, 2) == 4
        assert await lookup.get(session, 3) is None
    assert squares.asked == [{2, 3}, {2}]


async def test_an_answer_that_changed_is_learned_only_where_it_was_asked_for(database: Database) -> None:
    squares = Squares()
    lookup = Lookup(squares.ask, absent=True)
    async with database.reading() as session:
        await lookup.prepare(session, [2, 3])
        lookup.learn(session, 2, lambda known: (known or 0) + 1)
        lookup.learn(session, 3, lambda known: -1 if known is None else known)
        lookup.learn(session, 4, lambda _known: 0)
        assert [await lookup.get(session, key) for key in (2, 3, 4)] == [5, -1, 16]
    assert squares.asked == [{2, 3}, {4}]


async def test_many_keys_are_asked_for_in_pieces(database: Database) -> None:
    squares = Squares()
    async with database.reading() as session:
        await Lookup(squares.ask).prepare(session, range(1201))
    assert sorted(len(keys) for keys in squares.asked) == [201, 500, 500]


@pytest.mark.parametrize("locked", [True, False])
async def test_rows_are_found_by_primary_key(database: Database, *, locked: bool) -> None:
    async with database.transaction() as session:
        session.add_all([Note(id=number, thread="a", number=number * 10) for number in (1, 2, 3)])
    lookup: Lookup[int, Note] = Lookup(find_rows(Note, locked=locked))
    async with database.transaction() as session:
        await lookup.prepare(session, [3, 1, 7])
        first, third = await lookup.get(session, 1), await lookup.get(session, 3)
        assert first is not None
        assert third is not None
        assert (first.number, third.number) == (10, 30)
        assert await lookup.get(session, 7) is None
        assert await lookup.get(session, 1) is first


async def test_a_locked_row_is_read_as_it_is_now(database: Database) -> None:
    async with database.transaction() as session:
        session.add(Note(id=1, thread="a", number=1))
    async with database.reading() as session:
        seen = await session.get(Note, 1)
        await session.rollback()
        async with database.transaction() as other:
            changed = await other.get(Note, 1)
            assert changed is not None
            changed.number = 2
        found = await Lookup(find_rows(Note, locked=True)).get(session, 1)
    assert found is seen
    assert found is not None
    assert found.number == 2


async def test_all_that_is_in_memory_can_be_listed(database: Database) -> None:
    lookup = Lookup(Squares().ask, absent=True)
    async with database.transaction() as session:
        assert lookup.list_known(session) == []
        await lookup.prepare(session, [2, 4, 7])
        assert sorted(lookup.list_known(session)) == [4, 16]


async def test_what_a_savepoint_brought_is_forgotten_with_it(database: Database) -> None:
    squares = Squares()
    lookup = Lookup(squares.ask)
    async with database.transaction() as session:
        savepoint = await session.begin_nested()
        await lookup.prepare(session, [2])
        await savepoint.rollback()
        assert await lookup.get(session, 2) == 4
    assert squares.asked == [{2}, {2}]


@given(st.lists(st.integers(), max_size=600))
def test_padded_keys_are_the_same_keys_in_few_different_numbers(keys: list[int]) -> None:
    padded = pad(keys)
    assert list(padded[: len(keys)]) == keys
    assert set(padded) == set(keys)
    assert len(padded) in {0, *(1 << power for power in range(11))}
    assert len(padded) < 2 * max(1, len(keys))
