"""The context rules, each with what it rejects and what it must let pass (R-POLICY-3 to R-POLICY-8)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.candidate import Candidate, Context, OrderFacts, Quota
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-3", "R-POLICY-4", "R-POLICY-5", "R-POLICY-6", "R-POLICY-7", "R-POLICY-8")

RULES = RuleSet.load()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = OrderFacts("405-1234567-1234567", "shipped")
QUOTA = Quota(600, 599, NOW + timedelta(hours=3))
PROACTIVE = Candidate(
    reason="order_problem",
    order_id=ORDER.id,
    text="Which of the two colours would you like us to send, the blue or the grey one?",
)
REPLY = replace(PROACTIVE, kind="reply", reason=None, order_id=None)
FROM_BUYER = Candidate(direction="buyer_to_seller", text="Is it blue?")
MAIL = replace(PROACTIVE, channel="email", reason=None, order_id=None)
QUIET = Context(now=NOW, order=ORDER, quota=QUOTA)


def _found(candidate: Candidate, context: Context) -> set[str]:
    rules = {finding.rule for finding in RULES.judge(candidate, context).findings}
    return {rule for rule in rules if not rule.startswith("content.")}


def _with(**facts: object) -> Context:
    return replace(QUIET, **facts)  # type: ignore[arg-type]  # a table of facts of several types


def _order(**facts: object) -> OrderFacts:
    return replace(ORDER, **facts)  # type: ignore[arg-type]  # see above


@pytest.mark.parametrize("candidate", [PROACTIVE, REPLY, FROM_BUYER])
def test_nothing_is_found_where_nothing_is_wrong(candidate: Candidate) -> None:
    assert _found(candidate, QUIET) == set()


_LONG_AGO = NOW - timedelta(days=30, seconds=1)
_OPTED_OUT = _with(opted_out=True)
_STOCK = replace(
    PROACTIVE, reason="out_of_stock", text="The article is out of stock, so the amount was refunded to you."
)
_ADJUSTED = _with(order=_order(adjustments=frozenset({"NoInventory"})))


@pytest.mark.parametrize(
    ("rule", "candidate", "context"),
    [
        ("standing.suspended", PROACTIVE, _with(standing="suspended")),
        ("standing.suspended", REPLY, _with(standing="suspended")),
        ("standing.templates_only", PROACTIVE, _with(standing="templates_only")),
        ("contact.reason_closed", PROACTIVE, _with(reason_open=False, reason_closed_why="it has been delivered")),
        ("contact.window", PROACTIVE, _with(order=_order(completed_at=_LONG_AGO))),
        ("contact.order_id", MAIL, QUIET),
        ("contact.order_id", replace(MAIL, text="About 405-7654321-7654321: blue or grey?"), QUIET),
        ("contact.language", PROACTIVE, _with(buyer_language="it")),
        ("contact.opt_out", PROACTIVE, _OPTED_OUT),
        ("contact.opt_out", replace(PROACTIVE, subject="[Important] colour"), _OPTED_OUT),
        ("contact.important_misuse", replace(PROACTIVE, subject="[Important] colour"), QUIET),
        ("contact.daily_limit", PROACTIVE, _with(quota=replace(QUOTA, used=600))),
        ("contact.review_repeat", replace(PROACTIVE, reason="request_review"), _with(review_asked=True)),
        ("contact.out_of_stock", _STOCK, QUIET),
        ("contact.out_of_stock", _STOCK, _with(order=_order(adjustments=frozenset({"CustomerReturn"})))),
        ("contact.out_of_stock", replace(_STOCK, text="The article is out of stock, we are sorry."), _ADJUSTED),
        ("contact.out_of_stock", replace(_STOCK, text="Your amount was refunded, we are sorry."), _ADJUSTED),
        ("contact.recipient", PROACTIVE, _with(receiver_is_seller=True)),
        ("contact.recipient", FROM_BUYER, _with(counterpart=False)),
        ("contact.recipient", MAIL, _with(sender_authorised=False)),
        ("contact.messaging_off", FROM_BUYER, _with(messaging_on=False, order=None)),
        ("contact.blocked", FROM_BUYER, _with(blocked_by_receiver=True)),
        ("contact.blocked", PROACTIVE, _with(blocked_by_receiver=True, has_open_order=True)),
        ("contact.blocked", FROM_BUYER, _with(blocked_by_operator=True, has_open_order=True)),
        ("mail.auto_reply", FROM_BUYER, _with(automatic=("auto_reply",))),
        ("mail.auto_reply", REPLY, _with(automatic=("list",))),
    ],
)
def test_rejects(rule: str, candidate: Candidate, context: Context) -> None:
    assert rule in _found(candidate, context)
    assert RULES.judge(candidate, context).verdict == "rejected"


_TAGGED = replace(
    MAIL, subject="[ Wichtig ] 405-1234567-1234567", text="We need to know your address, the house number is missing."
)


@pytest.mark.parametrize(
    ("rule", "candidate", "context"),
    [
        ("standing.templates_only", REPLY, _with(standing="templates_only")),
        ("standing.templates_only", PROACTIVE, _with(standing="templates_only", template=True)),
        ("contact.window", PROACTIVE, _with(order=_order(completed_at=NOW - timedelta(days=30)))),
        ("contact.window", REPLY, _with(order=_order(completed_at=_LONG_AGO))),
        ("contact.order_id", replace(MAIL, subject="Order 405 1234567 1234567"), QUIET),
        (
            "contact.order_id",
            replace(MAIL, text="405-1234567-1234567 and 405-7654321-7654321"),
            _with(order_ids=frozenset({"405-7654321-7654321"})),
        ),
        ("contact.order_id", REPLY, QUIET),
        ("contact.language", replace(PROACTIVE, text="OK?"), _with(buyer_language="it")),
        ("contact.language", REPLY, _with(buyer_language="it")),
        ("contact.language", PROACTIVE, _with(buyer_language="it", template=True)),
        ("contact.opt_out", REPLY, _OPTED_OUT),
        ("contact.opt_out", PROACTIVE, _with(opted_out=True, critical=True)),
        ("contact.opt_out", PROACTIVE, _with(opted_out=True, order=_order(traits=frozenset({"wine"})))),
        ("contact.opt_out", PROACTIVE, _with(opted_out=True, order=_order(traits=frozenset({"handmade"})))),
        ("contact.opt_out", PROACTIVE, _with(opted_out=True, order=_order(traits=frozenset({"customised"})))),
        ("contact.opt_out", _TAGGED, _OPTED_OUT),
        ("contact.important_misuse", _TAGGED, _OPTED_OUT),
        ("contact.important_misuse", replace(PROACTIVE, subject="[重要] x"), _with(critical=True)),
        ("contact.review_repeat", replace(PROACTIVE, reason="request_review"), QUIET),
        ("contact.out_of_stock", _STOCK, _ADJUSTED),
        ("contact.messaging_off", FROM_BUYER, _with(messaging_on=False, has_open_order=True)),
        ("contact.messaging_off", replace(FROM_BUYER, kind="reply"), _with(messaging_on=False, order=None)),
        ("contact.blocked", FROM_BUYER, _with(blocked_by_receiver=True, has_open_order=True)),
    ],
)
def test_lets_pass(rule: str, candidate: Candidate, context: Context) -> None:
    assert rule not in _found(candidate, context)


@pytest.mark.req("R-POLICY-4")
def test_the_tag_excepts_nothing_once_the_switch_is_off() -> None:
    assert "contact.opt_out" in _found(_TAGGED, _with(opted_out=True, important_tag=False))


@pytest.mark.req("R-POLICY-4")
@pytest.mark.parametrize(
    "text",
    [
        "Order 405-1234567-1234567: please leave us a review.",
        "Ordine 405-1234567-1234567: in allegato la fattura.",
        "Bestellung 405-1234567-1234567: jetzt 20 % Rabatt.",
        "Commande 405-1234567-1234567 : merci pour votre achat.",
        "Pedido 405-1234567-1234567: su paquete ha sido enviado.",
        "注文 405-1234567-1234567 のレビューをお願いします。",
    ],
)
def test_a_tag_on_what_completes_no_order_is_misuse(text: str) -> None:
    assert "contact.important_misuse" in _found(replace(MAIL, subject="[Important]", text=text), _OPTED_OUT)


@pytest.mark.req("R-POLICY-5")
def test_the_limit_says_limit_use_and_reset() -> None:
    decision = RULES.judge(PROACTIVE, _with(quota=replace(QUOTA, used=600)))
    said = " ".join(f"{finding.message} {finding.advice}" for finding in decision.findings)
    assert "600 of 600" in said
    assert "2026-03-01T15:00" in said


def test_a_closed_reason_says_why() -> None:
    decision = RULES.judge(PROACTIVE, _with(reason_open=False, reason_closed_why="The order has been delivered."))
    assert any("The order has been delivered." in finding.message for finding in decision.findings)


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_the_limit_is_exact(used: int, limit: int) -> None:
    found = "contact.daily_limit" in _found(REPLY, _with(quota=Quota(limit, used, NOW)))
    assert found == (used >= limit)


@given(st.timedeltas(timedelta(days=-5), timedelta(days=90)))
def test_the_window_is_exact(age: timedelta) -> None:
    found = "contact.window" in _found(PROACTIVE, _with(order=_order(completed_at=NOW - age)))
    assert found == (age > timedelta(days=30))
