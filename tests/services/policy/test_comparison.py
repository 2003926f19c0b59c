import shutil
from pathlib import Path

import pytest

from services.policy.comparison import compare_rules, write_comparison
from services.policy.gate.rule import RuleError
from services.policy.gate.ruleset import PACKAGED

pytestmark = pytest.mark.req("R-POLICY-9")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKAGED, tmp_path / "rules"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_rule_set_is_the_same_as_itself(other: Path) -> None:
    comparison = compare_rules(PACKAGED, other)
    assert comparison.same
    assert list(write_comparison(comparison)) == []


def test_the_order_of_words_and_files_says_nothing(other: Path) -> None:
    replace(other / "contact_opt_out.toml", '"important", "importante"', '"importante", "important"')
    (other / "contact_window.toml").rename(other / "zz.toml")
    assert compare_rules(PACKAGED, other).same


def test_it_names_what_was_added_removed_and_changed(other: Path) -> None:
    (other / "mail_auto_reply.toml").unlink()
    window = (other / "contact_window.toml").read_text().replace('id = "contact.window"', 'id = "contact.new"')
    (other / "new.toml").write_text(window)
    replace(other / "contact_window.toml", "days = 30", "days = 20")
    replace(other / "contact_opt_out.toml", '"belangrijk"', '"kritisch"')
    assert list(write_comparison(compare_rules(PACKAGED, other))) == [
        "+ contact.new",
        "- mail.auto_reply",
        "~ contact.opt_out",
        "    detectors[0].tags: +kritisch, -belangrijk",
        "~ contact.window",
        "    detectors[0].days: 30 → 20",
    ]


@pytest.mark.parametrize("text", ["id = ", 'title = "without an id"', "\ud800"])
def test_a_file_that_is_no_rule_is_named(other: Path, text: str) -> None:
    (other / "broken.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RuleError, match=r"broken\.toml"):
        compare_rules(PACKAGED, other)


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no rule files"):
        compare_rules(PACKAGED, tmp_path)
