"""`make bench`: mails per second through null relays, the all-in-one and the five processes, in one run.

SMTP in, five services, SMTP out; 2 KB messages over 10 connections. A null relay hands straight on and stores nothing:
one connects for each mail, the thrifty one keeps its connections, as we do. They are measured before, between and
after; their means are what ours is held against. Absolute figures are this machine's; the ratios are the claim.
"""

import argparse
import asyncio
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import fmean

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


async def main() -> None:
    """Measure, and print a table."""
    options = _read_options()
    rows: list[tuple[str, float]] = []
    # Machines do not keep their speed over minutes: the null relays are measured before, between and after.
    nulls = [await _measure_null_relays(options.mails)]
    if "one" in options.only:
        rows.append(("all-in-one", await _measure_all_in_one(options.mails)))
        nulls.append(await _measure_null_relays(options.mails))
    if "five" in options.only:
        rows.append(("five processes", await _measure_five_processes(options.mails)))
        nulls.append(await _measure_null_relays(options.mails))
    null, thrifty = (fmean(rates) for rates in zip(*nulls, strict=True))
    rows = [("null relay", null), ("thrifty null relay", thrifty), *rows]
    print(f"\n{'':18} {'mails/s':>9} {'of null':>9} {'of thrifty':>11}")  # noqa: T201  # the table is what the command is for
    for name, rate in rows:
        print(f"{name:18} {rate:9.0f} {rate / null:9.3f} {rate / thrifty:11.3f}")  # noqa: T201  # see above


async def _measure_null_relays(mails: int) -> tuple[float, float]:
    return await _measure_null_relay(mails, thrifty=False), await _measure_null_relay(mails, thrifty=True)


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
    parser.add_argument("--only", nargs="*", choices=("one", "five"), default=("one", "five"), help="what to measure")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
