import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import inbox
from shared.consumer import BatchWork, Consumer, Handlers, Patience, TooManyDeadLetters
from shared.db import Database
from shared.events import Event, Record
from shared.metrics import ServiceMetrics
from tests.shared.notes import Note, Noted, Troubles, list_numbers, note, on_noted

HANDLERS: Handlers[Troubles] = {Noted: on_noted}
QUICK = Patience(attempts=3, backoff_seconds=0.001, dead_letters_in_a_row=3)


def build(database: Database, troubles: Troubles, patience: Patience = QUICK) -> Consumer[Troubles]:
    return Consumer(database, HANDLERS, troubles, ServiceMetrics("notes"), patience)


async def list_dead(database: Database) -> list[tuple[str, str, int]]:
    async with database.reading() as session:
        return [(row["key"], row["cause"], row["attempts"]) for row in await inbox.list_dead(session)]


async def test_a_batch_is_handled_once_however_often_it_comes(database: Database) -> None:
    consumer = build(database, Troubles())
    batch = [note(1), note(2)]
    await consumer.handle([*batch, batch[0]])
    await consumer.handle(batch)
    assert await list_numbers(database) == [1, 2]


async def test_a_failing_record_holds_back_only_its_own_key(database: Database) -> None:
    troubles = Troubles()
    troubles.fail(1, times=2)
    await build(database, troubles).handle([note(1, "a"), note(2, "a"), note(3, "b")])
    assert await list_numbers(database) == [3, 1, 2]


async def test_a_record_that_always_fails_becomes_a_dead_letter_and_leaves_no_trace(database: Database) -> None:
    troubles = Troubles()
    troubles.fail(1, error=RuntimeError("seller@example.com said no"))
    await build(database, troubles).handle([note(1, "a"), note(2, "a")])
    assert await list_numbers(database) == [2]
    [(key, cause, attempts)] = await list_dead(database)
    assert (key, attempts) == ("a", 3)
    assert cause.startswith("RuntimeError at notes.py:")
    assert "@" not in cause


async def test_an_undecodable_record_dies_at_once_and_names_the_field(database: Database) -> None:
    good = note(2)
    bad = Record(good.topic, "a", b'{"thread": "a", "number": "secret"}', dict(note(1).headers))
    await build(database, Troubles()).handle([bad, good])
    assert await list_numbers(database) == [2]
    assert await list_dead(database) == [("a", "UndecodableRecord: noted.v1 does not validate: number", 1)]


async def test_a_dead_letter_comes_back_when_an_operator_asks(database: Database) -> None:
    troubles = Troubles()
    troubles.fail(1, times=5)  # together, three times apart, and once more when retried
    consumer = build(database, troubles)
    await consumer.handle([note(1)])
    for expected in ([], [1]):
        async with database.transaction() as session:
            assert await inbox.request_retry(session, None) == 1
        assert await consumer.retry_requested() == 1
        assert await list_numbers(database) == expected
    assert await list_dead(database) == []


async def test_an_outage_is_waited_out_and_kills_nothing(database: Database) -> None:
    troubles = Troubles()
    troubles.fail(1, times=10, error=OperationalError("", {}, Exception("the server is away")))
    await build(database, troubles).handle([note(1), note(2)])
    assert await list_numbers(database) == [1, 2]
    assert await list_dead(database) == []


async def test_too_many_dead_letters_in_a_row_stop_the_consumer(database: Database) -> None:
    troubles = Troubles()
    for number in range(5):
        troubles.fail(number)
    with pytest.raises(TooManyDeadLetters, match="3 dead letters in a row"):
        await build(database, troubles).handle([note(number, str(number)) for number in range(5)])


async def test_events_without_a_handler_are_passed_over(database: Database) -> None:
    unknown = Record("notes.events", "a", b"{}", {"ce_id": "x", "ce_type": "forgotten.v1"})
    await build(database, Troubles()).handle([unknown, note(1)])
    assert await list_numbers(database) == [1]


async def test_two_consumers_given_the_same_records_at_once_handle_them_once(database: Database) -> None:
    batch = [note(number, str(number)) for number in range(20)]
    consumers = [build(database, Troubles()) for _ in range(2)]
    await asyncio.gather(*(consumer.handle(batch) for consumer in consumers))
    assert sorted(await list_numbers(database)) == list(range(20))
    assert await list_dead(database) == []


def test_pauses_double_up_to_half_a_minute() -> None:
    patience = Patience(backoff_seconds=0.1)
    assert [patience.pause(n) for n in (1, 2, 3, 50)] == [0.1, 0.2, 0.4, 30.0]


async def test_a_batch_is_prepared_once_for_its_new_events_before_any_is_handled(database: Database) -> None:
    troubles = Troubles()
    prepared: list[tuple[list[int], list[int]]] = []

    async def prepare(events: Sequence[Event], _session: AsyncSession, context: Troubles) -> None:
        prepared.append(([event.number for event in events if isinstance(event, Noted)], list(context.calls)))

    consumer = Consumer(database, HANDLERS, troubles, ServiceMetrics("notes"), QUICK, BatchWork(prepare))
    first = note(1)
    await consumer.handle([first, note(2)])
    await consumer.handle([first, note(3)])
    assert prepared == [([1, 2], []), ([3], [1, 2])]


async def test_a_batch_is_concluded_once_in_its_own_transaction(database: Database) -> None:
    troubles = Troubles()
    concluded: list[list[int]] = []

    async def conclude(session: AsyncSession, context: Troubles) -> None:
        concluded.append(list(context.calls))
        session.add(Note(thread="end", number=100 + len(concluded)))

    consumer = Consumer(database, HANDLERS, troubles, ServiceMetrics("notes"), QUICK, BatchWork(None, conclude))
    await consumer.handle([note(1), note(2)])
    assert concluded == [[1, 2]]
    assert await list_numbers(database) == [1, 2, 101]


async def test_a_dead_letter_that_is_tried_again_is_concluded_too(database: Database) -> None:
    troubles = Troubles()
    troubles.fail(1, times=4)
    concluded: list[int] = []

    async def conclude(_session: AsyncSession, context: Troubles) -> None:
        concluded.append(len(context.calls))

    consumer = Consumer(database, HANDLERS, troubles, ServiceMetrics("notes"), QUICK, BatchWork(None, conclude))
    await consumer.handle([note(1)])
    assert concluded == []
    async with database.transaction() as session:
        await inbox.request_retry(session, None)
    assert await consumer.retry_requested() == 1
    assert len(concluded) == 1
    assert await list_numbers(database) == [1]
