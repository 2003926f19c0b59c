"""The command that makes tokens without the API."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.gateway.commands import app
from tests.services.gateway.conftest import Settled
from tests.services.gateway.world import SELLER


def invoke(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setenv("TRAMITE_GATEWAY_DATABASE_URL", f"sqlite:///{folder}/gateway.db")
    result = CliRunner().invoke(app, ["create", *arguments])
    return result.exit_code, result.output.strip()


def test_it_prints_a_secret(settled: Settled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "gateway.db").write_bytes(settled.path.read_bytes())
    code, output = invoke(tmp_path, monkeypatch, "--role", "seller", "--subject", SELLER)
    assert code == 0
    assert output.startswith("trm_")
    assert output.encode() not in (tmp_path / "gateway.db").read_bytes()


def test_a_party_that_is_not_recorded_gets_none(
    settled: Settled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gateway.db").write_bytes(settled.path.read_bytes())
    code, output = invoke(tmp_path, monkeypatch, "--role", "seller", "--subject", "nobody")
    assert (code, "subject" in output) == (1, True)
