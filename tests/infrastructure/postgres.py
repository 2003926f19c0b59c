"""The PostgreSQL server that a test run gets: given, in Docker, or the machine's own in a temporary folder."""

import asyncio
import functools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.infrastructure import containers
from tests.infrastructure.keeper import identity
from tests.infrastructure.process import KeptProcess, free_port
from tests.infrastructure.waiting import until_blocking

VARIABLE = "POSTGRES_URL"
DURABLE_VARIABLE = "TRAMITE_TEST_FSYNC"
IMAGE = "postgres:17-alpine"
SUPERUSER = "tramite"
DEBIAN_FOLDER = Path("/usr/lib/postgresql")
# A file system in memory, where Linux has it; a whole run takes some 400 MB.
MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there has a name of its own, and is for its owner only
MEMORY_OCTETS = 2 << 30
UNPRIVILEGED_USERS = ("postgres", "nobody")
START_LIMIT_SECONDS = 30.0
START_ATTEMPTS = 3
# Between checkpoints; memory holds the log as well.
MOST_LOG = "128MB"
# Two workers with five services each, every service with a small pool, and the tests' own look-ups.
MAX_CONNECTIONS = 300

CUT_OFF_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
LIST_COLUMNS = """
    SELECT string_agg(format('%s.%s %s', relname, attname, atttypid), ', ' ORDER BY relname, attname)
    FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped
"""
# Few tests fill many tables, and truncating an empty one costs as much as a full one.
EMPTY_TABLES = """
DO $$
DECLARE
    name text;
    is_filled boolean;
    filled text[] := '{}';
BEGIN
    FOR name IN
        SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO is_filled;
        IF is_filled THEN
            filled := filled || name;
        END IF;
    END LOOP;
    IF filled <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
    END IF;
    FOR name IN
        SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        EXECUTE 'ALTER SEQUENCE ' || name || ' RESTART';
    END LOOP;
END $$
"""


class Kind(StrEnum):
    """Where the server comes from, best first."""

    GIVEN = "given"
    CONTAINER = "container"
    MACHINE = "machine"
    NONE = "none"


@dataclass(frozen=True)
class PostgresSource:
    """Where this run's server will come from; `label` is for people."""

    kind: Kind
    label: str


class PostgresServer:
    """A running server in which tests make databases of their own."""

    def __init__(self, dsn: str) -> None:
        self.dsn = with_driver(dsn, "postgresql")
        self._templates: dict[str, str] = {}
        self._idle: dict[str, list[str]] = {}
        self._columns: dict[str, str] = {}

    def dsn_of(self, database: str) -> str:
        """Answer the address of `database` for asyncpg itself, psql and the like."""
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{database}"))

    def url_of(self, database: str) -> str:
        """Answer the address of `database` for SQLAlchemy with asyncpg."""
        return with_driver(self.dsn_of(database), "postgresql+asyncpg")

    async def create_database(self, prefix: str = "test") -> str:
        """Create an empty database and answer its name, which nobody else uses."""
        return await self._create(prefix, "template1")

    async def copy_database(self, kind: str, fill: Callable[[str], Awaitable[None]]) -> str:
        """Create a database like the one that `fill` made at the first call for this kind; answer its name.

        `fill` gets the SQLAlchemy address of an empty database and leaves no connection to it open. Copying costs less
        than migrating by far.
        """
        if kind not in self._templates:
            name = await self.create_database("template")
            try:
                await fill(self.url_of(name))
            except BaseException:
                await self.drop_database(name)
                raise
            self._templates[kind] = name
        return await self._create("test", self._templates[kind])

    @asynccontextmanager
    async def borrow_database(self, kind: str, fill: Callable[[str], Awaitable[None]]) -> AsyncIterator[str]:
        """Give the name of a database like that of `copy_database`, whose tables are empty when filled.

        It is emptied and used again, which costs a fraction of a copy, unless its tables or columns are others by then.
        """
        idle = self._idle.setdefault(kind, [])
        name = idle.pop() if idle else await self.copy_database(kind, fill)
        if kind not in self._columns:
            self._columns[kind] = await self._empty(name)
        try:
            yield name
        finally:
            if await self._empty(name) == self._columns[kind]:
                idle.append(name)
            else:
                await self.drop_database(name)

    async def drop_templates(self) -> None:
        """Drop what `copy_database` copies from, and what waits to be borrowed again."""
        while self._templates:
            await self.drop_database(self._templates.popitem()[1])
        while self._idle:
            for name in self._idle.popitem()[1]:
                await self.drop_database(name)

    async def _empty(self, name: str) -> str:
        """Cut off whoever is still connected, empty all tables and answer what columns they have."""
        async with self._connected(self.dsn_of(name)) as connection:
            await connection.execute(CUT_OFF_OTHERS)
            await connection.execute(EMPTY_TABLES)
            return str(await connection.fetchval(LIST_COLUMNS))

    async def drop_database(self, name: str) -> None:
        """Drop the database and cut off whoever is still connected to it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _create(self, prefix: str, template: str) -> str:
        name = f"{prefix}_{secrets.token_hex(6)}"
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    async def _execute(self, statement: str) -> None:
        async with self._connected(self.dsn) as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def _connected(self, dsn: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()


def with_driver(url: str, scheme: str) -> str:
    """Answer `url` with another scheme: `postgresql+asyncpg` for SQLAlchemy, `postgresql` for everybody else."""
    return urlunsplit(urlsplit(url)._replace(scheme=scheme))


def find_program(name: str) -> str | None:
    """Answer where a program of the PostgreSQL server is, on the PATH or where Debian puts it, the newest."""
    if found := shutil.which(name):
        return found
    installed = sorted(DEBIAN_FOLDER.glob(f"*/bin/{name}"), key=lambda path: float(path.parent.parent.name))
    return str(installed[-1]) if installed else None


def find_user() -> str | None:
    """Answer whom the server runs as: us, unless we are root, which PostgreSQL refuses; `KeyError` if nobody can."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    candidates = [name for name in UNPRIVILEGED_USERS if name in known]
    if not candidates:
        raise KeyError(f"PostgreSQL refuses root, and none of {UNPRIVILEGED_USERS} exists")
    return candidates[0]


def find_source(environment: Mapping[str, str] = os.environ) -> PostgresSource:
    """Choose the best source that this machine offers, without starting anything."""
    if environment.get(VARIABLE):
        return PostgresSource(Kind.GIVEN, f"the server of {VARIABLE}")
    if containers.engine_answers():
        return PostgresSource(Kind.CONTAINER, f"{IMAGE} in Docker")
    if find_program("initdb") and (postgres := find_program("postgres")):
        said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True).stdout
        return PostgresSource(Kind.MACHINE, f"{said.strip()} in a temporary folder")
    return PostgresSource(Kind.NONE, f"none (no {VARIABLE}, Docker engine or initdb on this machine)")


@contextmanager
def open_postgres(source: PostgresSource) -> Iterator[PostgresServer]:
    """Give the server of `source`; `LookupError` where there is none."""
    match source.kind:
        case Kind.GIVEN:
            server = PostgresServer(os.environ[VARIABLE])
            yield server
            # The others end with all that is in them.
            asyncio.run(server.drop_templates())
        case Kind.CONTAINER:
            with _open_container() as server:
                yield server
        case Kind.MACHINE:
            with _open_machine() as server:
                yield server
        case Kind.NONE:
            raise LookupError(f"PostgreSQL: {source.label}")


@contextmanager
def _open_container() -> Iterator[PostgresServer]:
    # Imported here: without a Docker engine nobody needs the quarter of a second that it takes.
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415  # see above

    container = PostgresContainer(IMAGE, username=SUPERUSER, password=secrets.token_hex(), driver=None)
    settings = ["-c", f"max_connections={MAX_CONNECTIONS}", *durability()]
    with container.with_command(["postgres", *settings]) as running:
        yield PostgresServer(running.get_connection_url())


@contextmanager
def _open_machine() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="tramite-pg-", dir=choose_place()))
    user = find_user()
    if user is not None:
        shutil.chown(folder, user)
    password = secrets.token_hex()
    _initialise(folder, user, password)
    process, port = _start(folder, user)
    try:
        yield PostgresServer(f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres")
    finally:
        process.close()


def choose_place(memory: Path = MEMORY, room: int = MEMORY_OCTETS) -> Path | None:
    """Answer where the server keeps its files: in memory where there is room, else where temporary files go.

    Each database is some three hundred files, and on a disk making and removing them takes half of what the server
    takes at all. A commit survives there what it survives without fsync (see `durability`).
    """
    if os.environ.get(DURABLE_VARIABLE) == "on" or not os.access(memory, os.W_OK):
        return None
    return memory if shutil.disk_usage(memory).free >= room else None


def durability() -> list[str]:
    """Answer the settings that trade durability for speed.

    Without fsync, or in memory, a commit still reaches the operating system before it is acknowledged, so it survives
    `kill -9` of any process, the server too; only a power cut could lose it, and no test cuts the power. Measurements
    want the real price: `TRAMITE_TEST_FSYNC=on`.
    """
    if os.environ.get(DURABLE_VARIABLE) == "on":
        return []
    return ["-c", "fsync=off", "-c", "full_page_writes=off"]


def _initialise(folder: Path, user: str | None, password: str) -> None:
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if user is not None:
        shutil.chown(password_file, user)
    initdb = find_program("initdb")
    if initdb is None:
        raise LookupError("there is no initdb")
    # The better scram-sha-256 makes every connection cost the client twice as much: a worker opens hundreds.
    options = ["--auth=md5", f"--pwfile={password_file}", f"--username={SUPERUSER}"]
    done = subprocess.run(
        [initdb, f"--pgdata={folder}/data", *options, "--encoding=UTF8", "--no-locale", "--no-sync"],
        **identity(user),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    password_file.unlink()
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr[-1000:]}")


def _start(folder: Path, user: str | None) -> tuple[KeptProcess, int]:
    last_words = ""
    for _ in range(START_ATTEMPTS):
        # Somebody may take the port between our choice and the server's start; then there is another.
        port = free_port()
        process = _launch(folder, user, port)
        until_blocking(
            functools.partial(_ready_or_gone, folder, process), "PostgreSQL to be ready", limit=START_LIMIT_SECONDS
        )
        if process.running():
            return process, port
        last_words = process.log_tail()
    raise RuntimeError(f"PostgreSQL did not start:\n{last_words}")


def _launch(folder: Path, user: str | None, port: int) -> KeptProcess:
    postgres = find_program("postgres")
    if postgres is None:
        raise LookupError("there is no postgres beside initdb")
    settings = ["-c", f"max_connections={MAX_CONNECTIONS}", "-c", "log_min_messages=warning", *durability()]
    settings += ["-c", f"max_wal_size={MOST_LOG}"]
    return KeptProcess(
        [postgres, "-D", f"{folder}/data", "-h", "127.0.0.1", "-k", str(folder), "-p", str(port), *settings],
        folder=folder,
        user=user,
        # "Fast": clients still connected are cut off, where SIGTERM would wait for them.
        stop_signal=signal.SIGINT,
    )


def _ready_or_gone(folder: Path, process: KeptProcess) -> bool:
    if not process.running():
        return True
    try:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    # The eighth line is the server's state, padded with blanks; pg_ctl waits for it in the same way.
    return [line.strip() for line in lines[7:8]] == ["ready"]
