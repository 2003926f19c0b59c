"""The dashboards: whole documents, over measures that exist, in queries that Prometheus understands."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.compose import ROOT, load_service
from tests.deploy.exposed import expose, find_unknown

pytestmark = pytest.mark.req("R-METRICS-5")

FOLDER = ROOT / "deploy/grafana"
FILES = sorted((FOLDER / "dashboards").glob("*.json"))
NAMES = [file.stem for file in FILES]
WIDTH = 24


def load(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def list_expressions(file: Path) -> list[str]:
    return [target["expr"] for panel in load(file)["panels"] for target in panel["targets"]]


def as_prometheus_sees(expression: str) -> str:
    """Put in what Grafana would."""
    return re.sub(r"\$[a-z]\w*", ".*", expression.replace("$__rate_interval", "1m"))


def test_the_four_pages_are_there() -> None:
    assert set(NAMES) == {"overview", "messages", "mail", "response-times"}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_document_is_whole(file: Path) -> None:
    document = load(file)
    assert document["uid"] == f"tramite-{file.stem}"
    assert document["title"].startswith("Tramite: ")
    assert document["panels"]
    assert document["schemaVersion"] >= 36
    panels = document["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["type"] in {"timeseries", "stat"}
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_panels_do_not_overlap(file: Path) -> None:
    taken = set[tuple[int, int]]()
    for panel in load(file)["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= WIDTH
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_queries_ask_only_for_what_is_exposed(file: Path) -> None:
    unknown = {expression: find_unknown(expression) for expression in list_expressions(file)}
    assert {expression: what for expression, what in unknown.items() if what} == {}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_variables_are_defined_and_exist(file: Path) -> None:
    document = load(file)
    defined = {variable["name"]: variable for variable in document["templating"]["list"]}
    used = {name for expression in list_expressions(file) for name in re.findall(r"\$(\w+)", expression)}
    assert used - {"__rate_interval"} == set(defined)
    for variable in defined.values():
        match = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
        assert match is not None
        assert match[2] in expose()[match[1]]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_prometheus_understands_every_query(file: Path, promtool: str, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": as_prometheus_sees(expression)}
        for number, expression in enumerate(list_expressions(file))
    ]
    page = tmp_path / "rules.yml"
    page.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run([promtool, "check", "rules", str(page)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_measure_is_on_some_page() -> None:
    """What nobody looks at need not be measured."""
    shown = {
        re.sub(r"_(bucket|sum|count)$", "", series)
        for file in FILES
        for expression in list_expressions(file)
        for series in re.findall(r"\btramite_\w+", expression)
    }
    assert {re.sub(r"_(bucket|sum|count)$", "", series) for series in expose()} - shown == set()


def test_pages_use_the_provisioned_source() -> None:
    text = (FOLDER / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8")
    (source,) = yaml.safe_load(text)["datasources"]
    assert source["isDefault"] is True
    for file in FILES:
        document = load(file)
        parts = [*document["panels"], *document["templating"]["list"]]
        assert {part["datasource"]["uid"] for part in parts} == {source["uid"]}
        assert {part["datasource"]["type"] for part in parts} == {source["type"]}


def test_pages_are_where_grafana_looks() -> None:
    mounts = dict(mount.split(":")[:2] for mount in load_service("grafana")["volumes"])
    (provider,) = yaml.safe_load((FOLDER / "provisioning/dashboards/tramite.yml").read_text())["providers"]
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    home = load_service("grafana")["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(home).parent == Path(provider["options"]["path"])
    assert (FOLDER / "dashboards" / Path(home).name).is_file()
