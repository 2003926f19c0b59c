"""Rows that a transaction writes last, all of one statement together.

For what hardly anything in the same transaction reads again: a batch of events then writes a table once, not once per
event. What does read it asks for it to be written first.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Insert, Update, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import SessionWithEvents

_PENDING = "pending_rows"
_SAVEPOINTS = "rows_before_savepoints"


def write_last(session: AsyncSession, statement: Insert | Update, *rows: Mapping[str, Any]) -> None:
    """Execute `statement` with `rows` when this session commits, after everything that it changed before.

    Give the same statement object each time: what shares it goes to the database together, in the order given.
    """
    session.info.setdefault(_PENDING, []).extend((statement, row) for row in rows)


async def write_now(session: AsyncSession) -> None:
    """Write what is pending, and what else changed, so that a query sees it.

    Within a savepoint what was pending before it stays so: it must not go when the savepoint is rolled back.
    """
    await session.run_sync(_write_since_savepoint)


@event.listens_for(SessionWithEvents, "after_transaction_create")
def _mark_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(session.info.get(_PENDING, ()))


@event.listens_for(SessionWithEvents, "before_commit")
def _write_pending(session: Session) -> None:
    if not session.in_nested_transaction():
        _write(session, since=0)


def _write_since_savepoint(session: Session) -> None:
    savepoint = session.get_nested_transaction()
    _write(session, since=session.info[_SAVEPOINTS][savepoint] if savepoint else 0)


def _write(session: Session, since: int) -> None:
    pending: list[tuple[Insert | Update, Mapping[str, Any]]] = session.info.get(_PENDING, [])
    rows_of: dict[Insert | Update, list[Mapping[str, Any]]] = {}
    for statement, row in pending[since:]:
        rows_of.setdefault(statement, []).append(row)
    del pending[since:]
    session.flush()
    for statement, rows in rows_of.items():
        session.connection().execute(statement, rows)


@event.listens_for(SessionWithEvents, "after_soft_rollback")
def _drop_pending(session: Session, transaction: SessionTransaction) -> None:
    # What was written before a savepoint stays when only the savepoint is rolled back.
    written_before = session.info.get(_SAVEPOINTS, {}).pop(transaction, 0)
    del session.info.get(_PENDING, [])[written_before:]
