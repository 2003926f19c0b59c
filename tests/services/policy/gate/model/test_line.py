import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model.line import Line, Lines

pytestmark = pytest.mark.req("R-POLICY-2")

LABELS = ("spam", "phishing", "promotion")
NUMBERS = st.floats(-20, 20)
SLOPES = st.dictionaries(st.sampled_from(LABELS), NUMBERS)
LINES = st.builds(Line, NUMBERS, SLOPES, SLOPES, SLOPES, NUMBERS, NUMBERS, NUMBERS)
READ = st.tuples(*[st.lists(NUMBERS, min_size=3, max_size=3)] * 3)


@given(st.lists(LINES, min_size=3, max_size=3), READ, st.booleans())
def test_adds_up_for_each_label_what_all_labels_say(
    lines: list[Line],
    read: tuple[list[float], list[float], list[float]],
    reply: bool,  # noqa: FBT001  # given by name
) -> None:
    messages, windows, nets = read
    found = Lines(dict(zip(LABELS, lines, strict=True))).scores(
        np.array(messages), np.array(windows), nets, reply=reply
    )
    for line, score in zip(lines, found, strict=True):
        slopes = (line.messages, line.windows, line.nets)
        told = (
            one.get(label, 0.0) * value
            for one, values in zip(slopes, read, strict=True)
            for label, value in zip(LABELS, values, strict=True)
        )
        assert score == pytest.approx(line.bias + sum(told) + line.reply * reply, abs=1e-9)
