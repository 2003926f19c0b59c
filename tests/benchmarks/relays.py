"""The mail servers around what is measured, each in a process of its own: a sink, and a relay that stores nothing."""

import asyncio
import email
import multiprocessing
import multiprocessing.queues
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from multiprocessing.sharedctypes import Synchronized
from typing import TypeAlias

import aiosmtplib
import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.infrastructure.process import accepts_connections, free_port
from tests.infrastructure.waiting import until_blocking

SIZE = 16 * 1024 * 1024
NOTED = 100
Counter: TypeAlias = "Synchronized[int]"


@dataclass(frozen=True)
class Mailroom:
    """A running sink: its port, how many mails it took, and of the first few recipient and From header."""

    port: int
    taken: Counter
    senders: "multiprocessing.queues.Queue[tuple[str, str]]"


class Sink:
    """Takes every mail and counts it; notes who wrote the first few."""

    def __init__(self, taken: Counter, senders: "multiprocessing.queues.Queue[tuple[str, str]]") -> None:
        self._taken = taken
        self._senders = senders

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Count."""
        if self._taken.value < NOTED:
            mail = email.message_from_bytes(envelope.original_content or b"")
            self._senders.put((envelope.rcpt_tos[0], parseaddr(mail["From"])[1]))
        self._taken.value += 1
        return "250 2.0.0 OK"


class NullRelay:
    """Hands every mail on before it answers, by a call of aiosmtplib's `send`, which connects anew; stores nothing."""

    def __init__(self, target: int) -> None:
        self._target = target

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Hand on."""
        await aiosmtplib.send(
            _content(envelope),
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            hostname="127.0.0.1",
            port=self._target,
            local_hostname="null.example",
            start_tls=False,
        )
        return "250 2.0.0 OK"


class ThriftyNullRelay:
    """The same over one lasting connection per client's connection: as little as a relay can do."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._onward: dict[int, aiosmtplib.SMTP] = {}

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Hand on."""
        client = self._onward.get(id(server))
        if client is None:
            client = aiosmtplib.SMTP(
                hostname="127.0.0.1", port=self._target, local_hostname="null.example", start_tls=False
            )
            await client.connect()
            self._onward[id(server)] = client
        await client.sendmail(envelope.mail_from or "", envelope.rcpt_tos, _content(envelope))
        return "250 2.0.0 OK"


def _content(envelope: Envelope) -> bytes:
    return bytes(envelope.original_content or b"")


@contextmanager
def running_sink() -> Iterator[Mailroom]:
    """Run a sink."""
    context = multiprocessing.get_context("spawn")
    mailroom = Mailroom(free_port(), context.Value("q", 0), context.Queue())
    arguments = (mailroom.port, mailroom.taken, mailroom.senders)
    with _running(context.Process(target=_serve_sink, args=arguments, daemon=True), mailroom.port):
        yield mailroom


@contextmanager
def running_null_relay(target: int, *, thrifty: bool) -> Iterator[int]:
    """Run a null relay in front of the server at port `target`; gives its port. See `ThriftyNullRelay`."""
    port = free_port()
    context = multiprocessing.get_context("spawn")
    with _running(context.Process(target=_serve_null_relay, args=(port, target, thrifty), daemon=True), port):
        yield port


@contextmanager
def _running(process: multiprocessing.process.BaseProcess, port: int) -> Iterator[None]:
    process.start()
    try:
        until_blocking(lambda: accepts_connections(port), f"port {port}", limit=20)
        yield
    finally:
        process.kill()
        process.join()


def _serve_sink(port: int, taken: Counter, senders: "multiprocessing.queues.Queue[tuple[str, str]]") -> None:
    _serve(port, Sink(taken, senders))


def _serve_null_relay(port: int, target: int, thrifty: bool) -> None:  # noqa: FBT001  # arguments of a process
    _serve(port, ThriftyNullRelay(target) if thrifty else NullRelay(target))


def _serve(port: int, handler: object) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(handler, hostname="bench.example", data_size_limit=SIZE, enable_SMTPUTF8=True, loop=loop),
            "127.0.0.1",
            port,
        )
        await server.serve_forever()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
