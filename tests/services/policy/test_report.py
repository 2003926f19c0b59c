import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.policy.labelled.messages import Labelled
from tests.services.policy.measurement import Outcome, blocked_clean, count, touched_clean
from tests.services.policy.report import main, render, render_misses

pytestmark = pytest.mark.req("R-POLICY-2")

PROMOTION, SPAM, THANKS = "content.promotion", "content.spam", "content.thanks_only"


def outcome(name: str, expect: set[str], found: set[str], *, blocked: bool = False) -> Outcome:
    message = Labelled(
        id=name,
        lang="it",
        direction="seller_to_buyer",
        kind="reply",
        reason=None,
        subject="Re: cesto",
        text="Il cesto è alto\n40 cm.",
        html=None,
        presale=False,
        expect=frozenset(expect),
    )
    return Outcome(message, frozenset(found), blocked, 0.0005)


OUTCOMES = [
    outcome("right", {PROMOTION}, {PROMOTION}, blocked=True),
    outcome("missed", {PROMOTION}, set()),
    outcome("blocked", set(), {PROMOTION}, blocked=True),
    outcome("flagged", set(), {SPAM}),
    outcome("passed", set(), set()),
]


def test_recall_and_precision_are_shares_of_what_was_expected_and_found() -> None:
    counts = count(OUTCOMES, PROMOTION)
    assert (counts.expected, counts.found, counts.right) == (2, 2, 1)
    assert (counts.recall, counts.precision) == (0.5, 0.5)
    assert count(OUTCOMES).precision == pytest.approx(1 / 3)


def test_a_rule_never_expected_nor_found_has_no_shares() -> None:
    counts = count(OUTCOMES, THANKS)
    assert (counts.recall, counts.precision) == (None, None)


def test_clean_messages_blocked_and_touched_are_counted_apart() -> None:
    assert blocked_clean(OUTCOMES) == (1, 3)
    assert touched_clean(OUTCOMES) == 1


def test_the_report_has_a_row_for_each_language_and_rule() -> None:
    report = render({"dev": OUTCOMES}, "abc123")
    assert "Rule set `abc123`" in report
    assert "| it | 5 | 3 | 50.0 % | 33.3 % | 1 (33.3 %) | 1 |" in report
    assert "| de | 0 | 0 | - | - | 0 (-) | 0 |" in report
    assert "| `content.promotion` | 2 | 2 | 50.0 % | 50.0 % | 50.0 % / 50.0 % | - / -" in report


def test_misses_name_what_is_missing_and_what_is_too_much() -> None:
    lines = render_misses(OUTCOMES).splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "missed [seller_to_buyer, reply, None] -content.promotion",
        "blocked [seller_to_buyer, reply, None] +content.promotion",
        "flagged [seller_to_buyer, reply, None] +content.spam",
    ]
    assert lines[1] == "    Re: cesto | Il cesto è alto 40 cm. "


@pytest.mark.parametrize("part", ["heldout", "all"])
def test_held_out_messages_are_never_shown(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--part", part, "--show-misses"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "dev only" in shown.err


def test_the_report_is_written_by_the_command(tmp_path: Path) -> None:
    target = tmp_path / "docs" / "report.md"
    command = [sys.executable, "-m", "tests.services.policy.report", "--part", "heldout", "--write", str(target)]
    subprocess.run(command, check=True, timeout=100, cwd=Path(__file__).parents[3])
    assert target.read_text("utf-8").startswith("# How well the gate judges\n")
