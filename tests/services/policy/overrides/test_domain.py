import pytest

from services.policy.overrides.domain import Course, Refusal, check_override, list_overturned
from shared.contracts.facts import FindingFacts
from shared.contracts.vocabulary import Severity, Verdict

pytestmark = pytest.mark.req("R-POLICY-10")
APPROVED, REJECTED = Verdict.APPROVED, Verdict.REJECTED


@pytest.mark.parametrize(
    ("course", "wanted", "refusal"),
    [
        (Course(REJECTED, ever_approved=False, delivered=False), APPROVED, None),
        (Course(REJECTED, ever_approved=False, delivered=False), REJECTED, Refusal.SAME),
        (Course(APPROVED, ever_approved=True, delivered=False), REJECTED, None),
        (Course(APPROVED, ever_approved=True, delivered=False), APPROVED, Refusal.SAME),
        (Course(APPROVED, ever_approved=True, delivered=True), REJECTED, Refusal.DELIVERED),
        (Course(REJECTED, ever_approved=True, delivered=False), APPROVED, Refusal.WITHDRAWN),
    ],
)
def test_what_may_be_turned_round(course: Course, wanted: Verdict, refusal: Refusal | None) -> None:
    assert check_override(course, wanted) is refusal


def test_an_approval_says_that_each_rule_that_blocked_was_wrong() -> None:
    findings = [
        FindingFacts(rule=rule, severity=severity, field="text", start=0, end=1, message="", advice="")
        for rule, severity in (
            ("content.promotion", Severity.BLOCK),
            ("content.spam", Severity.FLAG),
            ("content.promotion", Severity.BLOCK),
            ("contact.window", Severity.BLOCK),
        )
    ]
    assert list_overturned(findings, APPROVED) == ("content.promotion", "contact.window")
    assert list_overturned(findings, REJECTED) == ("none",)
