from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import threading
from services.delivery.mail.threading import Ancestry

pytestmark = pytest.mark.req("R-MAIL-1")

DOMAIN = "marketplace.example.it"


def test_an_identifier_names_its_message_and_nothing_else() -> None:
    message = uuid4()
    identifier = threading.message_identifier(message, DOMAIN)
    assert identifier == f"<{message.hex}@{DOMAIN}>"
    assert threading.message_of(identifier, DOMAIN.upper()) == message


@pytest.mark.parametrize(
    "identifier",
    [
        "<x@marketplace.example.it>",
        "<>",
        "",
        f"<{UUID(int=1).hex}@other.example>",
        f"<{{{UUID(int=1)}}}@marketplace.example.it>",
    ],
)
def test_a_foreign_identifier_names_nothing(identifier: str) -> None:
    assert threading.message_of(identifier, DOMAIN) is None


KNOWN = {"<a@far>": "<1@m>", "<b@far>": "<2@m>", "<c@far>": "<3@m>"}


@pytest.mark.parametrize(
    ("in_reply_to", "references", "ancestry"),
    [
        (["<b@far>"], ["<a@far>", "<b@far>"], Ancestry("<2@m>", ("<1@m>", "<2@m>"))),
        (["<b@far>"], [], Ancestry("<2@m>", ("<2@m>",))),
        ([], ["<a@far>", "<x@far>", "<c@far>"], Ancestry("<3@m>", ("<1@m>", "<3@m>"))),
        (["<x@far>"], ["<a@far>"], Ancestry("<1@m>", ("<1@m>",))),
        (["<a@far>"], ["<a@far>", "<b@far>"], Ancestry("<1@m>", ("<2@m>", "<1@m>"))),
        (["<x@far>"], ["<y@far>"], Ancestry(None, ())),
        ([], [], Ancestry(None, ())),
    ],
)
def test_ancestors_are_translated_and_foreign_ones_dropped(
    in_reply_to: list[str], references: list[str], ancestry: Ancestry
) -> None:
    assert threading.map_ancestry(in_reply_to, references, KNOWN.get) == ancestry


def test_parents_are_looked_for_from_the_nearest() -> None:
    assert threading.parents_of(["<c>"], ["<a>", "<b>", "<c>"]) == ("<c>", "<b>", "<a>")


@pytest.mark.parametrize(
    "subject",
    [
        "Order 5",
        "Re: Order 5",
        "RE: re: Order 5",
        "AW: Order 5",
        "R: Order 5",
        "Rif: Order 5",
        "I: Order 5",
        "TR : Order 5",
        "RV: Order 5",
        "WG: AW: Order 5",
        "返信: Order 5",
        "Re\uff1aOrder 5",
        "RE[2]: Order 5",
        "Re(3): Order 5",
        "Re^2: Order 5",
        "Fwd: Order  5 (fwd)",
        "[EXTERNAL] Re: order 5",
        "SV: Order 5",
        "回复: Order 5",
    ],
)
def test_subjects_of_one_thread_have_one_key(subject: str) -> None:
    assert threading.subject_key(subject) == "order 5"


@pytest.mark.parametrize("subject", ["Regarding: x", "Rechnung: 5", "Is it: so", "Retoure", "12:30"])
def test_a_word_before_a_colon_is_no_sign(subject: str) -> None:
    assert threading.subject_key(subject) == subject.casefold()


@given(st.text(max_size=300))
def test_a_key_is_its_own_key(subject: str) -> None:
    key = threading.subject_key(subject)
    assert len(key) <= 250
    assert threading.subject_key("Re: " + subject) == key
