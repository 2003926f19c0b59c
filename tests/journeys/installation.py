"""A whole installation as processes of its own: all in one, or one process per service and as many twins as wanted."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Self

import httpx2

from services.cli.installation import NAMES
from services.demo.mailboxes import read_mail
from tests.infrastructure.process import KeptProcess, free_port
from tests.infrastructure.smtp import FarSide
from tests.infrastructure.waiting import NeverHappenedError, until

TRAMITE = str(Path(sys.executable).with_name("tramite"))
READY_SECONDS = 60


@dataclass
class Member:
    """One process: what it runs, with which settings, and where it can be asked whether it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ports: Sequence[int]
    folder: Path
    process: KeptProcess | None = None

    def start(self) -> None:
        """Start the process; it keeps its folder over restarts."""
        self.folder.mkdir(exist_ok=True)
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        self.process = KeptProcess(["env", *settings, TRAMITE, *self.command], folder=self.folder)

    def kill(self) -> None:
        """`kill -9`."""
        assert self.process is not None
        self.process.kill()

    def stop(self) -> None:
        """Ctrl-C."""
        if self.process is not None:
            self.process.stop()


@dataclass
class Installation:
    """The processes together. Use it as an async context manager."""

    members: Sequence[Member]
    base_url: str
    smtp: tuple[str, int]
    operator: str
    mail_dir: Path
    ports: Mapping[str, int] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        try:
            await self._start(self.members)
        except BaseException:
            await stop_all(self.members)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_all(self.members)

    async def _start(self, members: Sequence[Member]) -> None:
        for member in members:
            member.start()
        await self._wait_members(members)

    async def _wait_members(self, members: Sequence[Member]) -> None:
        async with httpx2.AsyncClient() as http:
            for member in members:
                for port in member.ports:
                    await self._wait_port(http, member, port)

    @asynccontextmanager
    async def twins(self) -> AsyncIterator[None]:
        """Run a second process of each service while the block runs."""
        twins = [make_twin(member) for member in self.members]
        try:
            await self._start(twins)
            yield
        finally:
            await stop_all(twins)

    async def restart(self, name: str) -> None:
        """Kill a member the hard way and start it again; returns once it runs, not once it is ready."""
        member = next(member for member in self.members if member.name == name)
        member.kill()
        member.start()

    async def _wait_port(self, http: httpx2.AsyncClient, member: Member, port: int) -> None:
        said = "nothing"

        async def ready() -> bool:
            nonlocal said
            assert member.process is not None
            assert member.process.running(), f"{member.name} ended:\n{member.process.log_tail()}"
            try:
                answer = await http.get(f"http://127.0.0.1:{port}/health/ready")
            except httpx2.TransportError as error:
                said = repr(error)
                return False
            said = f"{answer.status_code} {answer.text}"
            return answer.status_code == 200

        try:
            await until(ready, f"{member.name} to be ready", limit=READY_SECONDS)
        except NeverHappenedError as error:
            error.add_note(f"port {port} said last: {said}")
            raise


async def stop_all(members: Sequence[Member]) -> None:
    """Stop processes side by side: each takes its time to finish what it has in hand."""
    await asyncio.gather(*(asyncio.to_thread(member.stop) for member in members))


def make_twin(member: Member) -> Member:
    """Return a second process of the same service, with ports of its own."""
    port = free_port()
    own = {
        f"TRAMITE_{member.name.upper()}_PORT": str(port),
        "TRAMITE_SMTP_PORT": str(free_port()),
        "TRAMITE_INSTANCE": "2",
    }
    folder = member.folder.with_name(f"{member.name}-2")
    return Member(f"{member.name}-2", member.command, {**member.environment, **own}, [port], folder)


class FarSideMailboxes:
    """The mailboxes behind a relay: what the far side took, by recipient, each Message-ID once, as clients show it."""

    def __init__(self, far_side: FarSide) -> None:
        self._far_side = far_side

    def list_mails(self, address: str) -> Sequence[EmailMessage]:
        """See `services.demo.mailboxes.Mailboxes`."""
        mails = {
            mail.message["Message-ID"]: read_mail(mail.content)
            for mail in self._far_side.mails
            if address in mail.recipients
        }
        return list(mails.values())


def all_in_one(folder: Path, **settings: str) -> Installation:
    """All services in one process on SQLite, memory bus and Maildir, in `folder`."""
    ports = {name: free_port() for name in NAMES}
    smtp_port = free_port()
    environment = _environment(folder, ports, smtp_port) | {
        f"TRAMITE_{name.upper()}_DATABASE_URL": f"sqlite:///{folder}/{name}.db" for name in NAMES
    }
    member = Member("all", ["run", "all"], environment | settings, list(ports.values()), folder / "all")
    return _installation([member], folder, ports, smtp_port)


def distributed(folder: Path, databases: Mapping[str, str], bootstrap: str, namespace: str, relay: str) -> Installation:
    """One process per service on Kafka and PostgreSQL, sending to `relay`."""
    ports = {name: free_port() for name in NAMES}
    smtp_port = free_port()
    common = _environment(folder, ports, smtp_port) | {
        "TRAMITE_BUS_URL": f"kafka://{bootstrap}",
        "TRAMITE_BUS_NAMESPACE": namespace,
        "TRAMITE_BUS_PARTITIONS": "4",
        "TRAMITE_SMTP_RELAY": relay,
        **{f"TRAMITE_{name.upper()}_DATABASE_URL": url for name, url in databases.items()},
    }
    members = [
        Member(name, ["run", name], common | {"TRAMITE_INSTANCE": "1"}, [ports[name]], folder / name) for name in NAMES
    ]
    return _installation(members, folder, ports, smtp_port)


def _environment(folder: Path, ports: Mapping[str, int], smtp_port: int) -> dict[str, str]:
    return {
        "TRAMITE_DATA_DIR": str(folder / "var"),
        "TRAMITE_SMTP_PORT": str(smtp_port),
        "TRAMITE_DELIVERY_CLAIM_SECONDS": "3",
        "TRAMITE_DELIVERY_FIRST_RETRY_SECONDS": "1",
        **{f"TRAMITE_{name.upper()}_PORT": str(port) for name, port in ports.items()},
    }


def _installation(members: Sequence[Member], folder: Path, ports: Mapping[str, int], smtp_port: int) -> Installation:
    operator = "operator-token-of-the-tests"
    for member in members:
        member.environment = {**member.environment, "TRAMITE_OPERATOR_TOKEN": operator}
    return Installation(
        members,
        f"http://127.0.0.1:{ports['gateway']}",
        ("127.0.0.1", smtp_port),
        operator,
        folder / "var" / "mail",
        ports,
    )
