"""`make bench`: mails per second through null relays, the all-in-one and the five processes, in one run.

SMTP in, five services, SMTP out; 2 KB messages over 10 connections. A null relay hands straight on and stores nothing:
one connects for each mail, the thrifty one keeps its connections, as we do. Machines do not keep their speed over
minutes: each of ours is held against the null relays right before and right after it, several times over; the median
counts. Absolute figures are this machine's; the ratios are the claim.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from services.cli.installation import NAMES, load_service
from shared import migrations
from shared.db import Database
from tests.benchmarks.load import make_parcels, measure_throughput
from tests.benchmarks.relays import Mailroom, running_null_relay, running_sink
from tests.benchmarks.stage import find_pairs
from tests.infrastructure import postgres
from tests.infrastructure.kafka import source
from tests.journeys.installation import Installation, all_in_one, distributed

BUYERS = 150
WARM_UP = 500
# Neither a day's limit nor a client's bound is what is measured here.
SETTINGS = {"TRAMITE_LOG_LEVEL": "WARNING", "TRAMITE_SMTP_CONNECTIONS_PER_CLIENT": "100"}


@dataclass(frozen=True, slots=True)
class Nulls:
    """Mails per second of the null relays."""

    null: float
    thrifty: float

    def between(self, other: "Nulls") -> "Nulls":
        """Return the means of both."""
        return Nulls(fmean((self.null, other.null)), fmean((self.thrifty, other.thrifty)))


@dataclass(frozen=True, slots=True)
class Row:
    """One of ours, measured once: mails per second, beside what the null relays did right before and after."""

    name: str
    rate: float
    nulls: Nulls


async def main() -> None:
    """Measure, and print a table of each round and one of the medians."""
    options = _read_options()
    ways = {"one": ("all-in-one", _measure_all_in_one), "five": ("five processes", _measure_five_processes)}
    rows: list[Row] = []
    before = await _measure_null_relays(options.mails)
    for _ in range(options.rounds):
        for name, measure in (ways[only] for only in options.only):
            rate = await measure(options.mails)
            after = await _measure_null_relays(options.mails)
            rows.append(Row(name, rate, before.between(after)))
            _print_row(rows[-1:])
            before = after
    _print("\nmedians")
    for name in dict.fromkeys(row.name for row in rows):
        _print_row([row for row in rows if row.name == name])


def _print_row(rows: Sequence[Row]) -> None:
    """Print the medians of the same system's rows."""
    rate = median(row.rate for row in rows)
    null, thrifty = median(row.nulls.null for row in rows), median(row.nulls.thrifty for row in rows)
    of_null = median(row.rate / row.nulls.null for row in rows)
    of_thrifty = median(row.rate / row.nulls.thrifty for row in rows)
    _print(
        f"{rows[0].name:15} {rate:5.0f} mails/s, {of_null:.3f} of the null relay ({null:.0f}),"
        f" {of_thrifty:.3f} of the thrifty one ({thrifty:.0f})"
    )


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # what it prints is what the command is for


async def _measure_null_relays(mails: int) -> Nulls:
    return Nulls(await _measure_null_relay(mails, thrifty=False), await _measure_null_relay(mails, thrifty=True))


async def _measure_null_relay(mails: int, *, thrifty: bool) -> float:
    pairs = [(f"b{n}@home.example", f"a{n}@mail.example") for n in range(BUYERS)]
    with running_sink() as mailroom, running_null_relay(mailroom.port, thrifty=thrifty) as port:
        await measure_throughput(port, make_parcels(pairs, WARM_UP, "warm"), mailroom.taken)
        return await measure_throughput(port, make_parcels(pairs, mails, "run"), mailroom.taken)


async def _measure_all_in_one(mails: int) -> float:
    with running_sink() as mailroom, tempfile.TemporaryDirectory() as folder:
        relay = f"smtp://127.0.0.1:{mailroom.port}"
        async with all_in_one(Path(folder), TRAMITE_SMTP_RELAY=relay, **SETTINGS) as installation:
            return await _measure(installation, mailroom, mails)


async def _measure_five_processes(mails: int) -> float:
    os.environ.setdefault("TRAMITE_TEST_FSYNC", "on")
    async with AsyncExitStack() as stack:
        mailroom = stack.enter_context(running_sink())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = stack.enter_context(source.open_kafka(source.find_source(), real=True))
        server = stack.enter_context(postgres.open_postgres(postgres.find_source()))
        databases = {name: server.url_of(await server.create_database()) for name in NAMES}
        for name, url in databases.items():
            database = Database(url, service=name)
            await migrations.upgrade(database, load_service(name).migrations)
            await database.close()
        relay = f"smtp://127.0.0.1:{mailroom.port}"
        installation = distributed(folder, databases, cluster.bootstrap, "bench.", relay)
        for member in installation.members:
            member.environment = {**member.environment, **SETTINGS}
        await stack.enter_async_context(installation)
        return await _measure(installation, mailroom, mails)


async def _measure(installation: Installation, mailroom: Mailroom, mails: int) -> float:
    pairs = await find_pairs(installation, mailroom, BUYERS)
    port = installation.smtp[1]
    await measure_throughput(port, make_parcels(pairs, WARM_UP, "warm"), mailroom.taken)
    return await measure_throughput(port, make_parcels(pairs, mails, "run"), mailroom.taken)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--mails", type=int, default=5000, help="mails of one measurement")
    parser.add_argument("--rounds", type=int, default=2, help="how often each of ours is measured")
    parser.add_argument("--only", nargs="*", choices=("one", "five"), default=("one", "five"), help="what to measure")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
