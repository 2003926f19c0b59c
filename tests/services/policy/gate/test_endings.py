"""Where sentences may end: found in one pass, the same as a plain pattern finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate import endings

pytestmark = pytest.mark.req("R-POLICY-2")

_END = re.compile("[.!?…]+[\"')\\]]*(?=\\s|$|[^\\x00-\\x7f])|[。\uff01\uff1f]+|(?<=[^\\x00-\\xff])[.!?]+|\\n[ \\n]*")
_LATIN_1 = ".!?\"')] \n\t\x1c\x85\xa0\x7f\x80\xff\xe9az1,("
_CHARACTERS = _LATIN_1 + "…。\uff01\uff1f\u0100\u3000あ🙂"


@given(st.text(_CHARACTERS, max_size=20) | st.text(_LATIN_1, max_size=20) | st.text('.!?…a"', max_size=12))
def test_finds_what_a_plain_pattern_finds(text: str) -> None:
    assert endings.endings(text) == [match.span() for match in _END.finditer(text)]


@pytest.mark.parametrize("text", ["." * 100_000 + "b", '."' * 50_000 + "b", "…." * 50_000 + "b"])
def test_takes_no_longer_for_each_the_more_there_are(text: str) -> None:
    assert len(endings.endings(text)) <= 2
