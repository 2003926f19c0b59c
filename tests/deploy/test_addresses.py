"""Who speaks to whom in the compose file: names, ports, users and limits on both sides agree."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import combinations
from urllib.parse import urlsplit

import pytest

from services.cli.installation import NAMES, load_settings, read_port
from shared.settings import SharedSettings
from tests.deploy.compose import ROOT, SERVICES, load, load_service

SQL = (ROOT / "deploy/postgres/databases.sql").read_text(encoding="utf-8")
SERVER_GRACE_SECONDS = 3
# A producer of ours may send so much at once (shared/kafka.py).
LARGEST_REQUEST_BYTES = 4 * 1024 * 1024


def defaults(name: str) -> SharedSettings:
    return load_settings(name)()


def environment_of(name: str) -> dict[str, str]:
    environment: dict[str, str] = load_service(name)["environment"]
    return environment


def test_a_container_for_each_service_that_there_is() -> None:
    assert SERVICES == NAMES
    for name in NAMES:
        assert load_service(name)["command"] == ["run", name]


@pytest.mark.parametrize("name", NAMES)
def test_health_check_asks_the_service_s_own_port(name: str) -> None:
    (url,) = re.findall(r"http://[^']+", load_service(name)["healthcheck"]["test"][-1])
    assert url == f"http://127.0.0.1:{read_port(defaults(name))}/health/ready"


@contextmanager
def health_server(status: int) -> Iterator[int]:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_health_check_command_tells_ready_from_not_ready(status: int, healthy: bool) -> None:  # noqa: FBT001 - a table's column
    command = load_service("alias")["healthcheck"]["test"]
    assert command[:3] == ["CMD", "python", "-c"]
    with health_server(status) as port:
        done = subprocess.run(
            [sys.executable, "-c", command[3].replace(":8001/", f":{port}/")], capture_output=True, check=False
        )
    assert (done.returncode == 0) is healthy


@pytest.mark.parametrize("name", NAMES)
def test_published_ports_are_listened_on(name: str) -> None:
    listening = {read_port(defaults(name))}
    if name == "delivery":
        listening.add(load_settings("delivery").model_fields["smtp_port"].default)
    published = {int(port.split(":")[2]) for port in load_service(name).get("ports", ())}
    assert published <= listening
    assert environment_of(name)["TRAMITE_HTTP_HOST"] == "0.0.0.0"  # noqa: S104 - inside a container


@pytest.mark.parametrize("peer", ["policy", "delivery", "metrics"])
def test_gateway_finds_its_peers(peer: str) -> None:
    assert environment_of("gateway")[f"TRAMITE_{peer.upper()}_URL"] == f"http://{peer}:{read_port(defaults(peer))}"


@pytest.mark.parametrize("name", NAMES)
def test_each_service_has_a_database_and_a_user_of_its_own(name: str) -> None:
    url = urlsplit(environment_of(name)[f"TRAMITE_{name.upper()}_DATABASE_URL"])
    assert (url.hostname, url.port) == ("postgres", 5432)
    assert url.username == url.path[1:] == f"tramite_{name}"
    assert url.password == environment_of("postgres")[f"{name.upper()}_DATABASE_PASSWORD"]
    assert f"CREATE ROLE tramite_{name} LOGIN PASSWORD :'{name}_password'" in SQL
    assert f"CREATE DATABASE tramite_{name} OWNER tramite_{name}" in SQL
    assert f"\\getenv {name}_password {name.upper()}_DATABASE_PASSWORD" in SQL


def test_services_see_no_database_but_their_own() -> None:
    for name in NAMES:
        urls = {variable for variable in environment_of(name) if variable.endswith("_DATABASE_URL")}
        assert urls == {f"TRAMITE_{name.upper()}_DATABASE_URL"}
    assert len([variable for variable in environment_of("migrate") if variable.endswith("_DATABASE_URL")]) == len(NAMES)


def test_postgres_has_room_for_two_of_each() -> None:
    (setting,) = [word for word in load_service("postgres")["command"] if word.startswith("max_connections=")]
    assert int(setting.partition("=")[2]) > 2 * sum(defaults(name).database_pool for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_bus_is_where_the_broker_says_it_is(name: str) -> None:
    advertised = urlsplit(environment_of("kafka")["KAFKA_ADVERTISED_LISTENERS"])
    assert environment_of(name)["TRAMITE_BUS_URL"] == f"kafka://{advertised.netloc}"
    assert advertised.hostname == "kafka"
    assert f"PLAINTEXT://:{advertised.port}" in environment_of("kafka")["KAFKA_LISTENERS"].split(",")
    assert load_service("kafka")["healthcheck"]["test"][-1] == f"127.0.0.1:{advertised.port}"


def test_broker_needs_no_zookeeper() -> None:
    environment = environment_of("kafka")
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
    assert not any("ZOOKEEPER" in variable for variable in environment)


def test_broker_takes_what_the_producer_sends() -> None:
    assert int(environment_of("kafka")["KAFKA_MESSAGE_MAX_BYTES"]) > LARGEST_REQUEST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_ids_of_events_outlast_the_topics(name: str) -> None:
    # The inbox is purged after twice the retention (shared/runtime.py).
    remembered_hours = 2 * 24 * int(environment_of(name)["TRAMITE_RETENTION_DAYS"])
    assert remembered_hours > int(environment_of("kafka")["KAFKA_LOG_RETENTION_HOURS"]) > 90 * 24


@pytest.mark.parametrize("name", ["gateway", "policy", "delivery"])
def test_blobs_are_found(name: str) -> None:
    environment, store = environment_of(name), load_service("blobs")
    port = store["command"][store["command"].index("--port") + 1].removeprefix(":")
    assert environment["AWS_ENDPOINT_URL"] == f"http://blobs:{port}"
    assert environment["AWS_ALLOW_HTTP"] == "true"
    assert environment["AWS_REGION"] in store["command"]
    assert environment["AWS_ACCESS_KEY_ID"] == store["environment"]["ROOT_ACCESS_KEY"]
    assert environment["AWS_SECRET_ACCESS_KEY"] == store["environment"]["ROOT_SECRET_KEY"]
    assert store["healthcheck"]["test"][-1] == f"http://127.0.0.1:{port}/health"


def test_bucket_is_the_folder_that_the_mount_makes() -> None:
    store = load_service("blobs")
    bucket = environment_of("delivery")["TRAMITE_BLOB_URL"].removeprefix("s3://")
    assert store["volumes"] == [f"blobs:{store['command'][-1]}/{bucket}"]


def test_mail_leaves_by_the_relay() -> None:
    assert environment_of("delivery")["TRAMITE_SMTP_RELAY"] == "smtp://mailpit:1025"
    assert load_service("delivery")["depends_on"]["mailpit"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", NAMES)
def test_stop_is_given_the_time_it_may_take(name: str) -> None:
    grace = int(load_service(name)["stop_grace_period"].removesuffix("s"))
    assert grace > defaults(name).shutdown_seconds + SERVER_GRACE_SECONDS


def test_names_mean_one_address() -> None:
    """Of two containers that share several networks, a name would have an address in each."""
    speaking = {*combinations(("gateway", "policy", "delivery", "metrics"), 2)}
    speaking |= {(name, other) for name in NAMES for other in ("kafka", "postgres", "blobs", "prometheus")}
    speaking |= {("delivery", "mailpit"), ("grafana", "prometheus"), ("migrate", "postgres")}
    for one, other in speaking:
        shared = set(load_service(one)["networks"]) & set(load_service(other)["networks"])
        assert len(shared) == 1, (one, other, shared)


def test_every_host_in_a_url_is_a_container() -> None:
    names = set(load()["services"])
    for name in ("migrate", *NAMES):
        for variable, value in environment_of(name).items():
            if variable.endswith(("_URL", "_RELAY")) and variable not in {"TRAMITE_PUBLIC_URL", "TRAMITE_BLOB_URL"}:
                assert urlsplit(value).hostname in names, variable
