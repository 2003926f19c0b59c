import pytest

from tests.infrastructure.loops import ROOT

PROBE = """
import sys
import pytest

@pytest.mark.no_cover
def test_unseen() -> None: assert sys.gettrace() is None

def test_seen() -> None: assert sys.gettrace() is not None

@pytest.mark.no_cover
def test_unseen_again() -> None: assert sys.gettrace() is None
"""


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_whoever_counts_lines_stops_for_tests_that_say_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    (pytester.path / ".coveragerc").write_text("[run]\npatch = subprocess\nparallel = true\n")
    pytester.makeconftest('pytest_plugins = ["tests.infrastructure.coverage"]')
    pytester.makepyfile(PROBE)
    pytester.runpytest_subprocess(workers, "--cov=.", "--cov-report=").assert_outcomes(passed=3)
