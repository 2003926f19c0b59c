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
    assert await goes_by_index(database, f"address = '{thread_id}'")
    assert await goes_by_index(database, f"thread_id = '{thread_id.hex if database.is_sqlite else thread_id}'")


async def goes_by_index(database: Database, condition: str) -> bool:
    """Tell whether aliases are found by `condition` without reading the whole table."""
    query = f"SELECT address FROM aliases WHERE {condition}"  # noqa: S608 - the test's own words
    async with database.reading() as session:
        connection = await session.connection()
        if database.is_sqlite:
            plan = str((await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")).all())
            return "SEARCH" in plan
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = str((await connection.exec_driver_sql(f"EXPLAIN {query}")).all())
        return "Index" in plan
