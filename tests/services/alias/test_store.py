from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.alias import store
from shared.contracts.vocabulary import Role
from shared.db import Database

NOW = datetime.now(UTC)
ONE, TWO = UUID(int=1), UUID(int=2)


async def insert(database: Database, address: str, thread_id: UUID, role: Role) -> bool:
    async with database.transaction() as session:
        return await store.insert_aliases(session, {role: address}, thread_id, NOW) == {role}


@pytest.mark.req("R-ALIAS-4")
async def test_neither_an_address_nor_a_partys_place_is_given_twice(database: Database) -> None:
    assert await insert(database, "a@d", ONE, Role.BUYER)
    assert not await insert(database, "a@d", TWO, Role.BUYER)
    assert not await insert(database, "b@d", ONE, Role.BUYER)
    assert await insert(database, "b@d", ONE, Role.SELLER)
    async with database.reading() as session:
        assert await store.map_aliases(session, ONE) == {Role.BUYER: "a@d", Role.SELLER: "b@d"}
        assert await store.map_aliases(session, TWO) == {}


async def test_a_party_that_nobody_told_of_is_not_there(database: Database) -> None:
    async with database.reading() as session:
        assert await store.get_party(session, Role.BUYER, "b1") is None


@pytest.mark.req("R-ALIAS-4")
async def test_aliases_are_found_by_index_however_many_there_are(database: Database) -> None:
    thread_id = UUID(int=1)
    found_by = "SEARCH" if database.is_sqlite else "Index"
    assert found_by in await plan_of(database, f"address = '{thread_id}'")
    assert found_by in await plan_of(database, f"thread_id = '{thread_id.hex if database.is_sqlite else thread_id}'")


async def plan_of(database: Database, condition: str) -> str:
    """Return how the database would find aliases by `condition`, if it has to read the whole table only in need."""
    query = f"SELECT address FROM aliases WHERE {condition}"  # noqa: S608 - the test's own words
    # A setting for one transaction needs one; an empty table that was analysed is otherwise read as a whole.
    async with database.transaction() as session:
        connection = await session.connection()
        if database.is_sqlite:
            return str((await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")).all())
        await connection.exec_driver_sql("ANALYZE aliases")
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return str((await connection.exec_driver_sql(f"EXPLAIN {query}")).all())
