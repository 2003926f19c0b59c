from pathlib import Path

import pytest

from services.policy.gate.model.pieces import BUCKETS, buckets
from services.policy.gate.model.weights import (
    FIELD,
    PACKAGED,
    ZERO,
    Calibration,
    Weights,
    packaged,
    read_weights,
    write_weights,
)

pytestmark = pytest.mark.req("R-POLICY-2")

CALIBRATION = Calibration(0.5, 0.1, 1.0, 0.25, 2.0, -1.0, 0.75)
MEGABYTE = 1 << 20


def _table(labels: int, **chosen: tuple[int, ...]) -> bytes:
    table = bytearray(bytes([ZERO, 0, 0] * labels) * BUCKETS)
    for unit, values in chosen.items():
        for bucket in set(buckets(unit)):
            for at, value in enumerate(values):
                table[(bucket * labels + at) * FIELD] = ZERO + value
    return bytes(table)


def test_adds_up_each_label_apart() -> None:
    weights = Weights({"one": CALIBRATION, "two": CALIBRATION}, _table(2, coupon=(7, -127)))
    pieces = len(buckets("coupon"))
    sums, count = weights.add(["coupon"])
    assert (sums, count) == ([7 * pieces, -127 * pieces], pieces)
    assert weights.add(["coupon"] * 100) == ([700 * pieces, -12700 * pieces], 100 * pieces)


def test_says_nothing_of_unknown_words() -> None:
    weights = Weights({"one": CALIBRATION}, _table(1))
    assert weights.add(["something", "^ something", "~何か"])[0] == [0]


def test_never_counts_beyond_its_fields() -> None:
    weights = Weights({"one": CALIBRATION}, _table(1, coupon=(127,)))
    sums, count = weights.add(["coupon"] * 10_000)
    assert sums[0] == 127 * count
    assert count <= 1 << 16


def test_reads_what_it_writes(tmp_path: Path) -> None:
    table = _table(1, coupon=(9,))
    write_weights(tmp_path / "weights.bin", {"one": CALIBRATION}, table)
    read = read_weights(tmp_path / "weights.bin")
    assert read.labels == {"one": CALIBRATION}
    assert read.add(["coupon"]) == Weights({"one": CALIBRATION}, table).add(["coupon"])


def test_refuses_a_table_of_another_size() -> None:
    with pytest.raises(ValueError, match="size"):
        Weights({"one": CALIBRATION}, b"\x80\x00\x00")


def test_is_small_as_packaged() -> None:
    assert PACKAGED.stat().st_size < 3 * MEGABYTE
    assert len(packaged().order) * FIELD * BUCKETS < 10 * MEGABYTE
