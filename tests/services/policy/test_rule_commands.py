"""The commands about rule sets, as an operator types them."""

import re
import shutil
from asyncio import to_thread
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.policy.commands import app
from services.policy.gate.ruleset import PACKAGED
from tests.services.migrated import open_migrated
from tests.services.policy.world import World, message

pytestmark = pytest.mark.req("R-POLICY-9")
COUPON = "Con il coupon SCONTO10 avrà il 10% di sconto sul prossimo acquisto!"


@pytest.fixture
def softer(tmp_path: Path) -> Path:
    """The shipped rules with promotion flagged only."""
    folder = Path(shutil.copytree(PACKAGED, tmp_path / "softer"))
    path = folder / "content_promotion.toml"
    path.write_text(re.sub(r'(?m)^is = "block"', 'is = "flag"', path.read_text()))
    return folder


def test_rules_are_printed_as_markdown(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["rules", "--language", "de"])
    assert printed.exit_code == 0
    assert "## `content.promotion`" in printed.stdout
    (tmp_path / "broken.toml").write_text("id = 7")
    failed = CliRunner().invoke(app, ["rules", "--rules", str(tmp_path)])
    assert failed.exit_code == 2
    assert "broken.toml" in failed.stderr


def test_diff_compares_with_the_shipped_rules_or_with_each_other(softer: Path) -> None:
    found = CliRunner().invoke(app, ["diff", str(softer)])
    assert found.exit_code == 1
    assert "~ content.promotion" in found.stdout
    assert "block → flag" in found.stdout
    backwards = CliRunner().invoke(app, ["diff", str(softer), str(PACKAGED)])
    assert "flag → block" in backwards.stdout
    assert CliRunner().invoke(app, ["diff", str(PACKAGED)]).exit_code == 0
    failed = CliRunner().invoke(app, ["diff", str(softer / "nowhere")])
    assert (failed.exit_code, "no rule files" in failed.stderr) == (2, True)


async def test_replay_prints_flips_with_examples(tmp_path: Path, softer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_migrated("policy", None, tmp_path) as database:
        world = World(database, tmp_path)
        await world.introduce()
        facts = message()
        await world.judge(facts, COUPON)
        monkeypatch.setenv("TRAMITE_POLICY_DATABASE_URL", database.url)
        monkeypatch.setenv("TRAMITE_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("TRAMITE_MASTER_KEYS", world.settings.master_keys.get_secret_value())
        monkeypatch.setenv("TRAMITE_LOOKUP_KEY", world.settings.lookup_key.get_secret_value())
        arguments = ["replay", "--since", "2020-01-01", "--rules", str(softer)]
        replayed = await to_thread(CliRunner().invoke, app, arguments)
    assert replayed.exit_code == 0, replayed.output
    assert "1 messages judged anew, 0 cannot be read any more, 1 verdicts change" in replayed.stdout
    assert f"rejected, would be approved: {facts.message_id}" in replayed.stdout
    assert "1 messages" in replayed.stderr


def test_replay_says_why_it_cannot(tmp_path: Path, softer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAMITE_DATA_DIR", str(tmp_path / "empty"))
    failed = CliRunner().invoke(app, ["replay", "--since", "2020-01-01", "--rules", str(softer)])
    assert failed.exit_code == 2
    assert "TRAMITE_POLICY_DATABASE_URL" in failed.stderr
    assert "Traceback" not in failed.output
