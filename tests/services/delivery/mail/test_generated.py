"""Generated mails the whole way through: relayed clean, or refused in words; never anything else."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

from services.delivery.mail.parsing import parse
from services.delivery.mail.refusal import Refusal
from tests.services.delivery.mail import generated, samples

pytestmark = [pytest.mark.req("R-MAIL-1", "R-MAIL-5", "R-ALIAS-6")]


# With a letter more on either side it is somebody else's address, and stays.
_WHOLE = re.compile(rf"(?<![\w.+%=&-]){re.escape(samples.REAL)}(?![\w-]|\.\w)", re.IGNORECASE)


@given(generated.mails(samples.REAL, samples.COUNTERPART))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_tree_of_parts_is_relayed_without_a_trace_or_refused(raw: bytes) -> None:
    try:
        content, octets = samples.relay(raw)
    except Refusal as refused:
        assert re.fullmatch(r"5\d\d 5\.\d\.\d+ [A-Z].{10,}", refused.reply)  # noqa: PT017 - being relayed is as good
        assert samples.REAL not in refused.reply  # noqa: PT017 - see above
        return
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", octets)
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    arrived = parse(octets)
    for text in (arrived.subject, arrived.text, arrived.html or "", octets.decode("utf-8", "replace")):
        assert not _WHOLE.search(text)
    assert not arrived.enclosed
    assert arrived.text.split() == content.text.split()
