"""The targets hold on what fuzzing begins with, and on what it found before."""

from pathlib import Path

import pytest

from tests.fuzz.seeds import SEEDS, write_corpus
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-3")


@pytest.mark.parametrize("name", SEEDS)
def test_seeds_end_well(name: str) -> None:
    seeds = SEEDS[name]()
    assert len(seeds) >= 4
    for octets in seeds:
        TARGETS[name](octets)


def test_every_target_has_seeds() -> None:
    assert SEEDS.keys() == TARGETS.keys()


def test_a_corpus_is_a_folder_of_files(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", [b"one", b"two"])
    assert [path.read_bytes() for path in sorted((tmp_path / "corpus").iterdir())] == [b"one", b"two"]
