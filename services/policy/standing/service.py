"""Use cases of standing: note violations, let time pass, rule as operators decide. Every change is told and audited."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.standing import store
from services.policy.standing.domain import (
    AUTOMATIC,
    Assessment,
    Ruling,
    Standing,
    Steps,
    Tally,
    assess,
    explain,
    find_window_start,
    list_violations,
)
from services.policy.standing.models import StandingChange, StandingRow
from shared.contracts.facts import DecisionFacts
from shared.contracts.policy import StandingChanged
from shared.db import Database, lock_until_commit
from shared.outbox import emit

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A seller's standing at a moment, and what it stands on; `row` is None for one who always stood well."""

    assessment: Assessment
    tallies: tuple[Tally, ...]
    row: StandingRow | None


async def find_standing(session: AsyncSession, seller_id: str, steps: Steps, now: datetime) -> Found:
    """Return how a seller stands at `now`, whatever the row still says."""
    row = await store.get_standing(session, seller_id)
    since = find_window_start(steps, row.forgiven_at if row else None, now)
    tallies = tuple(await store.tally(session, seller_id, since))
    ruling = Ruling(row.standing, row.until) if row is not None and row.ruled else None
    return Found(assess(tallies, ruling, steps, now), tallies, row)


async def read_standing(session: AsyncSession, seller_id: str, steps: Steps, now: datetime) -> Standing:
    """Return the standing that a decision goes by; for almost everyone that is one look-up."""
    row = await store.get_standing(session, seller_id)
    if row is None or (row.standing is Standing.GOOD and not row.ruled):
        return Standing.GOOD
    return (await find_standing(session, seller_id, steps, now)).assessment.standing


async def note_decision(
    session: AsyncSession, seller_id: str, message_id: UUID, decision: DecisionFacts, steps: Steps
) -> None:
    """Count what a seller's message violated; the step that follows holds from the next message on."""
    violated = list_violations(decision.findings, steps)
    if violated:
        await store.insert_violations(session, seller_id, message_id, violated, decision.decided_at)
        await reassess(session, seller_id, steps, decision.decided_at)


async def overturn(session: AsyncSession, seller_id: str, message_id: UUID, steps: Steps, now: datetime) -> None:
    """Let a message count no more, as an operator found it good, and draw the consequence."""
    await store.overturn_violations(session, message_id)
    await reassess(session, seller_id, steps, now)


async def reassess(session: AsyncSession, seller_id: str, steps: Steps, now: datetime) -> Standing:
    """Bring a seller's standing up to date with count and time; return it."""
    await _hold(session, seller_id)
    found = await find_standing(session, seller_id, steps, now)
    wanted = found.assessment.standing
    before = found.row.standing if found.row else Standing.GOOD
    ended = found.row is not None and found.row.ruled and not found.assessment.ruled
    if wanted is not before or ended:
        cause = explain(found.assessment, found.tallies, steps)
        row = _change(found.row, seller_id, now)
        row.ruled, row.until = False, None
        await _save(session, row, before, wanted, cause=cause, by=AUTOMATIC, now=now)
    return wanted


async def rule(  # noqa: PLR0913 - what a ruling consists of
    session: AsyncSession,
    seller_id: str,
    standing: Standing,
    *,
    reason: str,
    by: str,
    until: datetime | None,
    now: datetime,
) -> None:
    """Set a seller's standing, whatever the count says, until `until` or until it is lifted."""
    await _hold(session, seller_id)
    known = await store.get_standing(session, seller_id)
    before = known.standing if known else Standing.GOOD
    row = _change(known, seller_id, now)
    row.ruled, row.until = True, until
    await _save(session, row, before, standing, cause=reason, by=by, now=now)


async def lift(session: AsyncSession, seller_id: str, *, reason: str, by: str, now: datetime) -> bool:
    """End a ruling or restriction and forgive all violations so far; False if there was nothing to lift."""
    await _hold(session, seller_id)
    known = await store.get_standing(session, seller_id)
    if known is None or (known.standing is Standing.GOOD and not known.ruled):
        return False
    before = known.standing
    known.ruled, known.until, known.forgiven_at = False, None, now
    await _save(session, known, before, Standing.GOOD, cause=reason, by=by, now=now)
    return True


async def let_time_pass(database: Database, steps: Steps, now: datetime) -> int:
    """Bring every standing that time may have changed up to date, each in a transaction; return how many."""
    after, looked_at = "", 0
    while True:
        async with database.reading() as session:
            seller_ids = await store.list_passing(session, now, _PAGE, after)
        for seller_id in seller_ids:
            async with database.transaction() as session:
                await reassess(session, seller_id, steps, now)
        looked_at += len(seller_ids)
        if len(seller_ids) < _PAGE:
            return looked_at
        after = seller_ids[-1]


async def watch(database: Database, steps: Steps, seconds: float) -> None:
    """Let time pass every so many seconds, until cancelled."""
    while True:
        await let_time_pass(database, steps, datetime.now(UTC))
        await asyncio.sleep(seconds)


async def _hold(session: AsyncSession, seller_id: str) -> None:
    await lock_until_commit(session, f"standing {seller_id}")


def _change(known: StandingRow | None, seller_id: str, now: datetime) -> StandingRow:
    if known is not None:
        return known
    return StandingRow(
        seller_id=seller_id, standing=Standing.GOOD, since=now, cause="", changed_by=AUTOMATIC, ruled=False
    )


async def _save(  # noqa: PLR0913 - a change and its audit
    session: AsyncSession, row: StandingRow, before: Standing, after: Standing, *, cause: str, by: str, now: datetime
) -> None:
    """Keep, audit and, where the standing itself changed, tell it."""
    row.standing, row.cause, row.changed_by = after, cause, by
    if before is not after:
        row.since = now
    session.add(row)
    session.add(
        StandingChange(
            seller_id=row.seller_id,
            standing=after,
            previous=before,
            cause=cause,
            changed_by=by,
            changed_at=now,
            until=row.until,
        )
    )
    await session.flush()
    if before is not after:
        emit(
            session,
            StandingChanged(
                seller_id=row.seller_id,
                standing=after,
                previous=before,
                cause=cause,
                changed_by=by,
                changed_at=now,
                marketplace=await store.find_marketplace(session, row.seller_id),
            ),
        )
