"""The first operator's token: given, or made once and kept."""

from pathlib import Path

import pytest

from services.gateway.settings import Settings
from shared.settings import load_local_keys


def test_a_given_token_is_taken(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "operator_token": "trm_0123456789012345678901"})
    assert settings.operator_secret() == "trm_0123456789012345678901"
    assert list(tmp_path.iterdir()) == []


def test_a_short_token_is_refused_without_being_shown(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "operator_token": "guess-me"})
    with pytest.raises(ValueError, match="TRAMITE_OPERATOR_TOKEN") as caught:
        settings.operator_secret()
    assert "guess-me" not in str(caught.value)


def test_a_token_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path})
    first = settings.operator_secret()
    assert first.startswith("trm_")
    assert settings.operator_secret() == first == load_local_keys(tmp_path)["operator_token"]


def test_an_older_key_file_gets_a_token_and_keeps_its_keys(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"master_keys": "k1:x", "lookup_key": "y", "service_token": "z"}')
    token = Settings.model_validate({"data_dir": tmp_path}).operator_secret()
    keys = load_local_keys(tmp_path)
    assert keys == {"master_keys": "k1:x", "lookup_key": "y", "service_token": "z", "operator_token": token}
