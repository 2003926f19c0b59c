from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.infrastructure.kafka.apache import ApacheKafka, JarsUnavailableError
from tests.infrastructure.kafka.broker import KafkaBroker, Kind
from tests.infrastructure.kafka.source import KafkaSource, find_source, open_kafka
from tests.infrastructure.process import accepts_connections


async def send(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value, key=b"thread", headers=[("ce_id", b"1")])


async def receive(bootstrap: str, topic: str, group: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    async with consumer:
        record = await consumer.getone()
    return bytes(record.value)


async def test_record_comes_back_as_it_was_sent(kafka: KafkaBroker, topic_prefix: str) -> None:
    await send(kafka.bootstrap, f"{topic_prefix}letters", b"a letter")
    assert await receive(kafka.bootstrap, f"{topic_prefix}letters", f"{topic_prefix}readers") == b"a letter"


async def test_killed_broker_keeps_what_it_was_told(kafka_node: ApacheKafka) -> None:
    await send(kafka_node.bootstrap, "letters", b"before the crash")
    port = int(kafka_node.bootstrap.rpartition(":")[2])
    kafka_node.kill()
    assert not accepts_connections(port)
    kafka_node.start()
    assert await receive(kafka_node.bootstrap, "letters", "readers") == b"before the crash"
    kafka_node.stop()
    assert not accepts_connections(port)


async def test_mock_cluster_speaks_the_protocol_where_nothing_better_is_there(topic_prefix: str) -> None:
    with open_kafka(KafkaSource(Kind.MOCK, "mock"), real=False) as broker:
        await send(broker.bootstrap, f"{topic_prefix}letters", b"a letter")
        assert await receive(broker.bootstrap, f"{topic_prefix}letters", "readers") == b"a letter"


@pytest.fixture
def without_maven(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("without_maven")
def test_missing_jars_fall_back_to_the_mock_cluster_and_say_so() -> None:
    with open_kafka(KafkaSource(Kind.APACHE, "Apache Kafka"), real=False) as broker:
        assert broker.kind is Kind.MOCK
        assert "instead of Apache Kafka" in broker.note


@pytest.mark.usefixtures("without_maven")
def test_missing_jars_are_an_error_where_the_real_broker_is_required() -> None:
    with pytest.raises(JarsUnavailableError), open_kafka(KafkaSource(Kind.APACHE, "Apache Kafka"), real=True):
        pass


def test_given_broker_comes_before_all_others() -> None:
    source = find_source({"KAFKA_BOOTSTRAP_SERVERS": "broker.example:9092"})
    assert source.kind is Kind.GIVEN
    assert "broker.example:9092" in source.label


def test_only_the_mock_cluster_is_not_real() -> None:
    assert [kind for kind in Kind if not kind.real] == [Kind.MOCK]
