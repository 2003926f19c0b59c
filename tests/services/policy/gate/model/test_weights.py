from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy.gate.model.concepts import Concepts
from services.policy.gate.model.line import Calibration, Line
from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.pieces import BUCKETS, ZERO, bucket, buckets, word_buckets
from services.policy.gate.model.weights import (
    PACKAGED,
    Weights,
    packaged,
    read_weights,
    write_weights,
)

pytestmark = pytest.mark.req("R-POLICY-2")

CALIBRATION = Calibration(
    0.5,
    Line(0.1, {"one": 1.0}, {"one": 0.25, "two": -0.5}, {"two": 0.5}, 2.0, -1.0, 0.75),
    Line(0.2, {"one": 1.5}, {}, {}, 1.0, -0.5, 0.125),
)
CONCEPTS = Concepts({"PAY": {"en": "pay* geld", "ja": "支払 払"}, "BANK": {"en": "bank", "ja": "銀行 支払銀"}})
MEANINGS = Meanings(CONCEPTS)
MEGABYTE = 1 << 20
ALPHABET = "支払銀行はpay bank0.%\n!ßä_-"


def _table(labels: int, chosen: Mapping[int, tuple[int, ...]]) -> bytes:
    table = bytearray([ZERO] * labels * BUCKETS)
    for number, values in chosen.items():
        for at, value in enumerate(values):
            table[number * labels + at] = ZERO + value
    return bytes(table)


def _weights(chosen: Mapping[int, tuple[int, ...]], labels: int = 2) -> Weights:
    return Weights(dict.fromkeys("abcdefghijk"[:labels], CALIBRATION), _table(labels, chosen), MEANINGS)


def _sums(weights: Weights, sentence: str, *, reply: bool = False) -> tuple[list[int], int]:
    *sums, count = weights.sums([sentence], reply=reply)[0].tolist()
    return sums, count


def test_adds_up_each_label_apart() -> None:
    weights = _weights(dict.fromkeys(word_buckets("coupon"), (7, -127)))
    pieces = len(word_buckets("coupon"))
    assert _sums(weights, "coupon") == ([7 * pieces, -127 * pieces], pieces + 1)  # and the pair with what is before


def test_each_sentence_has_a_row_of_its_own() -> None:
    weights = _weights(dict.fromkeys(word_buckets("coupon"), (7, -127)))
    alone = [_sums(weights, sentence) for sentence in ("a coupon", "", "coupon")]
    for _ in range(2):
        rows = weights.sums(["a coupon", "", "coupon", "a coupon"]).tolist()
        assert [(row[:-1], row[-1]) for row in rows] == [*alone, alone[0]]
    assert weights.sums([]).shape == (0, 3)


def test_length_is_taken_out_by_its_root() -> None:
    weights = _weights({bucket("C:PAY"): (6, -2)})
    rows = weights.sums(["pay", ""])
    assert weights.freed(rows)[0].tolist() == pytest.approx(
        [6 * 0.5 / rows[0, -1] ** 0.5, -2 * 0.5 / rows[0, -1] ** 0.5]
    )
    assert weights.freed(rows)[1].tolist() == [0, 0]


def test_says_nothing_of_unknown_words() -> None:
    assert _sums(_weights({}), "something or 何か")[0] == [0, 0]


def test_what_is_spoken_of_adds_to_the_sums_and_not_to_the_length() -> None:
    weights = _weights({bucket("C:PAY"): (5, 1), bucket("P:PAY>BANK"): (20, 2)})
    assert _sums(weights, "pay to a bank")[0] == [25, 3]
    assert _sums(weights, "支払は銀行")[0] == [25, 3]
    assert _sums(weights, "pay")[1] == len(word_buckets("pay")) + 1


@settings(max_examples=200)
@given(st.lists(st.text(st.sampled_from(ALPHABET), max_size=60), max_size=4), st.booleans())
def test_is_what_training_reads(sentences: list[str], reply: bool) -> None:  # noqa: FBT001  # given by name
    read = [buckets(sentence, CONCEPTS, reply=reply) for sentence in sentences]
    every = {number for words, spoken in read for number in words + spoken}
    values = {number: (number % 255 - 127, number // 255 % 255 - 127) for number in every}
    weights = _weights(values)
    expected = [
        [*(sum(values[number][at] for number in words + spoken) for at in range(2)), len(words)]
        for words, spoken in read
    ]
    assert weights.sums(sentences, reply=reply).tolist() == expected
    assert weights.sums(sentences, reply=reply).tolist() == expected  # from memory


def test_says_the_same_after_it_has_forgotten() -> None:
    weights = _weights(dict.fromkeys(word_buckets("coupon"), (1, 1)))
    before = _sums(weights, "coupon")
    for number in range(300):
        weights.sums([" ".join(f"{chr(97 + number % 26)}{chr(97 + at % 26)}{chr(97 + at // 26)}" for at in range(100))])
    for number in range(5_000):
        weights.sums([f"pay {number}"])
    assert _sums(weights, "coupon") == before


def test_reads_what_it_writes(tmp_path: Path) -> None:
    table = _table(1, {bucket("coupon"): (9,)})
    write_weights(tmp_path / "weights.bin", {"one": CALIBRATION}, table)
    read = read_weights(tmp_path / "weights.bin")
    assert read.labels == {"one": CALIBRATION}
    assert _sums(read, "coupon") == ([9], len(word_buckets("coupon")) + 1)


def test_refuses_a_table_of_another_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="size"):
        Weights({"one": CALIBRATION}, b"\x80\x00\x00", MEANINGS)
    write_weights(tmp_path / "weights.bin", {"one": CALIBRATION}, b"\x80")
    with pytest.raises(ValueError, match="size"):
        read_weights(tmp_path / "weights.bin")


def test_is_small_as_packaged() -> None:
    assert PACKAGED.stat().st_size < 8 * MEGABYTE
    assert len(packaged().order) == 13
