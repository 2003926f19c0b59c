"""What every test may ask for."""

import os

from hypothesis import settings

pytest_plugins = [
    "pytester",
    "tests.infrastructure.components",
    "tests.infrastructure.coverage",
    "tests.infrastructure.distribution",
    "tests.infrastructure.garbage",
    "tests.infrastructure.requirements",
    "tests.infrastructure.statements",
]

# How long an example takes says more about who else uses the machine than about the code.
settings.register_profile("tests", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=1_000, print_blob=True)
if "CI" not in os.environ:
    # There, hypothesis's own profile holds: the same examples in every run.
    settings.load_profile("tests")


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are cores: journeys mostly wait for processes of their own."""
    return (os.cpu_count() or 1) + 1
