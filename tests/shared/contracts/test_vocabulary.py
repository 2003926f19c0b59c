from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.facts import MessageFacts
from shared.contracts.vocabulary import Direction, Reason, Role, identify_thread

ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)
CRITICAL = {
    "confirm_customisation", "schedule_delivery", "schedule_service", "shipping_address_problem",
    "request_order_information", "order_problem", "legal_disclosure",
}  # fmt: skip


@pytest.mark.req("R-CONTACT-1")
@pytest.mark.parametrize("reason", Reason)
def test_what_is_critical(reason: Reason) -> None:
    assert reason.critical == (reason.value in CRITICAL)


@given(st.tuples(ids, ids, ids), st.tuples(ids, ids, ids))
def test_a_thread_has_one_id_and_no_other_has_it(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert identify_thread(*one) == identify_thread(*one)
    assert (identify_thread(*one) == identify_thread(*other)) == (one == other)


def test_a_threads_id_never_changes() -> None:
    # Threads of all installations stand on it.
    assert identify_thread("APJ6JRA9NG5V4", "s1", "b1") == UUID("bfc67808-ca70-50ab-9040-e16941f8bf0f")


@pytest.mark.parametrize(
    ("direction", "role"), [(Direction.SELLER_TO_BUYER, Role.SELLER), (Direction.BUYER_TO_SELLER, Role.BUYER)]
)
def test_who_wrote_a_message(direction: Direction, role: Role) -> None:
    facts = {
        "message_id": UUID(int=1), "thread_id": UUID(int=2), "buyer_id": "b", "seller_id": "s", "order_id": None,
        "direction": direction, "kind": "reply", "channel": "email", "reason": None, "language": "it",
        "accepted_at": datetime.now(UTC),
        "marketplace": {
            "marketplace_id": "m", "name": "M", "alias_domain": "d.example", "language": "it",
            "time_zone": "Europe/Rome", "storefront_domains": [],
        },
    }  # fmt: skip
    assert MessageFacts.model_validate(facts).sender_role is role
