"""The list of all settings, read from the settings classes themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from services.cli.installation import NAMES, load_settings
from shared.settings import SharedSettings


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One environment variable."""

    variable: str
    default: str
    description: str
    owner: str


def list_settings() -> Iterator[SettingRow]:
    """Give every setting once: the shared ones first, then each service's own, by the first that heeds it."""
    listed: set[str] = set()
    for owner, fields in _list_fields():
        for name, field in fields.items():
            variable = str(field.validation_alias or f"TRAMITE_{name.upper()}")
            if variable not in listed:
                listed.add(variable)
                yield _describe(variable, field, owner)


def _list_fields() -> Iterator[tuple[str, dict[str, FieldInfo]]]:
    yield "shared", SharedSettings.model_fields
    for service in NAMES:
        yield service, load_settings(service).model_fields


def render_settings() -> str:
    """Return the settings as a table for the terminal."""
    rows = list(list_settings())
    width = max(len(row.variable) for row in rows)
    lines = []
    owner = ""
    for row in rows:
        if row.owner != owner:
            owner = row.owner
            lines.append(f"\n# {owner}")
        lines.append(f"{row.variable:{width}}  {row.default or '(empty)':32} {row.description}")
    return "\n".join(lines).strip()


def _describe(variable: str, field: FieldInfo, owner: str) -> SettingRow:
    default = field.get_default(call_default_factory=True)
    shown = default.get_secret_value() if isinstance(default, SecretStr) else "" if default is None else str(default)
    return SettingRow(variable, shown, field.description or "", owner)
