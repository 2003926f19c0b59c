"""Ties tests to the requirements that they prove.

`@pytest.mark.req("R-MAIL-3")` names one; `pytest --req R-MAIL-3` runs its tests only; `pytest --req-report` ends with
what is proven and what is not, going by the headings and numbers of `docs/requirements.md`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

PROPERTY = "req"
FORM = re.compile(r"R-[A-Z]+-\d+")
SECTION = re.compile(r"^#+ (R-[A-Z]+)\b")
NUMBERED = re.compile(r"^(\d+)\. ")


def parse_requirements(text: str) -> list[str]:
    """Answer the ids of a requirements page in its order: every numbered line under a heading `R-NAME` is one."""
    ids: list[str] = []
    section = None
    for line in text.splitlines():
        if line.startswith("#"):
            heading = SECTION.match(line)
            section = heading[1] if heading else None
        elif section and (number := NUMBERED.match(line)):
            ids.append(f"{section}-{number[1]}")
    return ids


def requirements_of(item: pytest.Item) -> list[str]:
    """Answer the ids that a test names, its class's and module's included; `UsageError` for one of a wrong form."""
    ids = [name for marker in item.iter_markers("req") for name in marker.args]
    for name in ids:
        if not isinstance(name, str) or not FORM.fullmatch(name):
            raise pytest.UsageError(f"{item.nodeid}: {name!r} is no requirement id such as R-MAIL-3")
    if not ids and item.get_closest_marker("req"):
        raise pytest.UsageError(f"{item.nodeid}: the req mark names no requirement")
    return list(dict.fromkeys(ids))


def _known(config: pytest.Config) -> list[str]:
    page: Path = config.rootpath / "docs" / "requirements.md"
    return parse_requirements(page.read_text()) if page.is_file() else []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("requirements")
    group.addoption("--req", action="append", default=[], metavar="ID", help="run only the tests of requirement ID")
    group.addoption("--req-report", action="store_true", help="end with what each requirement's tests showed")


def pytest_configure(config: pytest.Config) -> None:
    """Check the ids asked for."""
    for name in config.getoption("--req"):
        if not FORM.fullmatch(name):
            raise pytest.UsageError(f"--req {name}: no requirement id such as R-MAIL-3")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check every test's ids and keep what `--req` asks for."""
    known = set(_known(config))
    for item in items:
        ids = requirements_of(item)
        if known and (unknown := set(ids) - known):
            raise pytest.UsageError(f"{item.nodeid}: docs/requirements.md has no {', '.join(sorted(unknown))}")
        # Properties travel with the reports, from pytest-xdist's workers too.
        item.user_properties.extend((PROPERTY, name) for name in ids)
    wanted = set(config.getoption("--req"))
    if wanted:
        _select(config, items, wanted)


def _select(config: pytest.Config, items: list[pytest.Item], wanted: set[str]) -> None:
    chosen = [item for item in items if wanted.intersection(requirements_of(item))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the report, if it was asked for."""
    if not config.getoption("--req-report"):
        return
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for outcome in ("passed", "failed", "error", "skipped", "xfailed"):
        for report in terminalreporter.stats.get(outcome, []):
            # A module that was skipped as a whole has none.
            for key, name in getattr(report, "user_properties", ()):
                if key == PROPERTY:
                    outcomes[name][outcome] += 1
    terminalreporter.section("requirements")
    for line in report_lines(outcomes, _known(config)):
        terminalreporter.write_line(line)


def report_lines(outcomes: dict[str, Counter[str]], known: Iterable[str]) -> list[str]:
    """Answer a line per requirement, in the page's order or, where there is no page, by name, and a sum."""
    names = list(known) or sorted(outcomes)
    lines = []
    for name in names:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.get(name, Counter()).items())
        lines.append(f"{name:<14} {counts or 'no test'}")
    proven = [name for name in names if is_proven(outcomes.get(name, Counter()))]
    return [*lines, f"{len(proven)} of {len(names)} requirements proven"]


def is_proven(counts: Counter[str]) -> bool:
    """Tell whether a requirement has tests and all that ran passed."""
    return counts["passed"] > 0 and counts["failed"] + counts["error"] == 0
