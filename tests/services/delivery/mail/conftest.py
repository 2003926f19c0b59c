"""Counts that the corpus tests report at the end of a run."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", []):
            if name == "mail corpus":
                terminalreporter.write_line(f"mail corpus: {value}")
