import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy.gate.model import net
from services.policy.gate.model.concepts import Concepts
from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.net import Floats, Net, packaged, read_net, write_net
from services.policy.gate.model.pieces import END, ROWS, meanings_of, pieces_of, words
from services.policy.gate.model.weights import packaged as packaged_weights
from tests.services.policy.gate.model.reader import Reader
from tests.services.policy.gate.model.reader import packaged as packaged_reader

pytestmark = pytest.mark.req("R-POLICY-2")

CONCEPTS = Concepts({"PAY": {"en": "pay*", "ja": "支払"}, "BANK": {"en": "bank", "ja": "銀行"}})
MEANINGS = Meanings(CONCEPTS)
LABELS = {"part": False, "whole": True}
WIDTH, HEADS = 8, 2
ALPHABET = "支払銀行はpay bank0.%\n!ßä_-"
# As the net of `_arrays` says them: what changes these changes every packaged decision.
STORED = {
    ("please pay by bank", "thank you"): (0.52, 1.044),
    ("支払は銀行で",): (0.449, 0.582),
}


def _arrays(width: int = WIDTH, heads: int = HEADS, labels: int = len(LABELS)) -> dict[str, Floats]:
    luck = np.random.default_rng(5)

    def noise(*shape: int) -> Floats:
        return (luck.standard_normal(shape) / 9).astype(np.float32)

    shapes = {
        "pieces": (ROWS, width),
        "concepts": (len(CONCEPTS.names), width),
        "reply": (width,),
        "heads": (width, heads),
        "words": (width, labels),
        "out": (width * (2 + heads), labels),
        "bias": (labels,),
        "reply_bias": (labels,),
    }
    passes = {"pass0": (5 * width, width), "pass1": (5 * width, width), "pass0_bias": (width,), "pass1_bias": (width,)}
    return {name: noise(*shape) for name, shape in {**shapes, **passes}.items()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    path = tmp_path_factory.mktemp("net") / "net.bin"
    write_net(path, LABELS, _arrays())
    return Reader(read_net(path, MEANINGS), MEANINGS)


def _plainly(arrays: Mapping[str, Floats], read: list[str], *, reply: bool) -> list[float]:
    """What the net promises, word by word and number by number."""
    names = list(CONCEPTS.names)
    said = []
    for word in read:
        rows = pieces_of(word)
        vector = sum(arrays["pieces"][row] for row in rows) / np.sqrt(len(rows))
        vector = vector + sum(arrays["concepts"][names.index(one)] for one in meanings_of(word, CONCEPTS))
        said.append(vector + arrays["reply"] * reply)
    for number, stride in enumerate((1, 2)):
        taps = arrays[f"pass{number}"].reshape(5, WIDTH, WIDTH)
        mixed = []
        for at in range(len(said)):
            near = [(at + (tap - 2) * stride, tap) for tap in range(5)]
            total = sum(said[place] @ taps[tap] for place, tap in near if 0 <= place < len(said))
            mixed.append(said[at] + np.maximum(0, total + arrays[f"pass{number}_bias"]))
        said = mixed
    table = np.array(said)
    shares = np.exp(table @ arrays["heads"])
    looked_for = (shares / shares.sum(axis=0)).T @ table
    gathered = [*table.sum(axis=0) / np.sqrt(len(table)), *table.max(axis=0), *looked_for.ravel()]
    most = np.log(np.exp(3 * table @ arrays["words"]).sum(axis=0)) / 3
    scores = np.array(gathered) @ arrays["out"] + most + arrays["bias"] + arrays["reply_bias"] * reply
    return [float(one) for one in np.clip(scores, -8, 8)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.sampled_from(ALPHABET), max_size=40), max_size=4), st.booleans())
def test_is_what_its_arrays_say(small: Reader, sentences: list[str], reply: bool) -> None:  # noqa: FBT001  # given by name
    read = words(sentences, CONCEPTS) or [END]
    assert small.scores(sentences, reply=reply) == pytest.approx(_plainly(_arrays(), read, reply=reply), abs=0.05)


@pytest.mark.parametrize("sentences", STORED)
def test_says_what_it_said(small: Reader, sentences: tuple[str, ...]) -> None:
    assert small.scores(sentences, reply=False) == pytest.approx(STORED[sentences], abs=0.002)


def test_what_stands_near_a_word_changes_what_it_says(small: Reader) -> None:
    assert small.scores(["pay the bank"], reply=False) != small.scores(["bank the pay"], reply=False)
    assert small.scores(["pay"], reply=False) != small.scores(["pay"], reply=True)


def test_of_long_text_the_most_telling_stretch_counts_and_for_the_whole_the_least_telling(small: Reader) -> None:
    read = ["pay bank now " * 133, "thank you so " * 133]
    assert [len(words([one], CONCEPTS)) for one in read] == [net.STRETCH] * 2
    alone = [small.scores([one], reply=False) for one in read]
    assert alone[0] != alone[1]
    both = small.scores(read, reply=False)
    assert both == [max(one[0] for one in alone), min(one[1] for one in alone)]


def test_reads_japanese_by_the_words_that_the_lists_know() -> None:
    assert words(["支払は銀行"], CONCEPTS) == ["支払は銀|支払", "は銀行|は", "銀行|銀行", END]
    assert meanings_of("銀行|銀行", CONCEPTS) == ("BANK",)
    assert meanings_of("payment", CONCEPTS) == ("PAY",)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=200), max_size=5), st.booleans())
def test_scores_stay_within_their_bounds(sentences: list[str], reply: bool) -> None:  # noqa: FBT001  # given by name
    found = packaged_reader().scores(sentences, reply=reply)
    assert len(found) == len(packaged().labels)
    assert all(-net.OUTERMOST <= one <= net.OUTERMOST for one in found)


def test_says_the_same_in_every_process() -> None:
    text = "Please pay by bank transfer, then we leave out the fee. Thank you! 銀行振込でお支払いください。".lower()
    code = f"from {packaged_reader.__module__} import packaged; print(packaged().scores([{text!r}], reply=False))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(packaged_reader().scores([text], reply=False))


def test_time_grows_with_the_text_and_no_faster() -> None:
    sentence = "the delivery from our workshop takes two days longer than planned, 支払は銀行でお願いします"
    times = []
    for times_longer in (1, 8):
        text = [f"{sentence} {'x' * (number % 20 + 1)}{number // 20}" for number in range(40 * times_longer)]
        packaged_reader().scores(text, reply=False)
        rounds = []
        for _ in range(7):
            begin = time.process_time()
            packaged_reader().scores(text, reply=False)
            rounds.append(time.process_time() - begin)
        times.append(min(rounds))
    assert times[1] < 8 * times[0] * 2 + 0.002


def test_speaks_of_the_labels_that_the_weights_know() -> None:
    assert tuple(packaged().labels) == packaged_weights().order
    assert [label for label, whole in packaged().labels.items() if whole] == ["order_confirmation", "thanks_only"]


def test_refuses_lists_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "net.bin"
    write_net(path, LABELS, _arrays())
    with pytest.raises(ValueError, match="fit"):
        read_net(path, Meanings(Concepts({"PAY": {"en": "pay"}})))
    write_net(path, {**LABELS, "third": False}, _arrays())
    with pytest.raises(ValueError, match="labels"):
        read_net(path, MEANINGS)


NAMES = [*_arrays(), "scale"]
each_array = pytest.mark.parametrize("name", NAMES)


def _stored() -> dict[str, Floats]:
    return {**_arrays(), "scale": np.ones(WIDTH, np.float32)}


@each_array
@pytest.mark.parametrize("cut", [np.s_[:-1], np.s_[..., :-1], np.s_[0]], ids=["rows", "columns", "axes"])
def test_refuses_an_array_that_does_not_fit_the_others(name: str, cut: Any) -> None:  # noqa: ANN401  # any index
    with pytest.raises(ValueError, match=r"fit|unpack"):
        Net(LABELS, {**_stored(), name: _stored()[name][cut]}, MEANINGS)


@each_array
@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_refuses_an_array_of_what_is_no_number(name: str, odd: float) -> None:
    arrays = _stored()
    arrays[name].flat[-1] = odd
    with pytest.raises(ValueError, match=f"damaged: {name} "):
        Net(LABELS, arrays, MEANINGS)


@pytest.mark.parametrize(
    ("fits", "is_too_wide"),
    [
        pytest.param((57, 2, 2), (58, 2, 2), id="words by a pass"),
        pytest.param((WIDTH, 81, 2), (WIDTH, 82, 2), id="words by what heads look for"),
        pytest.param((WIDTH, 2, 256), (WIDTH, 2, 257), id="what words come to by labels"),
    ],
)
def test_refuses_a_net_that_would_start_threads(fits: tuple[int, int, int], is_too_wide: tuple[int, int, int]) -> None:
    _make(*fits)
    with pytest.raises(ValueError, match="threads"):
        _make(*is_too_wide)


def _make(width: int, heads: int, labels: int) -> Net:
    arrays = {**_arrays(width, heads, labels), "scale": np.ones(width, np.float32)}
    return Net({str(number): False for number in range(labels)}, arrays, MEANINGS)


@pytest.mark.parametrize("content", [b"nothing", b"{}\n", b'{"labels": {}, "arrays": {}}\n'])
def test_refuses_a_file_that_is_no_net(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"found|lacks"):
        read_net(path, MEANINGS)


def test_a_sentence_said_twice_is_read_once(small: Reader) -> None:
    once = ["please pay by bank", "thank you"]
    assert small.scores([*once, *once], reply=False) == small.scores(once, reply=False)


def test_the_end_of_long_text_is_read_together_with_what_comes_before(small: Reader) -> None:
    text = "thank you so " * 133 + "pay"
    read = words([text], CONCEPTS)
    assert len(read) == net.STRETCH + 1
    parts = [_plainly(_arrays(), part, reply=False) for part in (read[: net.STRETCH], read[-net.STRETCH :])]
    part, whole = small.scores([text], reply=False)
    assert part == pytest.approx(max(one[0] for one in parts), abs=0.05)
    assert whole == pytest.approx(min(one[1] for one in parts), abs=0.05)


def test_is_small_as_packaged() -> None:
    assert net.PACKAGED.stat().st_size < 5 << 18
