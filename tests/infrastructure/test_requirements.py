from collections import Counter

import pytest

from tests.infrastructure.requirements import is_proven, parse_requirements, report_lines

PAGE = """
# Requirements
1. not under a requirement's heading
## R-MAIL: delivery
1. First.
2. Second
   continued: 3. no number of its own
## Other things
1. no requirement
## R-ALIAS: addresses
1. First.
"""

PROVING = """
import pytest

pytestmark = pytest.mark.req("R-MAIL-1")

@pytest.mark.req("R-ALIAS-1")
def test_both():
    pass

def test_mail():
    assert False
"""


def plugged(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest("-p", "tests.infrastructure.requirements", "-p", "no:asyncio", *arguments)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nmarkers = req: requirements")
    pytester.makepyfile(PROVING)
    return pytester


def test_page_is_read_by_heading_and_number() -> None:
    assert parse_requirements(PAGE) == ["R-MAIL-1", "R-MAIL-2", "R-ALIAS-1"]


def test_option_selects_the_tests_of_a_requirement(project: pytest.Pytester) -> None:
    plugged(project, "--req", "R-ALIAS-1").assert_outcomes(passed=1, deselected=1)


def test_report_counts_outcomes_and_names_what_has_no_test(project: pytest.Pytester) -> None:
    project.mkdir("docs").joinpath("requirements.md").write_text(PAGE)
    result = plugged(project, "--req-report")
    result.stdout.fnmatch_lines(
        ["R-MAIL-1 * 1 passed, 1 failed", "R-MAIL-2 * no test", "R-ALIAS-1 * 1 passed", "1 of 3 requirements proven"]
    )


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        ('"R-MAIL"', "*'R-MAIL' is no requirement id*"),
        ('"r-mail-1"', "*'r-mail-1' is no requirement id*"),
        ("3", "*3 is no requirement id*"),
        ("", "*names no requirement*"),
    ],
)
def test_malformed_id_stops_the_run(project: pytest.Pytester, mark: str, complaint: str) -> None:
    project.makepyfile(f"import pytest\n\n@pytest.mark.req({mark})\ndef test_it():\n    pass\n")
    result = plugged(project)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([complaint])


def test_id_that_the_page_does_not_have_stops_the_run(project: pytest.Pytester) -> None:
    project.mkdir("docs").joinpath("requirements.md").write_text("## R-MAIL: delivery\n1. First.\n")
    result = plugged(project)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*docs/requirements.md has no R-ALIAS-1*"])


def test_selection_of_a_malformed_id_is_refused(project: pytest.Pytester) -> None:
    assert plugged(project, "--req", "MAIL-1").ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    ("counts", "proven"),
    [
        ({"passed": 2}, True),
        ({"passed": 1, "failed": 1}, False),
        ({"skipped": 3}, False),
        ({"passed": 1, "error": 1}, False),
    ],
)
def test_proof_needs_a_pass_and_no_failure(counts: dict[str, int], proven: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_proven(Counter(counts)) is proven


def test_report_without_a_page_lists_what_is_tested() -> None:
    assert report_lines({"R-MAIL-1": Counter(passed=1)}, []) == [
        "R-MAIL-1       1 passed",
        "1 of 1 requirements proven",
    ]
