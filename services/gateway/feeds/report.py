"""A feed's report as a file that spreadsheets open."""

from collections.abc import AsyncIterator
from uuid import UUID

from services.gateway.feeds import store
from services.gateway.feeds.models import FeedProblem
from shared.db import Database

COLUMNS = ("row", "order_id", "field", "problem", "advice")
_PAGE = 500
# Spreadsheets take a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@")


async def write_report(database: Database, feed_id: UUID) -> AsyncIterator[str]:
    """Yield the report as tab-separated lines, one for each problem, below their header."""
    yield "\t".join(COLUMNS) + "\n"
    after = 0
    while True:
        async with database.reading() as session:
            problems = await store.list_problems(session, feed_id, after, _PAGE)
        yield "".join(map(_write_line, problems))
        if len(problems) < _PAGE:
            return
        after = problems[-1].number


def _write_line(problem: FeedProblem) -> str:
    cells = (str(problem.row), problem.order_id or "", problem.field, problem.problem, problem.advice)
    return "\t".join(map(_write_cell, cells)) + "\n"


def _write_cell(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(_FORMULA) else line
