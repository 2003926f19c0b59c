import importlib.util
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from services.gateway.settings import Settings
from shared.crypto import KeyRing
from tests.deploy import compose
from tests.deploy.compose import ROOT

SCRIPT = ROOT / "deploy/env/write_env.py"


def write(place: Path) -> subprocess.CompletedProcess[str]:
    # As on a machine that has Python and nothing of ours.
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    place = tmp_path / "new.env"
    done = write(place)
    assert done.returncode == 0, done.stderr
    return place


def test_file_is_all_that_the_compose_file_asks_for(written: Path) -> None:
    compose.load(compose.read_env_file(written))


def test_file_is_its_owner_s_only(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_secrets_are_new_each_time_and_never_two_the_same(written: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "other.env").returncode == 0
    one, other = (list(compose.read_env_file(path).values()) for path in (written, tmp_path / "other.env"))
    assert len(set(one + other)) == len(one) + len(other)


def test_keys_are_usable(written: Path) -> None:
    values = compose.read_env_file(written)
    ring = KeyRing.parse(values["TRAMITE_MASTER_KEYS"], values["TRAMITE_LOOKUP_KEY"])
    assert ring.open(ring.seal(b"text", "test"), "test") == b"text"
    settings = Settings(operator_token=values["TRAMITE_OPERATOR_TOKEN"])
    assert settings.operator_secret() == values["TRAMITE_OPERATOR_TOKEN"]


def test_passwords_mean_the_same_in_an_address(written: Path) -> None:
    for name, value in compose.read_env_file(written).items():
        if name.endswith("PASSWORD"):
            assert value.isalnum()
            assert len(value) >= 32


def test_file_that_exists_stays_as_it_is(written: Path) -> None:
    before = written.read_bytes()
    done = write(written)
    assert done.returncode != 0
    assert "exists and stays as it is" in done.stderr
    assert written.read_bytes() == before


def test_what_is_set_on_the_page_is_kept() -> None:
    spec = importlib.util.spec_from_file_location("write_env", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    filled = module.fill("# A=\nTRAMITE_LOG_LEVEL=DEBUG\n\nB=\n")
    assert filled.startswith("# A=\nTRAMITE_LOG_LEVEL=DEBUG\n\nB=")
    assert len(filled.splitlines()[-1]) > 32
