"""What words speak of, held against what the lists of concepts say plainly."""

from array import array

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.policy.gate.model.concepts import Concepts, Meaning
from services.policy.gate.model.meanings import Meanings

pytestmark = pytest.mark.req("R-POLICY-2")

WORD, RUN = st.text("ab", min_size=1, max_size=4), st.text("支払銀", min_size=1, max_size=4)
LISTS = st.dictionaries(
    st.sampled_from(["BANK", "PAY", "REVIEW"]),
    st.fixed_dictionaries(
        {
            "en": st.lists(WORD | WORD.map("{}*".format), min_size=1, max_size=6).map(" ".join),
            "ja": st.lists(RUN, max_size=6).map(" ".join),
        }
    ),
    min_size=1,
).map(Concepts)


def _name(meanings: Meanings, number: int) -> Meaning:
    if number < 0:
        return ()
    concepts = meanings.concepts[number * meanings.most :][: meanings.most]
    return tuple(meanings.names[concept] for concept in concepts if concept != meanings.nothing)


@example(Concepts({"PAY": {"en": "ab*"}, "BANK": {"en": "abba"}}), ["a", "ab", "abz", "abba", "abbab"])
@given(LISTS, st.lists(st.text("abz", min_size=1, max_size=6) | st.sampled_from("0%$!?_")))
def test_words_mean_what_the_lists_say(lists: Concepts, words: list[str]) -> None:
    meanings = Meanings(lists)
    for word in words:
        found = meanings.mean_word(array("i", map(ord, f"<{word}>")), len(word))
        assert _name(meanings, found) == lists.of_word(word)


@given(LISTS, st.text("支払銀は", max_size=12), st.integers(0, 12))
def test_runs_mean_what_the_lists_say(lists: Concepts, stretch: str, end: int) -> None:
    meanings, codes = Meanings(lists), array("i", map(ord, stretch))
    end = min(end, len(stretch))
    for at in range(end):
        size = meanings.measure_run(codes, at, end)
        found = _name(meanings, meanings.mean_run(codes, at, size))
        assert (found, max(size, 1)) == lists.of_run(stretch[at:end])
