"""Replay as an operator runs it: against this installation's database, with progress on standard error."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime

import typer
from sqlalchemy.exc import SQLAlchemyError

from services.policy.gate.ruleset import RuleSet
from services.policy.replay.domain import Report, write_report
from services.policy.replay.service import Replay
from services.policy.settings import Settings
from shared.blobs import BlobStore
from shared.db import Database
from shared.misconfiguration import MisconfiguredError


def play(rules: RuleSet, since: datetime, until: datetime, examples: int) -> Sequence[str]:
    """Judge anew what was decided from `since` on and before `until`; return the report's lines.

    Raises `MisconfiguredError` where keys, blob store or database cannot be used.
    """
    try:
        report = asyncio.run(_play(Settings(), rules, since, until, examples))
    except SQLAlchemyError as error:
        raise MisconfiguredError(f"TRAMITE_POLICY_DATABASE_URL: {type(error).__name__}") from None
    return list(write_report(report))


async def _play(settings: Settings, rules: RuleSet, since: datetime, until: datetime, examples: int) -> Report:
    database = Database(settings.database_url, service="policy", pool=settings.database_pool)
    replay = Replay(database, BlobStore(settings.blob_location(), settings.key_ring()), rules)
    try:
        total = await replay.count(since, until)
        with typer.progressbar(length=total, label=f"{total} messages", file=sys.stderr) as bar:
            return await replay.run(since, until, examples=examples, advance=bar.update)
    finally:
        await database.close()
