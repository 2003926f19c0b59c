import os
from pathlib import Path

import pytest

from tests.services.cli.command import Command


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation's folder, not there yet; nothing else of the environment is heeded."""
    for name in os.environ:
        if name.startswith("TRAMITE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TRAMITE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def tramite(data_dir: Path) -> Command:
    """The `tramite` command in an empty installation."""
    assert not data_dir.exists()
    return Command()
