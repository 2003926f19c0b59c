import pytest

from tests.infrastructure.distribution import needs_broker
from tests.infrastructure.loops import ROOT


def test_files_that_use_the_broker_are_known() -> None:
    for file in ("infrastructure/test_kafka.py", "journeys/test_distributed.py", "shared/test_bus.py"):
        assert needs_broker(ROOT / "tests" / file)
    assert not needs_broker(ROOT / "tests/shared/test_outbox.py")


def test_each_file_goes_to_one_worker_and_those_of_the_broker_to_the_same(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest('pytest_plugins = ["tests.infrastructure.distribution"]')
    said = "import os\n\ndef test_{0}{1}() -> None: print('{0}', os.environ['PYTEST_XDIST_WORKER'])  # {2}\n"
    # One by one, the first two files go to two workers, and the next two as well, as two tests are not enough to do.
    for name in "abcdefgh":
        words = "" if name in "ab" else "KafkaBroker"
        pytester.makepyfile(**{f"test_{name}": "".join(said.format(name, n, words) for n in range(2))})
    lines = pytester.runpytest_subprocess("-n2", "--dist=loadfile", "--no-loadscope-reorder", "-rP").outlines
    where = {line for line in lines if line[1:].startswith(" gw")}
    workers = dict(line.split() for line in where)
    assert len(where) == len(workers) == 8
    assert len({workers[name] for name in "cdefgh"}) == 1
