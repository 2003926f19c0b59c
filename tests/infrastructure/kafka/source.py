"""Which broker this run gets, and how to have it for the time of a `with` block."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import Producer

from tests.infrastructure import containers
from tests.infrastructure.kafka import apache
from tests.infrastructure.kafka.broker import KafkaBroker, Kind
from tests.infrastructure.process import free_port

VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
CONTAINER_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class KafkaSource:
    """Where this run's broker will come from; `label` is for people."""

    kind: Kind
    label: str


def find_source(environment: Mapping[str, str] = os.environ) -> KafkaSource:
    """Choose the best source that this machine offers, without starting anything."""
    if bootstrap := environment.get(VARIABLE):
        return KafkaSource(Kind.GIVEN, f"the broker at {bootstrap} ({VARIABLE})")
    if containers.engine_answers():
        return KafkaSource(Kind.CONTAINER, "a broker in Docker")
    if apache.find_java() and (apache.jar_folder().is_dir() or shutil.which("mvn")):
        return KafkaSource(Kind.APACHE, f"Apache Kafka {apache.version()} as a Java process")
    return KafkaSource(Kind.MOCK, f"librdkafka's mock cluster (no {VARIABLE}, Docker engine, or Java 17 with Maven)")


@contextmanager
def open_kafka(source: KafkaSource, *, real: bool) -> Iterator[KafkaBroker]:
    """Give the broker of `source`; with `real`, never an imitation of it.

    When Maven cannot bring the jars, the mock cluster takes their place and the broker's note says why.
    """
    match source.kind:
        case Kind.GIVEN:
            yield KafkaBroker(os.environ[VARIABLE], Kind.GIVEN)
        case Kind.CONTAINER:
            with _open_container() as broker:
                yield broker
        case Kind.APACHE:
            with _open_apache(real=real) as broker:
                yield broker
        case Kind.MOCK:
            with _open_mock() as broker:
                yield broker


@contextmanager
def _open_apache(*, real: bool) -> Iterator[KafkaBroker]:
    try:
        node = apache_node()
    except apache.JarsUnavailableError as error:
        if real:
            raise
        with _open_mock(f"the mock cluster instead of Apache Kafka: {error}") as broker:
            yield broker
        return
    try:
        node.start()
        yield KafkaBroker(node.bootstrap, Kind.APACHE)
    finally:
        node.close()


def apache_node() -> apache.ApacheKafka:
    """Make a broker of one's own, not started yet; `JarsUnavailableError` where there is no Java or no jars."""
    java = apache.find_java()
    if java is None:
        raise apache.JarsUnavailableError(f"there is no Java {apache.OLDEST_JAVA}")
    return apache.ApacheKafka(apache.fetch_jars(), java)


@contextmanager
def _open_container() -> Iterator[KafkaBroker]:
    # Imported here: without a Docker engine nobody needs the quarter of a second that it takes.
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # see above

    # Bound to a port chosen beforehand, because a broker must know the address that it tells its clients.
    port = free_port()
    container = DockerContainer(f"apache/kafka:{apache.version()}").with_bind_ports(port, port)
    for name, value in apache.settings(port=port, controller=free_port(), host="0.0.0.0").items():  # noqa: S104  # inside the container
        container = container.with_env(f"KAFKA_{name.upper().replace('.', '_')}", value)
    with container:
        apache.wait_for_answer(f"127.0.0.1:{port}", limit=CONTAINER_LIMIT_SECONDS)
        yield KafkaBroker(f"127.0.0.1:{port}", Kind.CONTAINER)


@contextmanager
def _open_mock(note: str = "") -> Iterator[KafkaBroker]:
    # The cluster lives as long as the client that it belongs to.
    owner = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = owner.list_topics(timeout=10).brokers.values()
    yield KafkaBroker(",".join(f"{broker.host}:{broker.port}" for broker in brokers), Kind.MOCK, note)
    owner.flush(1)
