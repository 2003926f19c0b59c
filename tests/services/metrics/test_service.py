import asyncio
import random
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete

from services.metrics.domain import Outcome, ResponseTimes
from services.metrics.handlers import HANDLERS, conclude, prepare
from services.metrics.models import TurnRow
from services.metrics.service import Stopwatch
from shared.consumer import BatchWork, Consumer
from shared.contracts.metrics import TurnClosed, TurnOpened, TurnOverdue
from shared.contracts.vocabulary import Mark, Role
from shared.db import Database
from shared.events import Event, Record, encode_event
from tests.services.metrics.world import BUYER, ITALY, SELLER, bounced, delivered, hour, marked, stopwatch
from tests.services.migrated import list_causes, read_told


async def hear(database: Database, *events: Event, using: Stopwatch | None = None) -> None:
    await handle(database, [encode_event(event, "tests") for event in events], using)


async def handle(database: Database, records: list[Record], using: Stopwatch | None = None) -> None:
    watch = using or stopwatch(database)
    await Consumer(database, HANDLERS, watch, watch.metrics, None, BatchWork(prepare, conclude)).handle(records)


async def sum_up(database: Database, days: int = 7, marketplace_id: str | None = None) -> ResponseTimes:
    async with database.reading() as session:
        return await stopwatch(database).sum_up(session, "s1", marketplace_id, days)


async def list_turns(database: Database) -> list[tuple[int, Outcome]]:
    async with database.reading() as session:
        listings = await stopwatch(database).list_behind(session, "s1", None, 30)
    return [(listing.turn.first.int, listing.outcome) for listing in listings]


STORY = [
    delivered(1, BUYER, 0), delivered(2, SELLER, 5),
    delivered(3, BUYER, 10), delivered(4, BUYER, 11), delivered(5, SELLER, 40),
    delivered(6, BUYER, 50), marked(6, Mark.NO_RESPONSE_NEEDED, 55),
    delivered(7, BUYER, 60), marked(7, Mark.REPORTED, 61),
    delivered(8, BUYER, 70), bounced(8, BUYER, 71),
    delivered(9, BUYER, 80), delivered(10, SELLER, 81), bounced(10, SELLER, 90),
    delivered(20, BUYER, 1, "b2"), marked(20, Mark.NO_RESPONSE_NEEDED, 2, buyer_id="b2"),
    marked(20, Mark.RESPONSE_NEEDED, 3, buyer_id="b2"), delivered(21, SELLER, 4, "b2"),
    delivered(30, BUYER, 1, "b3"), marked(30, Mark.NO_RESPONSE_NEEDED, 30, buyer_id="b3"),
    delivered(31, SELLER, 31, "b3"),
]  # fmt: skip
OUTCOMES = [
    (1, Outcome.IN_TIME),
    (20, Outcome.IN_TIME),
    (30, Outcome.UNANSWERED),
    (3, Outcome.LATE),
    (9, Outcome.UNANSWERED),
]


@pytest.mark.req("R-METRICS-1", "R-METRICS-2", "R-METRICS-3")
async def test_the_numbers_of_a_story_and_the_turns_behind_them(database: Database) -> None:
    await hear(database, *STORY)
    assert sorted(await list_turns(database)) == sorted(OUTCOMES)
    numbers = await sum_up(database)
    assert (numbers.turns, numbers.in_time, numbers.late, numbers.unanswered, numbers.waiting) == (5, 2, 1, 2, 0)
    assert numbers.share_in_time == 2 / 5
    assert numbers.median_seconds == 5 * 3600


@pytest.mark.req("R-METRICS-4")
@pytest.mark.parametrize("seed", range(6))
async def test_late_twice_or_out_of_order_gives_the_same_numbers(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    records = [encode_event(event, "tests") for event in STORY]
    records += [encode_event(event, "tests") for event in chance.sample(STORY, 8)]  # told twice, as other events
    records += chance.sample(records, 8)  # the same records again
    chance.shuffle(records)
    cuts = sorted(chance.sample(range(len(records)), 5))
    for start, end in zip([0, *cuts], [*cuts, len(records)], strict=True):
        await handle(database, records[start:end])
    assert sorted(await list_turns(database)) == sorted(OUTCOMES)
    assert await list_causes(database) == []


@pytest.mark.req("R-METRICS-4")
async def test_two_instances_that_handle_parts_of_a_thread_at_once_agree(database: Database) -> None:
    records = [encode_event(event, "tests") for event in STORY]
    await asyncio.gather(*(handle(database, records[start::4]) for start in range(4)))
    assert sorted(await list_turns(database)) == sorted(OUTCOMES)
    assert await list_causes(database) == []


@pytest.mark.req("R-METRICS-4")
async def test_all_turns_can_be_computed_anew(database: Database) -> None:
    await hear(database, *STORY)
    before = asdict(await sum_up(database))
    told = len(await read_told(database, TurnClosed))
    assert await stopwatch(database).rebuild() == 3
    assert len(await read_told(database, TurnClosed)) == told
    async with database.transaction() as session:
        await (await session.connection()).execute(delete(TurnRow))
    assert (await sum_up(database)).turns == 0
    assert await stopwatch(database).rebuild() == 3
    assert asdict(await sum_up(database)) == before


@pytest.mark.req("R-METRICS-3")
async def test_periods_and_marketplaces_are_counted_apart(database: Database) -> None:
    await hear(database, delivered(1, BUYER, -24 * 4), delivered(2, SELLER, 1), delivered(3, BUYER, 2))
    assert (await sum_up(database, 7)).turns == 1
    assert (await sum_up(database, 30)).turns == 2
    assert (await sum_up(database, 30, ITALY.marketplace_id)).turns == 2
    assert (await sum_up(database, 30, "elsewhere")).turns == 0


async def test_a_buyers_own_marks_change_no_turn(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0), marked(1, Mark.REPORTED, 1, by=Role.BUYER))
    assert await list_turns(database) == [(1, Outcome.UNANSWERED)]


async def test_a_turn_is_told_when_it_opens_and_when_it_closes(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0), delivered(2, BUYER, 1))
    [opened] = await read_told(database, TurnOpened)
    assert (opened.message_id, opened.opened_at) == (UUID(int=1), hour(0))
    assert await read_told(database, TurnClosed) == []
    await hear(database, delivered(3, SELLER, 2), delivered(4, SELLER, 3))
    [closed] = await read_told(database, TurnClosed)
    assert (closed.message_id, closed.closed_at, closed.counted) == (UUID(int=1), hour(2), True)


async def test_a_turn_that_leaves_the_count_is_told_closed_and_uncounted(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0))
    await hear(database, marked(1, Mark.REPORTED, 1))
    [closed] = await read_told(database, TurnClosed)
    assert (closed.message_id, closed.counted) == (UUID(int=1), False)
    assert await list_turns(database) == []


async def test_what_comes_and_goes_with_one_batch_is_not_told_of(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0), marked(1, Mark.REPORTED, 1))
    assert await read_told_in_order(database) == []
    assert await list_turns(database) == []


async def test_an_answer_that_bounces_opens_the_turn_again(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0), delivered(2, SELLER, 1))
    await hear(database, bounced(2, SELLER, 5))
    told = [turn.message_id for turn in await read_told(database, TurnOpened)]
    assert told == [UUID(int=1), UUID(int=1)]
    assert await list_turns(database) == [(1, Outcome.UNANSWERED)]


async def test_an_earlier_answer_that_becomes_known_later_corrects_the_closing(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0), delivered(3, SELLER, 30))
    await hear(database, delivered(2, SELLER, 3))
    assert [turn.closed_at for turn in await read_told(database, TurnClosed)] == [hour(30), hour(3)]
    assert await list_turns(database) == [(1, Outcome.IN_TIME)]


async def test_what_is_told_last_of_a_thread_is_how_it_stands(database: Database) -> None:
    await hear(database, delivered(9, BUYER, 50))
    await hear(database, delivered(1, BUYER, 0), delivered(2, SELLER, 5))
    last = (await read_told_in_order(database))[-1]
    assert isinstance(last, TurnOpened)
    assert last.message_id == UUID(int=9)


async def read_told_in_order(database: Database) -> list[Event]:
    from sqlalchemy import select  # noqa: PLC0415 - for this alone

    from shared.events import decode_event  # noqa: PLC0415 - see above
    from shared.outbox import OUTBOX  # noqa: PLC0415 - see above

    contracts: dict[str, type[Event]] = {one.type: one for one in (TurnOpened, TurnClosed, TurnOverdue)}
    async with database.reading() as session:
        rows = (await (await session.connection()).execute(select(OUTBOX).order_by(OUTBOX.c.seq))).mappings().all()
    records = [Record(row["topic"], row["key"], row["value"], row["headers"]) for row in rows]
    return [decode_event(record, contracts[record.event_type]) for record in records]


@pytest.mark.req("R-METRICS-3")
async def test_an_overdue_turn_is_told_once_however_many_watch(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0), delivered(2, BUYER, 1, "b2"), delivered(3, SELLER, 2, "b2"))
    watches = [stopwatch(database) for _ in range(4)]
    assert sum(await asyncio.gather(*(watch.tell_overdue(hour(24)) for watch in watches))) == 0
    assert sum(await asyncio.gather(*(watch.tell_overdue(hour(24.1)) for watch in watches))) == 1
    assert await watches[0].tell_overdue(hour(100)) == 0
    [overdue] = await read_told(database, TurnOverdue)
    assert (overdue.message_id, overdue.seller_id) == (UUID(int=1), "s1")


async def test_what_was_answered_late_before_anybody_looked_is_not_told_overdue(database: Database) -> None:
    await hear(database, delivered(1, BUYER, 0), delivered(2, SELLER, 90))
    assert await stopwatch(database).tell_overdue(hour(100)) == 0


async def test_operators_see_turns_in_the_measures(database: Database) -> None:
    watch = stopwatch(database)
    await hear(database, delivered(1, BUYER, 0), delivered(2, SELLER, 2), delivered(3, BUYER, 3), using=watch)
    await watch.tell_overdue(hour(3) + timedelta(days=2))
    read = watch.metrics.registry.get_sample_value
    labels = {"marketplace": ITALY.marketplace_id}
    assert read("tramite_turns_opened_total", labels) == 2
    assert read("tramite_turns_closed_total", {**labels, "by": "answer"}) == 1
    assert read("tramite_turns_overdue_total", labels) == 1
    assert read("tramite_response_seconds_sum", labels) == 2 * 3600
