from datetime import datetime
from uuid import UUID

from services.metrics import store
from services.metrics.models import MessageRow, TurnRow
from shared.contracts.vocabulary import Direction
from shared.db import Database
from tests.services.metrics.world import hour


def turn(
    number: int,
    opened_at: datetime,
    *,
    seller_id: str = "s1",
    marketplace_id: str = "m1",
    closed_at: datetime | None = None,
    overdue_told: bool = False,
) -> TurnRow:
    return TurnRow(
        message_id=UUID(int=number),
        thread_id=UUID(int=number),
        seller_id=seller_id,
        marketplace_id=marketplace_id,
        opened_at=opened_at,
        closed_at=closed_at,
        overdue_told=overdue_told,
    )


async def save(database: Database, *rows: TurnRow | MessageRow) -> None:
    async with database.transaction() as session:
        session.add_all(rows)


async def test_turns_come_by_seller_marketplace_and_time_oldest_first(database: Database) -> None:
    await save(
        database,
        turn(3, hour(3)),
        turn(1, hour(1)),
        turn(2, hour(2), marketplace_id="m2"),
        turn(4, hour(4), seller_id="s2"),
        turn(5, hour(-9)),
    )
    async with database.reading() as session:
        everywhere = await store.list_turns(session, "s1", None, hour(0))
        here = await store.list_turns(session, "s1", "m1", hour(0))
    assert [row.message_id.int for row in everywhere] == [1, 2, 3]
    assert [row.message_id.int for row in here] == [1, 3]


async def test_overdue_are_those_that_wait_and_were_not_told(database: Database) -> None:
    await save(
        database,
        turn(1, hour(2)),
        turn(2, hour(1)),
        turn(3, hour(0), overdue_told=True),
        turn(4, hour(0), closed_at=hour(9)),
        turn(5, hour(10)),
    )
    async with database.transaction() as session:
        assert [row.message_id.int for row in await store.list_overdue(session, hour(5), 10)] == [2, 1]
        assert len(await store.list_overdue(session, hour(5), 1)) == 1


async def test_threads_are_gone_through_in_pages(database: Database) -> None:
    messages = [
        MessageRow(
            message_id=UUID(int=number),
            thread_id=UUID(int=number % 5),
            seller_id="s1",
            marketplace_id="m1",
            direction=Direction.BUYER_TO_SELLER,
            accepted_at=hour(0),
        )
        for number in range(20)
    ]
    await save(database, *messages)
    found: list[UUID] = []
    async with database.reading() as session:
        while page := await store.list_threads(session, found[-1] if found else None, 2):
            assert len(page) <= 2
            found += page
        assert len((await store.hold_threads(session, found[0]))[0].messages) == 4
    assert found == [UUID(int=number) for number in range(5)]
