from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.standing.domain import (
    Ruling,
    Standing,
    Steps,
    Tally,
    assess,
    explain,
    find_window_start,
    list_violations,
)
from shared.contracts.facts import FindingFacts
from shared.contracts.vocabulary import Severity

pytestmark = pytest.mark.req("R-POLICY-7")

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STEPS = Steps(
    window=timedelta(days=30),
    templates_only=10,
    suspended=25,
    weights={"content.*": 1, "content.sensitive": 3, "content.attachment_size": 0},
    flag_share=0.25,
)
RULES = st.sampled_from(["content.promotion", "content.sensitive", "content.attachment_size", "contact.window"])
TALLIES = st.lists(st.builds(Tally, RULES, st.sampled_from(Severity), st.integers(0, 30)), max_size=8)
SEVERITY = list(Standing)


def finding(rule: str, severity: Severity) -> FindingFacts:
    return FindingFacts(rule=rule, severity=severity, field="text", start=0, end=1, message="", advice="")


@pytest.mark.parametrize(
    ("rule", "severity", "points"),
    [
        ("content.promotion", Severity.BLOCK, 1),
        ("content.promotion", Severity.FLAG, 0.25),
        ("content.promotion", Severity.FIX, 0),
        ("content.sensitive", Severity.BLOCK, 3),
        ("content.attachment_size", Severity.BLOCK, 0),
        ("contact.daily_limit", Severity.BLOCK, 0),
        ("standing.suspended", Severity.BLOCK, 0),
    ],
)
def test_what_a_violation_counts(rule: str, severity: Severity, points: float) -> None:
    assert STEPS.weigh(rule, severity) == points


@pytest.mark.parametrize(
    ("count", "standing"),
    [
        (0, Standing.GOOD),
        (9, Standing.GOOD),
        (10, Standing.TEMPLATES_ONLY),
        (24, Standing.TEMPLATES_ONLY),
        (25, Standing.SUSPENDED),
        (1000, Standing.SUSPENDED),
    ],
)
def test_each_step_begins_at_its_points(count: int, standing: Standing) -> None:
    found = assess([Tally("content.promotion", Severity.BLOCK, count)], None, STEPS, NOW)
    assert (found.standing, found.points, found.ruled) == (standing, count, False)


@given(TALLIES, TALLIES)
def test_more_violations_never_lead_to_a_better_standing(some: list[Tally], more: list[Tally]) -> None:
    before, after = assess(some, None, STEPS, NOW), assess(some + more, None, STEPS, NOW)
    assert SEVERITY.index(after.standing) >= SEVERITY.index(before.standing)
    assert after.points >= before.points


@given(TALLIES, st.sampled_from(Standing), st.none() | st.timedeltas(timedelta(days=-90), timedelta(days=90)))
def test_a_ruling_holds_whatever_the_points_say_until_it_ends(
    tallies: list[Tally], standing: Standing, left: timedelta | None
) -> None:
    counted = assess(tallies, None, STEPS, NOW)
    found = assess(tallies, Ruling(standing, NOW + left if left is not None else None), STEPS, NOW)
    holds = left is None or left > timedelta(0)
    assert found.ruled is holds
    assert found.standing is (standing if holds else counted.standing)
    assert found.points == counted.points


def test_a_message_violates_a_rule_once_at_its_hardest() -> None:
    found = [
        finding("content.promotion", Severity.FLAG),
        finding("content.promotion", Severity.BLOCK),
        finding("content.promotion", Severity.FLAG),
        finding("content.tracking_pixel", Severity.FIX),
        finding("contact.window", Severity.BLOCK),
        finding("content.attachment_unneeded", Severity.FLAG),
    ]
    assert list_violations(found, STEPS) == (
        ("content.promotion", Severity.BLOCK),
        ("content.attachment_unneeded", Severity.FLAG),
    )


@given(st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_nothing_before_the_window_or_forgiven_counts(forgiven_at: datetime | None) -> None:
    start = find_window_start(STEPS, forgiven_at, NOW)
    assert start >= NOW - timedelta(days=30)
    assert forgiven_at is None or start >= forgiven_at
    assert start in (NOW - timedelta(days=30), forgiven_at)


def test_the_cause_names_the_points_and_the_rules_that_weigh_most() -> None:
    tallies = [
        Tally("content.promotion", Severity.BLOCK, 8),
        Tally("content.sensitive", Severity.BLOCK, 3),
        Tally("content.spam", Severity.FLAG, 2),
        Tally("content.external_link", Severity.BLOCK, 1),
        Tally("contact.window", Severity.BLOCK, 40),
    ]
    cause = explain(assess(tallies, None, STEPS, NOW), tallies, STEPS)
    assert cause == (
        "18.5 points in 30 days: content.sensitive (block) 9, content.promotion (block) 8, "
        "content.external_link (block) 1"
    )
