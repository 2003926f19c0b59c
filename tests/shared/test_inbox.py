from dataclasses import replace

from shared import inbox
from shared.consumer import Consumer, Patience
from shared.db import Database
from shared.events import Record
from shared.metrics import ServiceMetrics
from tests.shared.notes import Noted, Troubles, list_numbers, note, on_noted


async def bury(database: Database, *records: Record) -> None:
    async with database.transaction() as session:
        for record in records:
            await inbox.bury(session, record, "made to fail", 3)


async def list_ids(database: Database, limit: int = 100, after: int = 0) -> list[int]:
    async with database.reading() as session:
        return [row["id"] for row in await inbox.list_dead(session, limit, after)]


async def test_an_id_is_new_once(database: Database) -> None:
    async with database.transaction() as session:
        assert await inbox.claim_new(session, ["a", "b", "a"]) == {"a", "b"}
        assert await inbox.claim_new(session, ["b", "c"]) == {"c"}
    async with database.transaction() as session:
        assert await inbox.claim_new(session, ["a", "b", "c"]) == set()


async def test_ids_are_forgotten_by_age_only(database: Database) -> None:
    async with database.transaction() as session:
        await inbox.claim_new(session, ["a", "b"])
    async with database.transaction() as session:
        assert await inbox.purge_inbox(session, days=1) == 0
        assert await inbox.purge_inbox(session, days=-1) == 2


async def test_dead_letters_are_listed_in_pages_in_order_of_death(database: Database) -> None:
    await bury(database, *(note(number) for number in range(5)))
    ids = await list_ids(database)
    assert len(ids) == 5
    assert ids == sorted(ids)
    assert await list_ids(database, limit=2) == ids[:2]
    assert await list_ids(database, after=ids[2]) == ids[3:]


async def test_a_dead_letter_keeps_all_that_is_needed_to_try_again(database: Database) -> None:
    record = note(1, "thread")
    await bury(database, record)
    [dead_id] = await list_ids(database)
    async with database.reading() as session:
        row = await inbox.get_dead(session, dead_id)
        assert row is not None
        assert Record(row["topic"], row["key"], row["value"], row["headers"]) == record
        assert (row["cause"], row["attempts"]) == ("made to fail", 3)
        assert await inbox.get_dead(session, dead_id + 1) is None
        assert await inbox.count_dead(session) == 1


async def test_only_what_was_asked_for_is_taken_oldest_first(database: Database) -> None:
    await bury(database, *(note(number) for number in range(4)))
    ids = await list_ids(database)
    async with database.transaction() as session:
        assert await inbox.request_retry(session, [ids[2], ids[1], 999_999]) == 2
    async with database.transaction() as session:
        assert [row["id"] for row in await inbox.take_retries(session, limit=1)] == [ids[1]]
    async with database.transaction() as session:
        assert [row["id"] for row in await inbox.take_retries(session, limit=10)] == [ids[2]]
    assert await list_ids(database) == [ids[0], ids[3]]


async def test_a_foreign_record_finds_its_grave_whatever_its_key(database: Database) -> None:
    await bury(database, replace(note(1), key="\0" + "k" * 1_000))
    async with database.reading() as session:
        [row] = await inbox.list_dead(session)
    assert row["key"] == "\N{REPLACEMENT CHARACTER}" + "k" * 199


async def test_records_without_a_usable_id_die_one_by_one_and_hold_up_nobody(database: Database) -> None:
    good = note(9, "good")
    nameless = [
        replace(note(number), headers={"ce_type": "noted.v1", "ce_id": bad})
        for number, bad in enumerate(["", "", "x" * 300, "a\0b"])
    ]
    consumer = Consumer(database, {Noted: on_noted}, Troubles(), ServiceMetrics("notes"), Patience(2, 0.001))
    await consumer.handle([*nameless, good])
    await consumer.handle(nameless)
    assert await list_numbers(database) == [9]
    async with database.reading() as session:
        dead = await inbox.list_dead(session)
    assert len(dead) == len(nameless)
    assert {row["cause"].partition(":")[0] for row in dead} == {"UndecodableRecord"}
