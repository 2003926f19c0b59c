import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from shared import sqlite


async def test_statements_run_in_the_loop_and_waits_in_a_thread(tmp_path: Path) -> None:
    threads: dict[str, int] = {}
    async with sqlite.connect(str(tmp_path / "a.db"), isolation_level=None) as connection:
        await connection.set_trace_callback(lambda sql: threads.setdefault(sql.split()[0], threading.get_ident()))
        for statement in ("BEGIN IMMEDIATE", "CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1)"):
            await connection.execute(statement)
        await connection.commit()
    here = threading.get_ident()
    assert {word for word, thread in threads.items() if thread == here} == {"CREATE", "INSERT"}
    assert {word for word, thread in threads.items() if thread != here} == {"BEGIN", "COMMIT"}


async def test_a_reader_begins_in_the_loop(tmp_path: Path) -> None:
    threads: list[int] = []
    async with sqlite.connect(str(tmp_path / "a.db"), isolation_level=None) as connection:
        await connection.set_trace_callback(lambda _sql: threads.append(threading.get_ident()))
        await connection.execute("BEGIN")
        await connection.rollback()
    assert set(threads) == {threading.get_ident()}


async def test_waiting_for_another_process_lock_leaves_the_loop_free(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    async with sqlite.connect(str(tmp_path / "a.db"), isolation_level=None, timeout=10) as connection:
        begin = asyncio.create_task(connection.execute("BEGIN IMMEDIATE"))
        await asyncio.sleep(0)
        assert not begin.done()
        other.execute("COMMIT")
        await asyncio.wait_for(begin, 10)
        await connection.commit()
    other.close()


async def test_errors_reach_the_caller(tmp_path: Path) -> None:
    async with sqlite.connect(str(tmp_path / "a.db")) as connection:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await connection.execute("SELECT * FROM missing")


async def test_what_follows_a_cancelled_wait_queues_behind_it(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    connection = await sqlite.connect(str(tmp_path / "a.db"), isolation_level=None, timeout=10)
    begin = asyncio.create_task(connection.execute("BEGIN IMMEDIATE"))
    await asyncio.sleep(0)
    begin.cancel()
    closing = asyncio.create_task(connection.close())
    _, waiting = await asyncio.wait([closing], timeout=0.1)
    assert waiting
    other.execute("COMMIT")
    await asyncio.wait_for(closing, 10)
    other.execute("BEGIN IMMEDIATE")
    other.close()
