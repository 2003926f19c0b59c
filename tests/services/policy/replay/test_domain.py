from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.replay.domain import Flip, Outcome, Report, find_flip, write_report
from shared.contracts.vocabulary import Verdict

pytestmark = pytest.mark.req("R-POLICY-9")

RULES = st.sampled_from(["content.promotion", "content.spam", "contact.window"])
OUTCOMES = st.builds(
    lambda blocking, others: Outcome(
        Verdict.REJECTED if blocking else Verdict.APPROVED, dict.fromkeys(blocking, "words"), frozenset(others)
    ),
    st.sets(RULES),
    st.sets(RULES),
)


def test_the_same_verdict_is_no_flip() -> None:
    assert [find_flip(verdict, verdict) for verdict in Verdict] == [None, None]
    assert find_flip(Verdict.APPROVED, Verdict.REJECTED) is Flip.STOPPED
    assert find_flip(Verdict.REJECTED, Verdict.APPROVED) is Flip.RELEASED


@given(st.lists(st.tuples(OUTCOMES, OUTCOMES), max_size=20), st.integers(0, 3))
def test_the_report_adds_up(pairs: list[tuple[Outcome, Outcome]], most: int) -> None:
    report = Report(most_examples=most)
    for before, after in pairs:
        report.add(uuid4(), before, after)
    assert report.judged == len(pairs)
    assert report.flips.total() == sum(before.verdict is not after.verdict for before, after in pairs)
    for rule in {rule for before, after in pairs for rule in before.rules | after.rules}:
        change = report.rules.get(rule)
        gained = sum(rule in after.rules - before.rules for before, after in pairs)
        lost = sum(rule in before.rules - after.rules for before, after in pairs)
        assert (change.found, change.lost) == (gained, lost) if change else (gained, lost) == (0, 0)
        for flip in Flip:
            examples = [example for example in change.examples if example.flip is flip] if change else []
            assert len(examples) == min(most, change.flips[flip] if change else 0)


def test_a_message_that_only_one_of_its_rules_releases_is_no_flip() -> None:
    report = Report(most_examples=3)
    before = Outcome(Verdict.REJECTED, {"content.promotion": "a", "content.spam": "b"})
    report.add(uuid4(), before, Outcome(Verdict.REJECTED, {"content.spam": "b"}))
    assert (report.flips.total(), report.rules["content.promotion"].lost) == (0, 1)


def test_the_report_names_rules_by_weight_and_its_examples_do_not_steer_the_terminal() -> None:
    report = Report(most_examples=1, unreadable=2)
    clean, message_id = Outcome(Verdict.APPROVED, {}), uuid4()
    for excerpt in ("con il \x1b[31mcoupon\n SCONTO10\u202e", "altro"):
        report.add(message_id, clean, Outcome(Verdict.REJECTED, {"content.promotion": excerpt}))
    report.add(message_id, Outcome(Verdict.REJECTED, {"contact.window": ""}), clean)
    assert list(write_report(report)) == [
        "3 messages judged anew, 2 cannot be read any more, 3 verdicts change",
        "  approved, would be rejected: 2",
        "  rejected, would be approved: 1",
        "content.promotion: 2 flips, finds 2 more, 0 no more",
        f"  approved, would be rejected: {message_id} “con il [31mcoupon SCONTO10”",
        "contact.window: 1 flips, finds 0 more, 1 no more",
        f"  rejected, would be approved: {message_id}",
    ]
