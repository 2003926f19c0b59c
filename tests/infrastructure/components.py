"""Fixtures for the real components, and what the run says about them.

Nothing starts before a test asks for it. Kafka and PostgreSQL live for the session (with pytest-xdist: each worker's),
topics, databases and mail servers for one test.
"""

import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from tests.infrastructure import loops
from tests.infrastructure import postgres as postgresql
from tests.infrastructure.demands import DemandError, demanded
from tests.infrastructure.kafka import source as kafka_source
from tests.infrastructure.kafka.apache import ApacheKafka, JarsUnavailableError
from tests.infrastructure.kafka.broker import KafkaBroker
from tests.infrastructure.postgres import PostgresServer
from tests.infrastructure.smtp import FarSide

COMPILED = pytest.StashKey[bool]()
NOTES = pytest.StashKey[list[str]]()
# A test that uses one of these needs the component, and `-m "not kafka"` leaves it out.
MARKED_FIXTURES = {"kafka": "kafka", "kafka_node": "kafka", "postgres": "postgres"}

PROMTOOL = "promtool"

FreshDatabase = Callable[[], Awaitable[str]]


def pytest_configure(config: pytest.Config) -> None:
    """Refuse the run at once when `TRAMITE_REQUIRE` asks for what the machine does not have, or loops are old."""
    config.stash[NOTES] = []
    plain = config.pluginmanager.has_plugin("tests.infrastructure.plain")
    try:
        required = demanded(os.environ)
        config.stash[COMPILED] = not plain and loops.are_compiled(loops.ROOT)
    except (DemandError, loops.LoopsError) as error:
        raise pytest.UsageError(str(error)) from error
    if "compiled" in required and not plain and not config.stash[COMPILED]:
        raise pytest.UsageError(f"compiled loops are required, and this run would get {loops.PLAIN}")
    kafka = kafka_source.find_source()
    if "kafka" in required and not kafka.kind.real:
        raise pytest.UsageError(f"a real Kafka is required, and this run would get {kafka.label}")
    postgres = postgresql.find_source()
    if "postgres" in required and postgres.kind is postgresql.Kind.NONE:
        raise pytest.UsageError(f"PostgreSQL is required, and this run would get {postgres.label}")
    if "promtool" in required and shutil.which(PROMTOOL) is None:
        raise pytest.UsageError(f"{PROMTOOL} is required, and this machine has none (Debian: prometheus)")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which components the run gets."""
    return [
        f"kafka: {kafka_source.find_source().label}",
        f"postgres: {postgresql.find_source().label}",
        f"loops: {'compiled' if config.stash[COMPILED] else 'plain'}",
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by the components that they use."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        for marker in {marker for fixture, marker in MARKED_FIXTURES.items() if fixture in used}:
            item.add_marker(marker)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand a worker's notes to the process that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["components"] = session.config.stash[NOTES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over a worker's notes when it is done."""
    output: dict[str, list[str]] = getattr(node, "workeroutput", {})
    config: pytest.Config = getattr(node, "config")  # noqa: B009  # pytest-xdist has no type for its nodes
    notes = config.stash[NOTES]
    notes.extend(output.get("components", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell where a component was not what the header promised."""
    notes = config.stash[NOTES]
    for note in sorted(set(notes)):
        terminalreporter.write_line(f"note: {note}", yellow=True)


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[KafkaBroker]:
    """Give the run's broker."""
    with kafka_source.open_kafka(kafka_source.find_source(), real="kafka" in demanded(os.environ)) as broker:
        if broker.note:
            pytestconfig.stash[NOTES].append(broker.note)
        yield broker


@pytest.fixture
def topic_prefix() -> str:
    """Give a beginning for topic and group names that no other test has."""
    return f"t{secrets.token_hex(6)}-"


@pytest.fixture
def kafka_node() -> Iterator[ApacheKafka]:
    """Give a started broker that the test may stop, kill and start again; skipped where Java or jars are missing."""
    try:
        node = kafka_source.apache_node()
    except JarsUnavailableError as error:
        if "kafka" in demanded(os.environ):
            raise
        pytest.skip(f"Apache Kafka: {error}")
    try:
        node.start()
        yield node
    finally:
        node.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Give the run's server; tests that use it are skipped where there is none."""
    source = postgresql.find_source()
    if source.kind is postgresql.Kind.NONE:
        pytest.skip(f"PostgreSQL: {source.label}")
    with postgresql.open_postgres(source) as server:
        yield server


@pytest.fixture
async def fresh_database(postgres: PostgresServer) -> AsyncIterator[FreshDatabase]:
    """Give a function that makes an empty database and answers its SQLAlchemy address; dropped after the test."""
    names: list[str] = []

    async def create() -> str:
        names.append(await postgres.create_database())
        return postgres.url_of(names[-1])

    yield create
    for name in names:
        await postgres.drop_database(name)


@pytest.fixture
async def postgres_url(fresh_database: FreshDatabase) -> str:
    """Give the SQLAlchemy address (asyncpg) of an empty database of the test's own."""
    return await fresh_database()


@pytest.fixture(scope="session")
def promtool() -> str:
    """Give where Prometheus' own checker is; tests that use it are skipped where it is not installed."""
    program = shutil.which(PROMTOOL)
    if program is None:
        pytest.skip(f"{PROMTOOL}: not on this machine (Debian: prometheus)")
    return program


@pytest.fixture
async def far_side() -> AsyncIterator[FarSide]:
    """Give a mail server of the outside world, on a port of its own, that keeps what it is sent."""
    async with FarSide() as server:
        yield server
