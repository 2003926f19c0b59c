import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import OperationalError

from services.cli.failure import describe_outage, describe_settings
from tests.services.cli.command import Command


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TRAMITE_BUS_PARTITIONS", "many-secrets", "settings: TRAMITE_BUS_PARTITIONS: Input should be a valid integer"),
        ("TRAMITE_ALIAS_PORT", "70000", "settings: TRAMITE_ALIAS_PORT: Input should be less than or equal to 65535"),
        ("TRAMITE_ALIAS_DATABASE_URL", "mysql://u:secrets@db", "settings: a database URL begins with"),
    ],
)
def test_a_setting_that_cannot_be_used_gives_one_sentence_and_exit_code_2(
    tramite: Command, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    for arguments in (["migrate", "alias"], ["dead", "list", "alias"], ["run", "alias"]):
        outcome = tramite(*arguments)
        assert outcome.code == 2
        assert outcome.err.startswith(said)
        assert outcome.err.count("\n") == 1
        assert "secrets" not in outcome.err


def test_a_database_that_is_away_gives_one_sentence_and_exit_code_1(
    tramite: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAMITE_ALIAS_DATABASE_URL", "postgresql://tramite:secrets@127.0.0.1:1/alias")
    outcome = tramite("migrate", "alias")
    assert outcome.code == 1
    assert outcome.err.startswith("not reachable now: ConnectionRefusedError: ")
    assert outcome.err.count("\n") == 1
    assert "secrets" not in outcome.err


def test_what_is_not_about_settings_is_not_called_so() -> None:
    class Answer(BaseModel):
        number: int

    with pytest.raises(ValidationError) as raised:
        Answer.model_validate({"number": "x"})
    assert describe_settings(raised.value) is None


def test_an_outage_is_said_in_one_line() -> None:
    error = OperationalError("SELECT 1", {}, Exception("server closed the connection\nunexpectedly"))
    assert describe_outage(error) == "OperationalError: server closed the connection"
