"""What a message is in its thread, and small readings of text."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.mailbox.domain import (
    REPLY_WINDOW,
    Past,
    Status,
    answer_subject,
    counts_as_said,
    cut_excerpt,
    decide_kind,
    disguise,
    find_order_ids,
    further,
    read_reply_code,
)
from shared.contracts.vocabulary import Direction, Kind

NOW = datetime(2026, 3, 10, tzinfo=UTC)
STATUSES = st.sampled_from(Status)
DIRECTIONS = st.sampled_from(Direction)
PASTS = st.builds(
    Past,
    message_id=st.just(uuid4()),
    direction=DIRECTIONS,
    status=STATUSES,
    accepted_at=st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
)


@pytest.mark.req("R-POLICY-3", "R-POLICY-4")
@given(DIRECTIONS, st.none() | PASTS, st.none() | PASTS)
def test_a_reply_answers_the_other_side(direction: Direction, answered: Past | None, latest: Past | None) -> None:
    kind = decide_kind(direction, answered, latest, NOW)
    names = answered is not None and answered.direction is not direction and answered.status is not Status.REJECTED
    follows = latest is not None and latest.direction is not direction and NOW - latest.accepted_at < timedelta(days=30)
    assert (kind is Kind.REPLY) == (names or follows)


@pytest.mark.parametrize(
    ("age", "kind"), [(REPLY_WINDOW - timedelta(seconds=1), Kind.REPLY), (REPLY_WINDOW, Kind.PROACTIVE)]
)
def test_after_thirty_days_a_message_starts_anew(age: timedelta, kind: Kind) -> None:
    latest = Past(uuid4(), Direction.BUYER_TO_SELLER, Status.DELIVERED, NOW - age)
    assert decide_kind(Direction.SELLER_TO_BUYER, None, latest, NOW) is kind
    assert decide_kind(Direction.SELLER_TO_BUYER, latest, None, NOW) is Kind.REPLY


def test_one_s_own_message_is_nothing_to_answer() -> None:
    own = Past(uuid4(), Direction.SELLER_TO_BUYER, Status.DELIVERED, NOW)
    assert decide_kind(Direction.SELLER_TO_BUYER, own, own, NOW) is Kind.PROACTIVE


@pytest.mark.req("R-INBOX-6")
@given(st.lists(STATUSES, min_size=1), st.randoms())
def test_the_furthest_status_does_not_depend_on_the_order(steps: list[Status], chance: st.DataObject) -> None:
    def follow(order: list[Status]) -> Status:
        status = Status.SUBMITTED
        for step in order:
            status = further(status, step)
        return status

    shuffled = list(steps)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert follow(steps) is follow(shuffled)
    assert follow(steps) in {*steps, Status.SUBMITTED}


def test_what_the_other_side_can_have_read() -> None:
    assert {status for status in Status if counts_as_said(status)} == {
        Status.APPROVED,
        Status.DEFERRED,
        Status.DELIVERED,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ordine 123-1234567-1234567, grazie", ("123-1234567-1234567",)),
        ("注文番号１２３－１２３４５６７－１２３４５６７です", ("123-1234567-1234567",)),  # noqa: RUF001 - full-width on purpose
        ("123\u20131234567\u20131234567", ("123-1234567-1234567",)),
        (
            "123-1234567-1234567 und 234-1234567-1234567 und 123-1234567-1234567",
            ("123-1234567-1234567", "234-1234567-1234567"),
        ),
        ("1123-1234567-1234567", ()),
        ("123-1234567-12345678", ()),
        ("123-1234567-1234567-1", ()),
        ("12312345671234567", ()),
        ("", ()),
        (" " * 20_000 + "123-1234567-1234567", ()),
    ],
)
def test_order_ids_are_found(text: str, found: tuple[str, ...]) -> None:
    assert find_order_ids(text) == found


def test_no_more_order_ids_than_anybody_writes() -> None:
    assert len(find_order_ids(" ".join(f"123-1234567-{number:07}" for number in range(500)))) == 20


@pytest.mark.req("R-MAIL-1")
@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Frage", "Re: Frage"),
        ("Re: Frage", "Re: Frage"),
        ("AW: Re: RE: Frage", "Re: Frage"),
        ("R: Rif: domanda", "Re: domanda"),
        ("Re[2]: x", "Re: x"),
        ("Re\uff1a 質問", "Re: 質問"),
        ("Return of: x", "Re: Return of: x"),
        ("", "Re:"),
    ],
)
def test_the_subject_of_an_answer(subject: str, answer: str) -> None:
    assert answer_subject(subject).strip() == answer


@given(st.text(max_size=400))
def test_answering_an_answer_changes_nothing_more(subject: str) -> None:
    once = answer_subject(subject)
    assert len(once) <= 200
    assert len(answer_subject(once)) <= len(once)


@pytest.mark.req("R-ALIAS-6")
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.1.1 <mario@posta.example>: unknown", "550 5.1.1"),
        ("250 OK id=mario@posta.example", "250"),
        ("451-4.7.1 later", "451 4.7.1"),
        ("timed out to mx.posta.example", None),
        ("", None),
        ("999 x", None),
    ],
)
def test_only_codes_are_kept_of_a_reply(reply: str, code: str | None) -> None:
    assert read_reply_code(reply) == code


@given(st.text(max_size=50), st.integers(-10, 100), st.integers(-10, 100))
def test_an_excerpt_is_of_the_text_and_short(text: str, start: int, end: int) -> None:
    excerpt = cut_excerpt({"text": text, "html": None}, "text", start, end)
    assert excerpt in text
    assert len(excerpt) <= 80
    assert cut_excerpt({"text": text, "html": None}, "html", start, end) == ""
    assert cut_excerpt({"text": text}, "attachment", start, end) == ""


@pytest.mark.req("R-ALIAS-6")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("da m.rossi@p.example ecco", "da ALIAS ecco"),
        ("M.ROSSI@P.Example", "ALIAS"),
        ("<m.rossi@p.example>, m.rossi@p.example.", "<ALIAS>, ALIAS."),
        ("am.rossi@p.example", "am.rossi@p.example"),
        ("m.rossi@p.example.org", "m.rossi@p.example.org"),
        ("mXrossi@p.example", "mXrossi@p.example"),
    ],
)
def test_an_address_gives_way_to_its_alias(text: str, shown: str) -> None:
    assert disguise(text, {"m.rossi@p.example": "ALIAS"}) == shown


@given(st.text(max_size=60), st.text(max_size=60))
def test_text_without_addresses_stays_as_it_is(before: str, after: str) -> None:
    text = f"{before} {after}"
    assert disguise(text, {}) == text
    shown = disguise(f"{before} m.rossi@p.example {after}", {"m.rossi@p.example": "ALIAS"})
    assert " ALIAS " in shown
