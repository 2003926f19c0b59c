"""Many writers at once, on PostgreSQL: the small form of `make bench-aliases`."""

import pytest

from shared.db import Database
from tests.benchmarks.aliases import make_aliases, open_database
from tests.infrastructure.postgres import PostgresServer


@pytest.mark.req("R-ALIAS-1", "R-ALIAS-2", "R-ALIAS-4")
@pytest.mark.postgres
async def test_fifty_writers_make_no_alias_twice(postgres: PostgresServer) -> None:
    database: Database = await open_database(postgres, "alias", 50)
    try:
        made = await make_aliases(database, aliases=2000, writers=50)
    finally:
        await database.close()
    assert (made.rows, made.addresses, made.places, made.whole) == (2000, 2000, 2000, 2000)
    assert (made.threads, made.dead) == (1000, 0)
