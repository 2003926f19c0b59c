"""What answers mean, and when to try again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.outbound.domain import (
    LONGEST_PAUSE,
    Verdict,
    choose_within,
    clean_reply,
    judge_reply,
    plan_retry,
)

pytestmark = pytest.mark.req("R-MAIL-4")

QUEUED = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIVE_DAYS = timedelta(days=5)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (250, Verdict.DELIVERED),
        (251, Verdict.DELIVERED),
        (421, Verdict.DEFERRED),
        (451, Verdict.DEFERRED),
        (354, Verdict.DEFERRED),
        (550, Verdict.BOUNCED),
        (554, Verdict.BOUNCED),
        (0, Verdict.DEFERRED),
    ],
)
def test_reply_is_sorted_by_its_first_digit(code: int, verdict: Verdict) -> None:
    assert judge_reply(code, "words", "a@b.example").verdict is verdict


@pytest.mark.req("R-ALIAS-6")
def test_reply_names_neither_the_recipient_nor_their_host() -> None:
    reply = clean_reply(
        "550 5.1.1 <Mario.Rossi@casa.example>: user mario.rossi unknown in mx1.casa.example\r\n[192.0.2.7] see notes",
        "mario.rossi@casa.example",
    )
    assert "rossi" not in reply.lower()
    assert "casa" not in reply
    assert reply.startswith("550 5.1.1 ")
    assert "\n" not in reply


@given(st.text(max_size=2000))
def test_cleaned_reply_is_bounded(text: str) -> None:
    assert len(clean_reply(text, "a@b.example")) <= 500


def _plan(attempts: int, now: datetime) -> datetime | None:
    return plan_retry(QUEUED, attempts, now, first=MINUTE, give_up=FIVE_DAYS)


def test_pauses_double_up_to_four_hours() -> None:
    now = QUEUED + timedelta(hours=1)
    pauses = [(planned - now) for attempts in range(1, 12) if (planned := _plan(attempts, now))]
    assert pauses[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_five_days_are_the_limit_to_the_second() -> None:
    limit = QUEUED + FIVE_DAYS
    assert _plan(30, limit - timedelta(seconds=1)) == limit
    assert _plan(30, limit) is None
    assert _plan(30, limit + timedelta(seconds=1)) is None


@given(st.integers(1, 10_000), st.timedeltas(timedelta(0), timedelta(days=6)))
def test_next_attempt_is_later_and_never_after_the_limit(attempts: int, age: timedelta) -> None:
    planned = _plan(attempts, QUEUED + age)
    if planned is not None:
        assert QUEUED + age < planned <= QUEUED + FIVE_DAYS
    else:
        assert age >= FIVE_DAYS


def test_a_mail_is_tried_some_fifty_times_in_five_days() -> None:
    now, attempts = QUEUED, 0
    while True:
        attempts += 1
        planned = _plan(attempts, now)
        if planned is None:
            break
        now = planned
    assert now == QUEUED + FIVE_DAYS
    assert 20 < attempts < 60


@given(st.lists(st.sampled_from("abc"), max_size=30), st.dictionaries(st.sampled_from("abc"), st.integers(0, 6)))
def test_no_destination_gets_more_than_its_share(destinations: list[str], busy: dict[str, int]) -> None:
    chosen = choose_within(destinations, busy, 4)
    for name in "abc":
        wanted = [take for destination, take in zip(destinations, chosen, strict=True) if destination == name]
        room = max(4 - busy.get(name, 0), 0)
        assert wanted == [place < room for place in range(len(wanted))]
