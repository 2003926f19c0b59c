"""The policy commands, run as an operator runs them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.policy.commands import app

pytestmark = pytest.mark.req("R-POLICY-2")
_GOOD = {"id": 1, "direction": "seller_to_buyer", "kind": "reply", "text": "The blue one."}


def test_check_writes_decisions_and_a_summary(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text(json.dumps(_GOOD) + "\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["decision"] == "approved"
    assert "1 judged, 0 rejected" in result.stderr


def test_check_reads_standard_input_and_reports_bad_lines() -> None:
    result = CliRunner().invoke(app, ["check", "-"], input=json.dumps(_GOOD) + "\nnonsense\n")
    assert result.exit_code == 1
    assert [json.loads(line).get("error") for line in result.stdout.splitlines()] == [None, "the line is no JSON"]


@pytest.mark.parametrize("arguments", [["missing.jsonl"], ["-", "--rules", "missing"]])
def test_check_says_when_it_cannot_begin(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("id = 1", encoding="utf-8")
    replaced = [str(tmp_path) if argument == "missing" else argument for argument in arguments]
    result = CliRunner().invoke(app, ["check", *replaced], input="")
    assert result.exit_code == 2
    assert result.stderr
