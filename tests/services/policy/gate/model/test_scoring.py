import time

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.judged import Judged
from services.policy.gate.model.scoring import LONGEST_FOR_NET, Body, score
from services.policy.gate.model.weights import packaged
from tests.services.policy.gate.model.reader import packaged as packaged_reader

pytestmark = pytest.mark.req("R-POLICY-2")

OFFER = "Write to us by mail and pay by bank transfer, then we leave out the marketplace's fee."
HARMLESS = "The screws are in the small bag. Please charge the battery for two hours. "


def _body(text: str, subject: str = "") -> Body:
    (body,) = score(Judged(Candidate(text=text, subject=subject))).bodies
    return body


def test_the_net_reads_subject_and_body() -> None:
    body = _body(OFFER, subject="Your order")
    assert body.net == packaged_reader().scores(["your order", OFFER.lower()], reply=False)
    assert all(body.line(one) == one.both for one in packaged().labels.values())


def test_of_what_is_too_long_for_the_net_the_sums_alone_count() -> None:
    for text in (HARMLESS * (LONGEST_FOR_NET // len(HARMLESS) + 1), "お支払いは銀行振込でお願いします。" * 100):
        body = _body(text)
        assert body.net is None
        assert all(body.line(one) == one.alone for one in packaged().labels.values())
    assert _body(HARMLESS * (LONGEST_FOR_NET // len(HARMLESS))).net is not None


def test_an_offer_speaks_for_itself_in_short_and_in_long_texts() -> None:
    label = packaged().order.index("off_platform_payment")
    calibration = packaged().labels["off_platform_payment"]
    for times in (2, 40):
        without, offering = _body(HARMLESS * 2 * times), _body(HARMLESS * times + OFFER + " " + HARMLESS * times)
        assert (without.net is None) is (offering.net is None) is (times > 2)
        line = offering.line(calibration)
        assert offering.margin(label, line) > without.margin(label, line) + 1
        start, end = offering.span(label)
        assert OFFER in offering.reading.passage.text.original[start:end]


def _seconds(size: int) -> float:
    judged = Judged(Candidate(text=(HARMLESS * (size // len(HARMLESS)))))
    judged.passages  # noqa: B018  # reading them is not what is timed
    begin = time.process_time()
    score(judged)
    return time.process_time() - begin


def test_time_is_bounded_however_long_the_text() -> None:
    # The fastest of a few: garbage collected meanwhile takes as long as what is timed.
    short, long = (min(_seconds(size) for _ in range(4)) for size in (1 << 15, 1 << 20))
    assert long < 64 * short + 0.1
