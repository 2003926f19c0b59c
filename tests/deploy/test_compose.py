"""What holds for every part of the compose file."""

import re
import tomllib
from pathlib import Path

import pytest

from services.cli.settings import list_settings
from tests.deploy import compose
from tests.deploy.compose import OURS, ROOT, SERVICES, MissingVariableError, load, load_service, raw_services

EVERYTHING = sorted(raw_services())
LASTING = [name for name in EVERYTHING if name != "migrate"]
EXACT_TAG = re.compile(r"[a-z][\w./-]*:v?\d+\.\d+(\.\d+)?(-[a-z]+)?")


def test_everything_of_a_cluster_is_there() -> None:
    others = {"kafka", "postgres", "blobs", "mailpit", "prometheus", "grafana"}
    assert set(EVERYTHING) == {*OURS, *others}


@pytest.mark.parametrize("name", EVERYTHING)
def test_image_is_pinned(name: str) -> None:
    assert EXACT_TAG.fullmatch(load_service(name)["image"])


@pytest.mark.parametrize(("name", "image"), [("kafka", "apache/kafka:4."), ("postgres", "postgres:17.")])
def test_version_is_the_one_that_is_supported(name: str, image: str) -> None:
    assert load_service(name)["image"].startswith(image)


@pytest.mark.parametrize("name", OURS)
def test_ours_run_one_image_of_this_version(name: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert load_service(name)["image"] == f"tramite:{version}"


def test_image_is_built_once_and_never_fetched() -> None:
    building = {name for name in EVERYTHING if "build" in load_service(name)}
    assert building == {"migrate"}
    assert {load_service(name)["pull_policy"] for name in SERVICES} == {"never"}
    assert (ROOT / load_service("migrate")["build"] / "Dockerfile").is_file()


@pytest.mark.parametrize("name", EVERYTHING)
def test_limits_are_set(name: str) -> None:
    limits = load_service(name)["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[mg]", limits["memory"])
    assert limits["pids"] > 0


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_checked_and_started_again(name: str) -> None:
    section = load_service(name)
    assert section["restart"] == "unless-stopped"
    check = section["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_migration_runs_once_and_before_the_services() -> None:
    assert load_service("migrate")["restart"] == "no"
    assert load_service("migrate")["command"] == ["migrate"]
    for name in SERVICES:
        assert load_service(name)["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_is_waited_for_can_be_waited_for(name: str) -> None:
    for other, wish in load_service(name).get("depends_on", {}).items():
        waits_for_health = wish["condition"] == "service_healthy"
        assert waits_for_health is ("healthcheck" in load_service(other))


@pytest.mark.parametrize("name", OURS)
def test_ours_may_do_nothing_but_their_work(name: str) -> None:
    section = load_service(name)
    assert section["read_only"] is True
    assert section["cap_drop"] == ["ALL"]
    assert not {"privileged", "cap_add", "user", "volumes"} & set(section)


@pytest.mark.parametrize("name", EVERYTHING)
def test_nobody_gains_privileges(name: str) -> None:
    assert "no-new-privileges:true" in load_service(name)["security_opt"]


@pytest.mark.parametrize("name", EVERYTHING)
def test_doors_open_to_this_machine_only(name: str) -> None:
    for port in load_service(name).get("ports", ()):
        host, outside, inside = port.split(":")
        assert host == "127.0.0.1"
        assert outside == inside


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_is_mounted_exists(name: str) -> None:
    for mount in load_service(name).get("volumes", ()):
        source, target, *options = mount.split(":")
        assert target.startswith("/")
        if source.startswith("./"):
            assert (ROOT / source).exists()
            assert options == ["ro"]
        else:
            assert source in load()["volumes"]


def test_volumes_and_networks_are_used() -> None:
    sections = load()["services"].values()
    mounted = {mount.split(":")[0] for section in sections for mount in section.get("volumes", ())}
    assert set(load()["volumes"]) <= mounted
    assert set(load()["networks"]) == {network for section in sections for network in section["networks"]}


def test_what_holds_data_has_no_way_out() -> None:
    assert load()["networks"]["inside"] == {"internal": True}
    for name in ("kafka", "postgres", "blobs"):
        assert load_service(name)["networks"] == ["inside"]
        assert "ports" not in load_service(name)


@pytest.mark.parametrize("name", sorted(compose.insisted_variables()))
def test_nothing_starts_without_a_secret_and_the_error_says_what_to_do(name: str) -> None:
    environment = {**compose.made_up_environment(), name: ""}
    with pytest.raises(MissingVariableError, match=f"^{name}: .*deploy/env/write_env.py"):
        load(environment)
    assert (ROOT / "deploy/env/write_env.py").is_file()


def test_no_secret_is_written_down() -> None:
    for section in raw_services().values():
        for variable, value in section.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|KEY(S|_ID)?$", variable):
                assert re.fullmatch(r"\$\{\w+(:\?[^}]*)?\}", value), variable


def test_example_page_names_every_variable() -> None:
    page = compose.EXAMPLE_ENV.read_text(encoding="utf-8")
    named = set(re.findall(r"^#?([A-Z_]+)=", page, flags=re.MULTILINE))
    assert named == compose.used_variables()
    assert {name for name, value in compose.read_env_file(compose.EXAMPLE_ENV).items() if not value} == (
        compose.insisted_variables()
    )


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_of_who_gets_it(name: str) -> None:
    owners = {row.variable: set[str]() for row in list_settings()}
    for row in list_settings():
        owners[row.variable].add(row.owner)
    readers = set(SERVICES) if name == "migrate" else {name}
    for variable in load_service(name)["environment"]:
        if variable.startswith("TRAMITE_"):
            assert owners.get(variable, set()) & {"shared", *readers}, variable


def test_environment_files_are_kept_out_of_the_repository() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_named_paths_of_the_header_exist() -> None:
    header = compose.FILE.read_text(encoding="utf-8").partition("\nname:")[0]
    paths = re.findall(r"\bdeploy/[\w./]*\w", header)
    assert paths
    assert all((ROOT / Path(path)).exists() for path in paths)
