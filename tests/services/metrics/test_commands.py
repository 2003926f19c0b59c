from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.metrics.commands import app


@pytest.mark.req("R-METRICS-4")
def test_rebuilding_says_how_many_threads_there_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio  # noqa: PLC0415 - the command brings its own loop

    from services.metrics.app import MIGRATIONS  # noqa: PLC0415 - see above
    from shared import migrations  # noqa: PLC0415 - see above
    from shared.db import Database  # noqa: PLC0415 - see above

    async def migrate() -> None:
        database = Database(f"sqlite:///{tmp_path}/metrics.db", service="metrics")
        await migrations.upgrade(database, MIGRATIONS)
        await database.close()

    asyncio.run(migrate())
    monkeypatch.setenv("TRAMITE_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(app, ["rebuild"])
    assert (result.exit_code, result.output) == (0, "0 threads\n")
