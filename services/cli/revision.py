"""`make revision`: writes what a service's models have that its migrations lack, for a developer to read and commit."""

import asyncio
import sys
import tempfile

from services.cli.installation import load_service
from shared import migrations
from shared.db import Database


async def write_revision(service_name: str, message: str) -> str:
    """Write a revision for the service; returns what was done. Raises `KeyError` for no service of ours."""
    service = load_service(service_name)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/migrated.db", service=service_name)
        try:
            await migrations.upgrade(database, service.migrations)
            if not await migrations.find_differences(database, service.metadata):
                return f"{service_name}: the migrations say all that the models say; nothing written"
            await migrations.write_revision(database, service.migrations, message)
        finally:
            await database.close()
    return f"{service_name}: see {service.migrations / 'versions'}"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(write_revision(sys.argv[1], " ".join(sys.argv[2:]) or "change")) + "\n")
