import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.process import KeptProcess
from tests.infrastructure.waiting import until
from tests.journeys.installation import all_in_one

TRAMITE = str(Path(sys.executable).with_name("tramite"))
LAST_LINE = "Ctrl-C stops everything"


class Demo:
    """`tramite run all --demo` in a folder of its own, on ports of its own; otherwise as `make run` starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        member = all_in_one(folder).members[0]
        environment = {**member.environment, "TRAMITE_DATA_DIR": "var"}
        for name in list(environment):
            if name.endswith("_DATABASE_URL"):
                del environment[name]
        self._argv = ["env", *(f"{name}={value}" for name, value in environment.items()), TRAMITE]
        self._process: KeptProcess | None = None

    async def start(self) -> str:
        """Start, and wait until it says where everything is; returns what the terminal shows."""
        shown = self.folder / "server.log"
        before = len(shown.read_text()) if shown.exists() else 0
        self._process = KeptProcess([*self._argv, "run", "all", "--demo"], folder=self.folder)

        def read() -> str:
            text = shown.read_text()[before:] if shown.exists() else ""
            return text if LAST_LINE in text or "stopped:" in text else ""

        return await until(read, "the demo to have been played", limit=90)

    async def stop(self) -> None:
        """Stop as Ctrl-C does."""
        if self._process is not None:
            await asyncio.to_thread(self._process.stop)

    def read_file(self) -> dict[str, Any]:
        """Return `demo.json`."""
        content: dict[str, Any] = json.loads((self.folder / "var" / "demo.json").read_text())
        return content


@pytest.fixture(scope="package")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Demo, str]]:
    """The demo, played once, and what the terminal showed."""
    running = Demo(tmp_path_factory.mktemp("demo"))
    shown = await running.start()
    yield running, shown
    await running.stop()
