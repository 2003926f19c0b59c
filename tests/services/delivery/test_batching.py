"""Many small writes in few transactions, and none spoilt by another."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.batching import Batches
from shared.db import Database

pytestmark = pytest.mark.req("R-MAIL-3")


class Ledger:
    """A table, and how it was written to: numbers below 0 cannot be written, 0 is an outage."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder}/x.db", service="test")
        self.batches: list[list[int]] = []
        self.writer: Batches[int, int] = Batches(self.database.transaction, self._write, largest=10)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Ledger"]:
        async with self.database.transaction() as session:
            await (await session.connection()).execute(text("CREATE TABLE numbers (number INTEGER)"))
        running = asyncio.create_task(self.writer.run())
        try:
            yield self
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await self.database.close()

    async def count(self) -> int:
        async with self.database.reading() as session:
            return int((await (await session.connection()).execute(text("SELECT count(*) FROM numbers"))).scalar_one())

    async def _write(self, session: AsyncSession, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        if 0 in items:
            raise OperationalError("x", {}, Exception())
        connection = await session.connection()
        for item in items:
            await connection.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": item})
            if item < 0:
                raise ValueError("cannot be written")
        return [item * 2 for item in items]


async def test_what_comes_together_is_committed_together(tmp_path: Path) -> None:
    async with Ledger(tmp_path).open() as ledger:
        assert await asyncio.gather(*map(ledger.writer.submit, range(1, 31))) == [item * 2 for item in range(1, 31)]
        assert len(ledger.batches) < 10
        assert max(map(len, ledger.batches)) <= 10
        assert await ledger.count() == 30


async def test_one_bad_item_spoils_nobody_elses(tmp_path: Path) -> None:
    async with Ledger(tmp_path).open() as ledger:
        results = await asyncio.gather(*map(ledger.writer.submit, [1, 2, -1, 3, 4]), return_exceptions=True)
        assert [result for result in results if isinstance(result, int)] == [2, 4, 6, 8]
        assert isinstance(results[2], ValueError)
        assert await ledger.count() == 4


async def test_an_outage_fails_all_at_once_and_is_over_when_it_is_over(tmp_path: Path) -> None:
    async with Ledger(tmp_path).open() as ledger:
        results = await asyncio.gather(*map(ledger.writer.submit, [0, 1, 2]), return_exceptions=True)
        assert len(ledger.batches) <= 2
        assert isinstance(results[0], OperationalError)
        assert await ledger.writer.submit(5) == 10


async def test_who_stops_waiting_disturbs_nobody(tmp_path: Path) -> None:
    async with Ledger(tmp_path).open() as ledger:
        first = asyncio.create_task(ledger.writer.submit(1))
        second = asyncio.create_task(ledger.writer.submit(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == 4
        assert await ledger.writer.submit(3) == 6
