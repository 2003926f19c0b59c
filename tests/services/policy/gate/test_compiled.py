import os
import subprocess
import sys

import pytest

from services.policy.gate.compiled import is_compiled
from tests.infrastructure.components import COMPILED
from tests.infrastructure.loops import ROOT, list_sources

pytestmark = pytest.mark.req("R-POLICY-2")

SOURCES = [source.relative_to(ROOT) for source in list_sources(ROOT).values()]


def test_loops_are_what_the_header_says(pytestconfig: pytest.Config) -> None:
    assert is_compiled() is pytestconfig.stash[COMPILED]


def test_compiled_modules_pass_their_tests_plainly_too() -> None:
    tests = [str(ROOT / "tests" / source.parent / f"test_{source.name}") for source in SOURCES]
    options = ["-p", "tests.infrastructure.plain", "-p", "no:cacheprovider"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", *options, *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "loops: plain" in done.stdout


def test_a_run_can_be_told_to_be_plain() -> None:
    told = "import tests.infrastructure.plain, services.policy.gate.compiled as c; print(c.is_compiled())"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
