"""Apache Kafka as one Java process of our own, from the jars that `pom.xml` names.

No ZooKeeper and no second process: the broker is its own controller (KRaft). Ports and files are its own too.
"""

import fcntl
import functools
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.infrastructure.process import KeptProcess, accepts_connections, free_port
from tests.infrastructure.waiting import until_blocking

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17
MAVEN_LIMIT_SECONDS = 300
START_LIMIT_SECONDS = 30.0
START_ATTEMPTS = 3

# A small heap and the collector without threads of its own: the machine has two cores, and the tests want them.
# Nor does a broker live long enough here for the optimising compiler to earn what it costs.
JVM_OPTIONS = (
    "-Xms64m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)


class JarsUnavailableError(Exception):
    """Maven could not bring Kafka's jars."""


def version() -> str:
    """Answer the Kafka version that `pom.xml` names."""
    found = re.search(r"<kafka\.version>([\d.]+)</kafka\.version>", POM.read_text())
    if found is None:
        raise ValueError(f"{POM} names no kafka.version")
    return found[1]


def settings(*, port: int, controller: int, host: str = "127.0.0.1") -> dict[str, str]:
    """Answer the settings of a single broker that listens on `host` and is told to its clients as 127.0.0.1:`port`."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        # One broker cannot hold the three copies that Kafka makes of its own topics.
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # Kafka's own topics have 50 partitions each, which one small broker takes long to make.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        # Several, so that order per key is not order by accident.
        "num.partitions": "4",
        # A killed broker may come back once its old self is given up for dead: after 9 seconds, if nothing is said.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "400",
        # A test's group is complete with its first member; production waits three seconds for more.
        "group.initial.rebalance.delay.ms": "0",
    }


@functools.cache
def find_java() -> str | None:
    """Answer the path of a Java that Kafka 4 runs on, or `None`."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        return None
    # Java tells its version on standard error; macOS has a `java` that only tells where to get one.
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=30).stderr
    found = re.search(r'version "(\d+)', said)
    return java if found and int(found[1]) >= OLDEST_JAVA else None


def jar_folder() -> Path:
    """Answer the folder where this version's jars are kept between runs and checkouts."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tramite" / f"kafka-{version()}"


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let one test process at a time into the block."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch_jars() -> Path:
    """Answer the folder with the jars, brought by Maven if they are not there; `JarsUnavailableError` if it cannot."""
    folder = jar_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            _copy_jars(folder)
    return folder


def _copy_jars(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsUnavailableError("there is no mvn on the PATH")
    with tempfile.TemporaryDirectory(dir=folder.parent) as partial:
        command = [maven, "-B", "-q", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        try:
            subprocess.run(
                [*command, f"-DoutputDirectory={partial}/jars"],
                check=True,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=MAVEN_LIMIT_SECONDS,
            )
        except subprocess.CalledProcessError as error:
            raise JarsUnavailableError(f"mvn failed: {error.stdout[-500:]}") from error
        except subprocess.TimeoutExpired as error:
            raise JarsUnavailableError(f"mvn took more than {MAVEN_LIMIT_SECONDS} s") from error
        # Renamed when complete, so that a run cut short leaves no half-filled folder behind.
        Path(partial, "jars").rename(folder)


class ApacheKafka:
    """A broker with files of its own, which keep what it was told across `stop`, `kill` and `start`."""

    def __init__(self, jars: Path, java: str) -> None:
        self._command = [java, *JVM_OPTIONS, "-cp", f"{jars}/*"]
        self._folder = Path(tempfile.mkdtemp(prefix="tramite-kafka-"))
        self._properties = self._folder / "server.properties"
        self._port = 0
        self._process: KeptProcess | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, the same after every start."""
        return f"127.0.0.1:{self._port}"

    @property
    def keeper_pid(self) -> int:
        """The id of the process that watches over the broker; 0 when it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the broker and wait until it answers clients; `RuntimeError` with its last words if it does not."""
        if self._port:
            self._start_once()
            return
        self._choose_ports()
        self._format()
        for _ in range(START_ATTEMPTS - 1):
            try:
                self._start_once()
            except RuntimeError:
                # Somebody may have taken a port between our choice and Kafka's start.
                self._choose_ports()
            else:
                return
        self._start_once()

    def stop(self) -> None:
        """Stop the broker in order."""
        if self._process:
            self._process.stop()
        self._process = None

    def kill(self) -> None:
        """End the broker as `kill -9` does."""
        if self._process:
            self._process.kill()
        self._process = None

    def close(self) -> None:
        """End the broker for good and remove its files."""
        # In order takes Kafka a second, and nobody will read these files again.
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _choose_ports(self) -> None:
        self._port = free_port()
        chosen = settings(port=self._port, controller=free_port()) | {"log.dirs": f"{self._folder}/data"}
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in chosen.items()))

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._properties)]
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise RuntimeError(f"Kafka's storage could not be formatted: {done.stdout[-500:]}{done.stderr[-500:]}")

    def _start_once(self) -> None:
        process = KeptProcess([*self._command, "kafka.Kafka", str(self._properties)], folder=self._folder)
        self._process = process

        def listening_or_gone() -> bool:
            return accepts_connections(self._port) or not process.running()

        until_blocking(listening_or_gone, "Kafka to listen", limit=START_LIMIT_SECONDS)
        if not process.running():
            raise RuntimeError(f"Kafka did not start:\n{process.log_tail()}")
        wait_for_answer(self.bootstrap)


def wait_for_answer(bootstrap: str, *, limit: float = START_LIMIT_SECONDS) -> None:
    """Wait until the broker at `bootstrap` describes itself to a client."""
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def answers() -> bool:
        try:
            return bool(client.list_topics(timeout=limit).brokers)
        except KafkaException:
            return False

    until_blocking(answers, f"Kafka at {bootstrap} to answer", limit=limit)
