"""`make bench-outage`: the next hop is down for a while; what becomes of the mails, how fast the queue drains after.

Mails come in all the while, spread over the outage. Afterwards each has to be at the next hop, once. How fast is said
beside what the same installation passed before, from door to door.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.benchmarks.__main__ import SETTINGS
from tests.benchmarks.load import Parcel, make_parcels, measure_throughput, send_all
from tests.benchmarks.relays import Mailroom, open_mailroom, running
from tests.benchmarks.stage import find_pairs
from tests.infrastructure.waiting import until
from tests.journeys.installation import all_in_one

BUYERS = 50
_SLICES = 60
_LONGEST_PAUSE_SECONDS = 60
"""A bound on the pause between two probes of the next hop, and then some."""
_AFTER_SECONDS = 10


async def main() -> int:
    """Measure, and print what was seen. Returns 1 if a mail was lost or came twice."""
    options = _read_options()
    mailroom = open_mailroom(most_noted=sys.maxsize)
    relay = f"smtp://127.0.0.1:{mailroom.port}"
    with tempfile.TemporaryDirectory() as folder:
        async with all_in_one(Path(folder), TRAMITE_SMTP_RELAY=relay, **SETTINGS) as installation:
            port = installation.smtp[1]
            with running(mailroom):
                pairs = await find_pairs(installation, mailroom, BUYERS)
                before = await measure_throughput(port, make_parcels(pairs, options.mails, "before"), mailroom.taken)
                came = _collect(mailroom, options.mails)
            parcels = make_parcels(pairs, options.mails, "during")
            await _pour(port, parcels, options.seconds)
            with running(mailroom):
                drained = await _drain(mailroom, len(parcels))
                # What is sent twice comes late: the other copy has to be given time.
                await asyncio.sleep(_AFTER_SECONDS)
                came += _collect(mailroom, mailroom.taken.value - BUYERS - options.mails)
    return _tell(came, options, before, drained)


async def _pour(port: int, parcels: list[Parcel], seconds: float) -> None:
    """Send `parcels`, spread over `seconds`."""
    started = time.perf_counter()
    size = -(-len(parcels) // _SLICES)
    for number in range(_SLICES):
        await send_all(port, parcels[number * size : (number + 1) * size])
        await asyncio.sleep(max(0.0, started + (number + 1) * seconds / _SLICES - time.perf_counter()))


async def _drain(mailroom: Mailroom, mails: int) -> float:
    """Return mails per second from the first that came to the last."""
    before = mailroom.taken.value
    await until(lambda: mailroom.taken.value > before, "a first mail", limit=_LONGEST_PAUSE_SECONDS)
    started = time.perf_counter()
    await until(lambda: mailroom.taken.value >= before + mails, f"{mails} mails", limit=600)
    return mails / (time.perf_counter() - started)


def _collect(mailroom: Mailroom, mails: int) -> Counter[str]:
    """Return the subjects of mails that came, while the sink still runs: what it has not handed over goes with it."""
    return Counter(mailroom.noted.get(timeout=30).subject for _ in range(mails))


def _tell(came: Counter[str], options: argparse.Namespace, before: float, drained: float) -> int:
    waited = sum("during" in subject for subject in came)
    twice = came.total() - len(came)
    lost = 2 * options.mails - len(came)
    sys.stdout.write(
        f"next hop down for {options.seconds:.0f} s, {waited} mails waiting: {lost} lost, {twice} came twice;"
        f" drained at {drained:.0f} mails/s, {drained / before:.2f} of what passed before\n"
    )
    return 1 if lost or twice else 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-outage", description=__doc__)
    parser.add_argument("--mails", type=int, default=2000, help="mails that come in meanwhile, and before")
    parser.add_argument("--seconds", type=float, default=120, help="for how long the next hop is down")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
