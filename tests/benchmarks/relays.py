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
from typing import NamedTuple, TypeAlias

import aiosmtplib
import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.infrastructure.process import accepts_connections, free_port
from tests.infrastructure.waiting import until_blocking

SIZE = 16 * 1024 * 1024
NOTED = 200
Counter: TypeAlias = "Synchronized[int]"


class Noted(NamedTuple):
    """What is noted of a mail."""

    recipient: str
    sender: str
    subject: str


@dataclass(frozen=True)
class Mailroom:
    """A sink's port, how many mails it took, and what it noted of the first `most_noted`."""

    port: int
    taken: Counter
    noted: "multiprocessing.queues.Queue[Noted]"
    most_noted: int


class Sink:
    """Takes every mail and counts it; notes who wrote the first ones to whom."""

    def __init__(self, mailroom: Mailroom) -> None:
        self._taken = mailroom.taken
        self._noted = mailroom.noted
        self._most_noted = mailroom.most_noted

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Count."""
        if self._taken.value < self._most_noted:
            mail = email.message_from_bytes(envelope.original_content or b"")
            self._noted.put(Noted(envelope.rcpt_tos[0], parseaddr(mail["From"])[1], str(mail["Subject"])))
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
    mailroom = open_mailroom()
    with running(mailroom):
        yield mailroom


def open_mailroom(most_noted: int = NOTED) -> Mailroom:
    """Return the mailroom of a sink that does not run yet."""
    context = multiprocessing.get_context("spawn")
    return Mailroom(free_port(), context.Value("q", 0), context.Queue(), most_noted)


@contextmanager
def running(mailroom: Mailroom) -> Iterator[None]:
    """Run the sink of a mailroom; it may run again later."""
    context = multiprocessing.get_context("spawn")
    with _running(context.Process(target=_serve_sink, args=(mailroom,), daemon=True), mailroom.port):
        yield


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


def _serve_sink(mailroom: Mailroom) -> None:
    _serve(mailroom.port, Sink(mailroom))


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
