import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from shared.crypto import KeyRingError, generate_key
from shared.misconfiguration import MisconfiguredError
from shared.settings import SharedSettings, load_local_keys


class ServiceSettings(SharedSettings):
    database_url: str = Field("sqlite:///var/notes.db", validation_alias="TRAMITE_NOTES_DATABASE_URL")


def test_defaults_need_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = ServiceSettings()
    assert settings.database_url == "sqlite:///var/notes.db"
    assert settings.blob_location() == f"file://{tmp_path}/var/blobs"
    assert settings.patience().attempts == 8


def test_local_files_follow_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRAMITE_DATA_DIR", str(tmp_path / "data"))
    settings = ServiceSettings()
    assert settings.database_url == f"sqlite:///{tmp_path}/data/notes.db"
    assert settings.blob_location() == f"file://{tmp_path}/data/blobs"
    monkeypatch.setenv("TRAMITE_NOTES_DATABASE_URL", "postgresql://db/notes")
    assert ServiceSettings().database_url == "postgresql://db/notes"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRAMITE_LOG_LEVEL", "LOUD"),
        ("TRAMITE_CONSUMER_BATCH", "0"),
        ("TRAMITE_DATABASE_POOL", "1"),
        ("TRAMITE_SHUTDOWN_SECONDS", "-1"),
    ],
)
def test_values_out_of_bounds_are_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError):
        SharedSettings()


@pytest.mark.req("R-PRIVACY-2")
def test_keys_are_made_once_and_are_for_their_owner_only(tmp_path: Path) -> None:
    settings = SharedSettings(data_dir=tmp_path / "data")
    box = settings.key_ring().seal_text("plain", "p")
    assert SharedSettings(data_dir=tmp_path / "data").key_ring().open_text(box, "p") == "plain"
    assert settings.internal_token() == SharedSettings(data_dir=tmp_path / "data").internal_token()
    assert stat.S_IMODE((tmp_path / "data" / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["keys.json"]


def test_keys_that_a_newer_version_wants_are_added_to_the_old_ones(tmp_path: Path) -> None:
    before = load_local_keys(tmp_path)
    old = {name: before[name] for name in ("master_keys", "lookup_key")}
    (tmp_path / "keys.json").write_text(json.dumps(old))
    after = load_local_keys(tmp_path)
    assert after.keys() == before.keys()
    assert {name: after[name] for name in old} == old
    assert after["service_token"] != before["service_token"]


def test_all_that_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_local_keys(tmp_path), range(24)))
    assert all(keys == found[0] for keys in found)


def test_broken_keys_are_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")
    with pytest.raises(MisconfiguredError, match=r"keys\.json is not JSON"):
        load_local_keys(tmp_path)
    assert (tmp_path / "keys.json").read_text() == "{"


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MisconfiguredError, match="TRAMITE_DATA_DIR"):
        load_local_keys(tmp_path / "file" / "data")


def test_given_keys_win_over_local_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRAMITE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRAMITE_MASTER_KEYS", f"given:{generate_key()}")
    monkeypatch.setenv("TRAMITE_SERVICE_TOKEN", "given")
    settings = SharedSettings()
    with pytest.raises(KeyRingError, match="lookup key"):
        settings.key_ring()
    monkeypatch.setenv("TRAMITE_LOOKUP_KEY", generate_key())
    assert SharedSettings().key_ring().active == "given"
    assert settings.internal_token() == "given"
    assert list(tmp_path.iterdir()) == []


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAMITE_MASTER_KEYS", "k1:verysecret")
    assert "verysecret" not in repr(SharedSettings())
