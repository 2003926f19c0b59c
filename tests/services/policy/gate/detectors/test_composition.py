"""Messages that are nothing but courtesy, or nothing but a confirmation."""

import pytest

from services.policy.gate.candidate import Attachment, Candidate, Kind
from services.policy.gate.detectors.composition import build
from services.policy.gate.judged import Judged

pytestmark = pytest.mark.req("R-POLICY-2")


def _only(text: str, kind: Kind = "proactive", attachments: tuple[Attachment, ...] = ()) -> set[str]:
    judged = Judged(Candidate(text=text, kind=kind, attachments=attachments))
    return {only for only in ("courtesy", "confirmation") if list(build({"only": only})(judged))}


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("Dear Ann,\nthank you for your purchase.\nKind regards", {"courtesy"}),
        ("Thank you for your order! It has been shipped today.", {"confirmation"}),
        ("Thank you for your order. Which colour should the handle be?", set()),
        ("Your parcel has been shipped, but the lid is missing.", set()),
        ("Turn the tap to the left and let the pump run dry for the winter.", set()),
    ],
)
def test_tells_what_a_message_consists_of(text: str, only: set[str]) -> None:
    assert _only(text) == only


def test_takes_an_answer_for_more_than_a_confirmation() -> None:
    assert _only("It has been shipped yesterday.", kind="reply") == set()
    assert _only("Thank you for your order, it has been shipped.", kind="reply") == {"confirmation"}


def test_takes_an_attachment_for_substance() -> None:
    invoice = Attachment("invoice.pdf", "application/pdf", "application/pdf", 1000)
    assert _only("Thank you for your purchase.", attachments=(invoice,)) == set()


def test_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="courtesy"):
        build({"only": "nothing"})
