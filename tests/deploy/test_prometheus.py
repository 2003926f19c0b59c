"""Prometheus' configuration and rules: they fit the services, and they fire when they should."""

import re
import subprocess
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from services.cli.installation import NAMES, load_settings, read_port
from tests.deploy.compose import ROOT, load_service
from tests.deploy.exposed import find_unknown

pytestmark = pytest.mark.req("R-METRICS-5")

FOLDER = ROOT / "deploy/prometheus"
CONFIG = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [
    rule
    for file in sorted((FOLDER / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = [rule["alert"] for rule in RULES]
TESTS = ("tests.yml", "tests_long.yml")


def run(promtool: str, *arguments: str) -> None:
    done = subprocess.run([promtool, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_accepts_configuration_and_rules(promtool: str) -> None:
    run(promtool, "check", "config", "prometheus.yml")


@pytest.mark.parametrize("file", TESTS)
def test_rules_pass_their_own_tests(promtool: str, file: str) -> None:
    run(promtool, "test", "rules", file)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_test_in_which_it_fires(alert: str) -> None:
    fires = set[str]()
    for file in TESTS:
        for case in yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))["tests"]:
            fires |= {test["alertname"] for test in case.get("alert_rule_test", ()) if test.get("exp_alerts")}
            for test in case.get("promql_expr_test", ()):
                if test.get("exp_samples"):
                    fires |= set(re.findall(r"Tramite\w+", test["expr"]))
    assert alert in fires


def test_every_service_is_measured_at_its_port() -> None:
    jobs = {job["job_name"]: job for job in CONFIG["scrape_configs"]}
    assert set(jobs) == {*NAMES, "prometheus"}
    for name in NAMES:
        (found_by,) = jobs[name]["dns_sd_configs"]
        assert found_by["names"] == [name]
        assert found_by["port"] == read_port(load_settings(name)())


def test_what_is_mounted_is_what_the_configuration_reads() -> None:
    mounts = dict(mount.split(":")[:2] for mount in load_service("prometheus")["volumes"])
    assert mounts["./deploy/prometheus/prometheus.yml"] == "/etc/prometheus/prometheus.yml"
    assert mounts["./deploy/prometheus/rules"] == "/etc/prometheus/rules"
    assert CONFIG["rule_files"] == ["rules/*.yml"]
    assert "--config.file=/etc/prometheus/prometheus.yml" in load_service("prometheus")["command"]


def test_names_of_alerts_are_unique() -> None:
    assert len(ALERTS) == len(set(ALERTS)) >= 10


@pytest.mark.parametrize("rule", RULES, ids=ALERTS)
def test_rule_asks_only_for_what_is_exposed(rule: dict[str, Any]) -> None:
    assert find_unknown(rule["expr"]) == []


@pytest.mark.parametrize("rule", RULES, ids=ALERTS)
def test_rule_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{rule['alert']}.md"
    assert all(rule["annotations"].values())


@pytest.mark.parametrize("rule", RULES, ids=ALERTS)
def test_annotations_use_labels_that_the_rule_leaves(rule: dict[str, Any]) -> None:
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    grouped = re.findall(r"\bby \(([^)]*)\)", rule["expr"])
    if grouped:
        assert used <= {label.strip() for labels in grouped for label in labels.split(",")} - {"le"}
    else:
        assert used <= {"job", "instance", "service"}


def test_data_source_of_grafana_is_prometheus() -> None:
    text = (ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8")
    (source,) = yaml.safe_load(text)["datasources"]
    url = urlsplit(source["url"])
    assert url.hostname == "prometheus"
    assert load_service("prometheus")["healthcheck"]["test"][-1] == f"http://127.0.0.1:{url.port}/-/ready"
    assert source["jsonData"]["timeInterval"] == CONFIG["global"]["scrape_interval"]
