"""The migrations make the tables that the code expects, on both databases."""

from services.gateway.app import MIGRATIONS
from services.gateway.models import Base
from shared import migrations
from shared.db import Database


async def test_migrated_tables_are_the_models_tables(any_url: str) -> None:
    database = Database(any_url, service="gateway")
    await migrations.upgrade(database, MIGRATIONS)
    assert await migrations.is_current(database, MIGRATIONS)
    assert await migrations.find_differences(database, Base.metadata) == []
    await database.close()
