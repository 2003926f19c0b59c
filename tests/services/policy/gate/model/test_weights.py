from pathlib import Path

import pytest

from services.policy.gate.model.line import Calibration, Line
from services.policy.gate.model.pieces import BUCKETS, ZERO
from services.policy.gate.model.weights import PACKAGED, Weights, packaged, read_weights, write_weights

pytestmark = pytest.mark.req("R-POLICY-2")

CALIBRATION = Calibration(
    0.5,
    Line(0.1, {"one": 1.0}, {"one": 0.25, "two": -0.5}, {"two": 0.5}, 2.0, -1.0, 0.75),
    Line(0.2, {"one": 1.5}, {}, {}, 1.0, -0.5, 0.125),
)
MEGABYTE = 1 << 20


def test_reads_what_it_writes(tmp_path: Path) -> None:
    table = bytearray([ZERO] * 2 * BUCKETS)
    table[2 * 7 + 1] = ZERO + 9
    write_weights(tmp_path / "weights.bin", {"one": CALIBRATION, "two": CALIBRATION}, bytes(table))
    read = read_weights(tmp_path / "weights.bin")
    assert read.labels == {"one": CALIBRATION, "two": CALIBRATION}
    assert read.order == ("one", "two")
    assert read.scales.tolist() == [0.5, 0.5]
    assert read.table.shape == (BUCKETS, 2)
    assert read.table[7].tolist() == [ZERO, ZERO + 9]


def test_refuses_a_table_of_another_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="size"):
        Weights({"one": CALIBRATION}, b"\x80\x00\x00")
    write_weights(tmp_path / "weights.bin", {"one": CALIBRATION}, b"\x80")
    with pytest.raises(ValueError, match="size"):
        read_weights(tmp_path / "weights.bin")


def test_is_small_as_packaged() -> None:
    assert PACKAGED.stat().st_size < 8 * MEGABYTE
    assert len(packaged().order) == 13
