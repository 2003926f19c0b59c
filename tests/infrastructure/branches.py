"""Refuse a run whose tests took fewer than 90 of 100 branches of the services, or of what they share.

`python -m tests.infrastructure.branches REPORT`, on coverage's JSON report: coverage's own limit mixes lines and
branches and all packages, and many plain lines can hide a package whose branches nobody tried.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

WANTED_PERCENT = 90.0


def branches_by_package(report: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Answer, by top-level package, how many branches were taken and how many there are."""
    taken: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for name, file in report["files"].items():
        package = Path(name).parts[0]
        taken[package] += file["summary"]["covered_branches"]
        total[package] += file["summary"]["num_branches"]
    return {package: (taken[package], total[package]) for package in sorted(total)}


def verdict(branches: Mapping[str, tuple[int, int]]) -> tuple[list[str], bool]:
    """Answer a line per package, and whether each has enough; a package without branches has."""
    lines, enough = [], True
    for package, (taken, total) in branches.items():
        percent = 100.0 * taken / total if total else 100.0
        enough = enough and percent >= WANTED_PERCENT
        lines.append(f"{package:<10} {percent:5.1f} % of {total} branches taken; wanted are {WANTED_PERCENT:g} %")
    return lines, enough


def main(path: str) -> int:
    """Print the verdict on the report at `path`; answer 1 if it is no."""
    lines, enough = verdict(branches_by_package(orjson.loads(Path(path).read_bytes())))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
