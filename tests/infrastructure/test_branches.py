from pathlib import Path

import orjson
import pytest

from tests.infrastructure.branches import branches_by_package, main, verdict


def report(*files: tuple[str, int, int]) -> dict[str, object]:
    return {
        "files": {name: {"summary": {"covered_branches": taken, "num_branches": total}} for name, taken, total in files}
    }


def test_files_are_summed_by_package() -> None:
    found = branches_by_package(report(("services/a.py", 1, 2), ("services/b/c.py", 3, 4), ("shared/d.py", 0, 0)))
    assert found == {"services": (4, 6), "shared": (0, 0)}


@pytest.mark.parametrize(("taken", "enough"), [(89, False), (90, True), (100, True)])
def test_ninety_of_a_hundred_are_enough(taken: int, enough: bool) -> None:  # noqa: FBT001  # a table's column
    assert verdict({"services": (taken, 100)})[1] is enough


def test_one_good_package_does_not_hide_a_bad_one() -> None:
    lines, enough = verdict({"services": (100, 100), "shared": (1, 2)})
    assert not enough
    assert lines[1] == "shared      50.0 % of 2 branches taken; wanted are 90 %"


def test_status_tells_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "coverage.json"
    path.write_bytes(orjson.dumps(report(("shared/d.py", 0, 2))))
    assert main(str(path)) == 1
    assert "shared" in capsys.readouterr().out
    path.write_bytes(orjson.dumps(report(("shared/d.py", 2, 2))))
    assert main(str(path)) == 0
