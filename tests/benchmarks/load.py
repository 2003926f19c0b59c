"""The load: mails of 2 KB from many buyers to their seller aliases, over ten connections that stay open."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from email.message import EmailMessage

import aiosmtplib

from tests.benchmarks.relays import Counter
from tests.infrastructure.waiting import until

CONNECTIONS = 10
BYTES = 2048

Parcel = tuple[str, str, bytes]


def make_parcels(pairs: Sequence[tuple[str, str]], count: int, edition: str) -> list[Parcel]:
    """Return `count` mails of 2 KB, sender and recipient taken from `pairs` in turn."""
    return [make_parcel(*pairs[number % len(pairs)], f"{edition}-{number}") for number in range(count)]


def make_parcel(sender: str, recipient: str, name: str) -> Parcel:
    """Return one mail of about 2 KB: what a buyer might ask, padded with more of the same."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, f"Question {name}"
    mail["Message-ID"] = f"<{name}@{sender.partition('@')[2]}>"
    line = "Could you tell me how wide the shelf is, please? I would like to put it beside the door.\n"
    mail.set_content(f"Hello, this is number {name}.\n" + line * ((BYTES - 400) // len(line)))
    return sender, recipient, mail.as_bytes().replace(b"\n", b"\r\n")


async def measure_throughput(port: int, parcels: Sequence[Parcel], taken: Counter, *, limit: float = 120) -> float:
    """Send `parcels` to `port`; return mails per second, from the first sent to the last one taken by the sink."""
    before = taken.value
    started = time.perf_counter()
    await send_all(port, parcels)
    wanted = before + len(parcels)
    await until(lambda: taken.value >= wanted, f"{len(parcels)} mails at the sink", limit=limit)
    return len(parcels) / (time.perf_counter() - started)


async def send_all(port: int, parcels: Sequence[Parcel]) -> None:
    """Send `parcels` to `port`; returns when all are taken there."""
    queue = iter(parcels)
    await asyncio.gather(*(_send(port, queue) for _ in range(CONNECTIONS)))


async def _send(port: int, parcels: Iterator[Parcel]) -> None:
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=port, local_hostname="load.example", start_tls=False, timeout=60
    )
    async with client:
        for sender, recipient, content in parcels:
            await client.sendmail(sender, [recipient], content)
