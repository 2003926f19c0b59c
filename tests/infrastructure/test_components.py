"""How a run speaks of its components, seen from outside: each test is a run of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.infrastructure import postgres

ROOT = Path(__file__).parents[2]


def bare(folder: Path) -> dict[str, str]:
    """Answer the environment of a machine with neither Java nor PostgreSQL on its PATH, nor Docker."""
    return {"PATH": str(folder), "HOME": str(folder), "DOCKER_HOST": f"unix://{folder}/docker.sock"}


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    return bare(tmp_path)


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_header_names_the_components(bare_machine: dict[str, str]) -> None:
    said = run(bare_machine, "tests/infrastructure/test_demands.py", "--collect-only").stdout
    assert "kafka: librdkafka's mock cluster (no KAFKA_BOOTSTRAP_SERVERS" in said
    assert "postgres: " in said


def test_required_kafka_cannot_be_replaced_by_the_mock_cluster(bare_machine: dict[str, str]) -> None:
    done = run(bare_machine | {"TRAMITE_REQUIRE": "kafka"}, "tests/infrastructure/test_demands.py")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "a real Kafka is required" in done.stderr


def test_required_promtool_must_be_there(bare_machine: dict[str, str]) -> None:
    done = run(bare_machine | {"TRAMITE_REQUIRE": "promtool"}, "tests/infrastructure/test_demands.py")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "promtool is required" in done.stderr


def test_misspelt_demand_is_refused(bare_machine: dict[str, str]) -> None:
    done = run(bare_machine | {"TRAMITE_REQUIRE": "postgers"}, "tests/infrastructure/test_demands.py")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "names postgers" in done.stderr


def test_tests_of_a_missing_postgres_are_skipped_by_name(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "DEBIAN_FOLDER", tmp_path)
    for name, value in bare(tmp_path).items():
        monkeypatch.setenv(name, value)
    for name in ("POSTGRES_URL", "TRAMITE_REQUIRE"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\nmarkers =\n  kafka\n  postgres\n")
    pytester.makepyfile("def test_table(postgres): pass")
    result = pytester.runpytest("-p", "tests.infrastructure.components", "-p", "no:asyncio", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["postgres: none (no POSTGRES_URL*", "SKIPPED*PostgreSQL: none*"])


def test_tests_are_marked_by_the_components_they_use(bare_machine: dict[str, str]) -> None:
    done = run(bare_machine, "tests/infrastructure", "--collect-only", "-q", "-m", "postgres")
    assert "test_postgres.py::test_table_keeps_its_rows" in done.stdout
    assert "test_kafka.py" not in done.stdout
