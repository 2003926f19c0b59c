import re
from pathlib import Path

import pytest

from services.cli.installation import NAMES, load_settings
from services.cli.settings import list_settings, render_settings
from tests.services.cli.command import Command

ROOT = Path(__file__).parents[3]


def test_every_variable_is_listed_with_default_and_description(tramite: Command) -> None:
    said = tramite("settings").out
    assert said == render_settings() + "\n"
    for row in list_settings():
        assert re.search(rf"^{row.variable}\s+{re.escape(row.default or '(empty)')}\s", said, re.MULTILINE)
        assert row.description


def test_a_variable_belongs_to_one_owner() -> None:
    variables = [row.variable for row in list_settings()]
    assert len(variables) == len(set(variables)) > 30
    assert all(re.fullmatch(r"TRAMITE_[A-Z0-9_]+", variable) for variable in variables)
    assert {row.owner for row in list_settings()} == {"shared", *NAMES}


def test_services_that_heed_the_same_variable_agree_on_its_default() -> None:
    defaults: dict[str, set[str]] = {}
    for name in NAMES:
        for field in load_settings(name).model_fields.values():
            if field.validation_alias:
                defaults.setdefault(str(field.validation_alias), set()).add(
                    repr(field.get_default(call_default_factory=True))
                )
    assert {variable: found for variable, found in defaults.items() if len(found) > 1} == {}


def test_every_service_can_say_where_its_database_and_its_door_are() -> None:
    fields = {name: load_settings(name).model_fields for name in NAMES}
    for name, own in fields.items():
        assert own["database_url"].default == f"sqlite:///var/{name}.db"
        assert own["database_url"].validation_alias == f"TRAMITE_{name.upper()}_DATABASE_URL"
    assert sorted(own["port"].default for own in fields.values()) == [8000, 8001, 8002, 8003, 8004]


@pytest.mark.parametrize(
    ("told", "expected"), [("9999", {9999}), ("0", {8000, 8002, 8003, 8004}), ("any", {8000, 8002, 8003, 8004})]
)
def test_services_on_one_machine_find_each_other_wherever_they_listen(
    monkeypatch: pytest.MonkeyPatch, told: str, expected: set[int]
) -> None:
    for name in ("METRICS", "POLICY", "delivery", "GATEWAY"):
        monkeypatch.setenv(f"TRAMITE_{name}_PORT", told)
        monkeypatch.delenv(f"TRAMITE_{name}_URL", raising=False)
    gateway, delivery = (load_settings(name).model_fields for name in ("gateway", "delivery"))
    urls = [gateway[f"{name}_url"] for name in ("metrics", "policy", "delivery", "public")] + [delivery["url"]]
    assert {url.get_default(call_default_factory=True) for url in urls} == {
        f"http://127.0.0.1:{port}" for port in expected
    }


def test_secrets_have_no_default() -> None:
    secret = [row for row in list_settings() if row.variable.endswith(("_KEYS", "_KEY", "_TOKEN"))]
    assert len(secret) >= 3
    assert {row.default for row in secret} == {""}


def test_a_table_says_whose_a_setting_is() -> None:
    headings = [line.removeprefix("# ") for line in render_settings().splitlines() if line.startswith("# ")]
    assert headings == ["shared", *NAMES]
