import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.anchor import Anchor
from services.policy.gate.spotting import Codes, Spotter

pytestmark = pytest.mark.req("R-POLICY-2")

# Words of a few letters, among all kinds of characters: blanks, signs, other scripts, halves of pairs.
TEXTS = st.text(st.sampled_from("aabbcé1'.%  \n\u3000日本\ud800\U0001f600"), max_size=30)
WORDS = st.text(st.sampled_from("aabbcé1' 日"), min_size=1, max_size=6).map(str.strip).filter(bool)
ANCHORS = st.lists(
    st.builds(Anchor, WORDS.map(lambda word: " ".join(word.split())), st.sampled_from(["whole", "begun"]))
    | st.builds(Anchor, st.text(st.sampled_from("ab%日本"), min_size=1, max_size=3), st.just("anywhere")),
    max_size=6,
)
TOLD = {
    "whole": r"(?<![a-z])(?:{})(?![a-z])",
    "begun": r"(?<![a-z])(?:{})",
    "anywhere": r"(?:{})",
}


def places(anchor: Anchor, text: str) -> set[int]:
    """Return where an anchor stands, as a pattern finds it."""
    written = re.escape(anchor.text) if anchor.kind == "anywhere" else re.escape(anchor.text).replace(r"\ ", r"\s+")
    pattern = re.compile(TOLD[anchor.kind].format(written))
    return {at for at in range(len(text)) if pattern.match(text, at)}


@given(ANCHORS, TEXTS)
def test_spots_what_patterns_find(anchors: list[Anchor], text: str) -> None:
    spotter = Spotter((anchor, number) for number, anchor in enumerate(anchors))
    codes = Codes(text)
    expected = [places(anchor, text) for anchor in anchors]
    assert spotter.list_numbers(codes) == [number for number, found in enumerate(expected) if found]
    every = sorted(set().union(*expected)) if expected else []
    found = []
    at = spotter.find(codes, 0)
    while at >= 0:
        found.append(at)
        at = spotter.find(codes, at + 1)
    assert found == every


def test_what_one_word_is_an_anchor_of_counts_for_all() -> None:
    spotter = Spotter([(Anchor("pay", "whole"), 3), (Anchor("pay", "whole"), 7), (Anchor("pa", "begun"), 5)])
    assert spotter.list_numbers(Codes("please pay")) == [3, 5, 7]
    assert spotter.list_numbers(Codes("paper")) == [5]


def test_of_a_pair_both_have_to_be_there() -> None:
    anchors = [(Anchor("pay", "whole"), 5), (Anchor("bank", "whole"), 6), (Anchor("card", "begun"), 1)]
    spotter = Spotter(anchors, [(5, 6, 0), (6, 5, 2)])
    assert spotter.list_numbers(Codes("pay by card")) == [1]
    assert spotter.list_numbers(Codes("the bank says: pay")) == [0, 2]
    assert spotter.list_numbers(Codes("pay by bank card")) == [0, 1, 2]


@pytest.mark.parametrize("pair", [(1, 2, 0), (0, 1, 0), (0, 1, -1)])
def test_refuses_pairs_of_what_has_no_anchor_or_is_told(pair: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="pair"):
        Spotter([(Anchor("pay", "whole"), 0), (Anchor("bank", "whole"), 1)], [pair])


def test_refuses_an_anchor_without_a_character() -> None:
    with pytest.raises(ValueError, match="without a word"):
        Spotter([(Anchor("", "whole"), 0)])


def test_spots_nothing_without_anchors() -> None:
    assert Spotter([]).list_numbers(Codes("anything")) == []
    assert Spotter([]).find(Codes("anything"), 0) == -1


@pytest.mark.parametrize("text", ["a" * 20_000, " " * 20_000, "a " * 10_000, "日" * 20_000, "\u1680" * 20_000])
def test_is_quick_on_hostile_text(text: str) -> None:
    spotter = Spotter(
        [(Anchor("a a a b", "whole"), 0), (Anchor("aaaaaaaab", "begun"), 1), (Anchor("日日日本", "anywhere"), 2)]
    )
    times = []
    for part in (text[:5_000], text):
        codes = Codes(part)
        rounds = []
        for _ in range(3):
            begin = time.process_time()
            spotter.list_numbers(codes)
            rounds.append(time.process_time() - begin)
        times.append(min(rounds))
    assert times[1] < 4 * times[0] * 3 + 0.01
