"""Tests marked `no_cover` run without anybody counting their lines.

pytest-cov stops itself around them. In a worker of pytest-xdist two more are counting: what coverage starts in any
process, and what pytest-cov started before it knew that it is in a worker. They would go on.
"""

from collections.abc import Generator

import pytest
from coverage import Coverage


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Stop whoever counts, the last that began first; let them go on after the test."""
    stopped = []
    while item.get_closest_marker("no_cover") and (counting := Coverage.current()):
        counting.stop()
        stopped.append(counting)
    try:
        return (yield)
    finally:
        for counting in reversed(stopped):
            counting.start()
