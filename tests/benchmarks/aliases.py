"""`make bench-aliases`: first contacts from many writers at once, and look-ups as the table grows, on PostgreSQL.

Writers hand batches of `order.recorded` to consumers of the alias service, as its bus does; a tenth of the pairs are
brought to two writers. Look-ups go through the stores of the alias service (by thread) and of the delivery service (by
address, as the SMTP door does). Absolute figures are this machine's; the ratios are the claim.
"""

import argparse
import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from statistics import median
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.alias import store as alias_store
from services.alias.handlers import HANDLERS, prepare
from services.alias.metrics import AliasMetrics
from services.alias.service import Directory
from services.delivery.inbound import store as delivery_store
from shared import inbox, migrations
from shared.consumer import BatchWork, Consumer
from shared.contracts.facts import MarketplaceFacts, OrderFacts
from shared.contracts.gateway import OrderRecorded
from shared.contracts.vocabulary import Fulfilment, OrderStatus, Role
from shared.db import Database
from shared.events import Record, encode_event
from tests.infrastructure import postgres

SIZES = (10**3, 10**4, 10**5, 10**6)
LENGTH = 35
_BATCH = 100
_LOOKUPS = 2000
_ROUNDS = 5
_MARKETPLACE = MarketplaceFacts(
    marketplace_id="APJ6JRA9NG5V4",
    name="Amazon.it",
    alias_domain="marketplace.amazon.it",
    language="it",
    time_zone="Europe/Rome",
    storefront_domains=("amazon.it",),
)
_PLACED_AT = datetime(2026, 5, 4, 10, 32, tzinfo=UTC)
_COUNTS = text(
    "SELECT count(*), count(DISTINCT address), count(DISTINCT (thread_id, role)), count(DISTINCT thread_id),"
    " count(*) FILTER (WHERE length(address) = :length) FROM aliases"
)
# Random enough for an index, and made where it is stored: what is measured is looking up, not this.
_FILL = {
    "alias": text(
        "INSERT INTO aliases (address, thread_id, role, issued_at)"
        " SELECT 'a' || left(md5(n::text || 'x'), 12) || '@marketplace.amazon.it', md5((n / 2)::text)::uuid,"
        " CASE n % 2 WHEN 0 THEN 'buyer' ELSE 'seller' END, now()"
        " FROM generate_series(cast(:first AS int), cast(:last AS int)) AS n"
    ),
    "delivery": text(
        "INSERT INTO aliases (address, thread_id, marketplace_id, buyer_id, seller_id, role)"
        " SELECT 'a' || left(md5(n::text || 'x'), 12) || '@marketplace.amazon.it', md5((n / 2)::text)::uuid,"
        " 'APJ6JRA9NG5V4', 'b' || n / 2, 's', CASE n % 2 WHEN 0 THEN 'buyer' ELSE 'seller' END"
        " FROM generate_series(cast(:first AS int), cast(:last AS int)) AS n"
    ),
}


@dataclass(frozen=True)
class Made:
    """What writers came to: all rows, and how many of them are what they should be."""

    seconds: float
    rows: int
    addresses: int
    places: int
    threads: int
    whole: int
    dead: int


async def make_aliases(database: Database, *, aliases: int, writers: int) -> Made:
    """Let `writers` handle first contacts at once until there are so many aliases. A tenth come to two writers."""
    pairs = aliases // len(Role)
    share = pairs // writers
    batches = [_list_batches(number * share, share + share // 10, pairs) for number in range(writers)]
    started = time.perf_counter()
    await asyncio.gather(*(_write(database, some) for some in batches))
    seconds = time.perf_counter() - started
    async with database.reading() as session:
        row = (await (await session.connection()).execute(_COUNTS, {"length": LENGTH})).one()
        dead = await inbox.count_dead(session)
    return Made(seconds, row[0], row[1], row[2], row[3], row[4], dead)


def _list_batches(first: int, count: int, pairs: int) -> list[list[Record]]:
    records = [_first_contact((first + n) % pairs) for n in range(count)]
    return [records[at : at + _BATCH] for at in range(0, len(records), _BATCH)]


def _first_contact(number: int) -> Record:
    facts = OrderFacts(
        order_id=f"404-{number // 10**7:07}-{number % 10**7:07}",
        version=1,
        marketplace=_MARKETPLACE,
        buyer_id=f"b{number}",
        seller_id=f"s{number % 1000}",
        status=OrderStatus.UNSHIPPED,
        fulfilment=Fulfilment.SELLER,
        items=(),
        placed_at=_PLACED_AT,
    )
    return encode_event(OrderRecorded(order=facts), "bench")


async def _write(database: Database, batches: Sequence[Sequence[Record]]) -> None:
    directory = Directory(LENGTH, AliasMetrics())
    consumer = Consumer(database, HANDLERS, directory, directory.metrics, batch_work=BatchWork(prepare))
    for batch in batches:
        await consumer.handle(batch)


async def measure_lookups(databases: dict[str, Database]) -> dict[int, dict[str, float]]:
    """Return the median seconds of a look-up at each of `SIZES`, by whose it is."""
    found: dict[int, dict[str, float]] = {}
    filled = 0
    for size in SIZES:
        for name, database in databases.items():
            await _fill(database, name, filled, size)
        filled = size
        found[size] = {name: await _time_lookups(database, name, size) for name, database in databases.items()}
    return found


async def _fill(database: Database, name: str, first: int, size: int) -> None:
    async with database.transaction() as session:
        await (await session.connection()).execute(_FILL[name], {"first": first, "last": size - 1})
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE aliases"))


async def _time_lookups(database: Database, name: str, size: int) -> float:
    """Look random rows up; return the median of a look-up's time in the fastest of several rounds."""
    drawn = random.Random(size)
    keys = await _draw_keys(database, [drawn.randrange(size) for _ in range(_LOOKUPS)])
    look_up = _LOOK_UP[name]
    best = float("inf")
    for _ in range(_ROUNDS):
        taken: list[float] = []
        async with database.reading() as session:
            for thread_id, address in keys:
                started = time.perf_counter()
                await look_up(session, thread_id, address)
                taken.append(time.perf_counter() - started)
        best = min(best, median(taken))
    return best


async def _draw_keys(database: Database, numbers: Sequence[int]) -> list[tuple[UUID, str]]:
    query = text(
        "SELECT md5((n / 2)::text)::uuid, 'a' || left(md5(n::text || 'x'), 12) || '@marketplace.amazon.it'"
        " FROM unnest(cast(:numbers AS int[])) AS n"
    )
    async with database.reading() as session:
        rows = (await (await session.connection()).execute(query, {"numbers": list(numbers)})).all()
    return [(thread_id, address) for thread_id, address in rows]


async def _look_up_thread(session: AsyncSession, thread_id: UUID, _address: str) -> None:
    if len(await alias_store.map_aliases(session, thread_id)) != len(Role):
        raise LookupError("an alias is missing")


async def _look_up_address(session: AsyncSession, _thread_id: UUID, address: str) -> None:
    if len(await delivery_store.find_aliases(session, [address])) != 1:
        raise LookupError("an alias is missing")


_LOOK_UP: dict[str, Callable[[AsyncSession, UUID, str], Awaitable[None]]] = {
    "alias": _look_up_thread,
    "delivery": _look_up_address,
}


async def open_database(server: postgres.PostgresServer, name: str, pool: int) -> Database:
    """Open an empty, migrated database of a service."""
    database = Database(server.url_of(await server.create_database()), service=name, pool=pool)
    await migrations.upgrade(database, import_module(f"services.{name}.app").MIGRATIONS)
    return database


async def main() -> None:
    """Measure, and print what was made and a table of look-ups."""
    options = _read_options()
    os.environ.setdefault("TRAMITE_TEST_FSYNC", "on")
    with postgres.open_postgres(postgres.find_source()) as server:
        written = await open_database(server, "alias", options.writers)
        try:
            made = await make_aliases(written, aliases=options.aliases, writers=options.writers)
        finally:
            await written.close()
        _print_made(made, options.writers)
        databases = {name: await open_database(server, name, 2) for name in _LOOK_UP}
        try:
            _print_lookups(await measure_lookups(databases))
        finally:
            for database in databases.values():
                await database.close()


def _print_made(made: Made, writers: int) -> None:
    rate = made.rows / made.seconds
    print(f"{made.rows} aliases by {writers} writers in {made.seconds:.0f} s ({rate:.0f}/s)")  # noqa: T201 - its purpose
    print(f"  different addresses {made.addresses}, of {LENGTH} characters {made.whole}")  # noqa: T201 - see above
    print(f"  pairs {made.threads}, places {made.places}, dead letters {made.dead}")  # noqa: T201 - see above


def _print_lookups(found: dict[int, dict[str, float]]) -> None:
    print(f"\n{'rows':>9} {'by thread':>20} {'by address':>20}")  # noqa: T201 - see above
    for size, taken in found.items():
        cells = [f"{taken[name] * 1e6:7.0f} µs {taken[name] / found[SIZES[0]][name]:6.2f}" for name in _LOOK_UP]
        print(f"{size:9} {cells[0]:>20} {cells[1]:>20}")  # noqa: T201 - see above


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-aliases", description=__doc__)
    parser.add_argument("--aliases", type=int, default=200_000, help="how many are made")
    parser.add_argument("--writers", type=int, default=50, help="by how many at once")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
