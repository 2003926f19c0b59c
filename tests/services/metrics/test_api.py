from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from services.metrics.app import create_app
from services.metrics.settings import Settings
from shared.bus import MemoryBus
from shared.db import Database
from shared.events import Event, encode_event
from tests.services.metrics.world import BUYER, ITALY, SELLER, delivered
from tests.services.migrated import open_migrated

TOKEN = "let-me-in"


@asynccontextmanager
async def serve(database: Database, tmp_path: Path, told: Sequence[Event] = ()) -> AsyncIterator[httpx2.AsyncClient]:
    """Run a metrics service that has heard `told`, and give a client that may ask it."""
    bus = MemoryBus(["metrics"])
    settings = Settings.model_validate({"database_url": database.url, "data_dir": tmp_path, "service_token": TOKEN})
    app = create_app(settings, bus)
    async with app.router.lifespan_context(app):
        await bus.publish([encode_event(event, "delivery") for event in told])
        headers = {"authorization": f"Bearer {TOKEN}"}
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://metrics", headers=headers) as client:
            yield client


@pytest.fixture
async def busy(database: Database, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A seller with 130 turns: 120 answered in time, 10 not at all."""
    events = [delivered(n, BUYER, 1, f"b{n}") for n in range(1, 131)]
    events += [delivered(1_000 + n, SELLER, 3, f"b{n}") for n in range(1, 121)]
    async with serve(database, tmp_path, events) as client:
        yield client


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A service that has heard of nothing; what it says of questions does not depend on the database."""
    async with open_migrated("metrics", None, tmp_path) as database, serve(database, tmp_path) as client:
        yield client


@pytest.mark.req("R-METRICS-3", "R-METRICS-5")
async def test_numbers_by_http(busy: httpx2.AsyncClient) -> None:
    response = await busy.get("/internal/response-times", params={"seller_id": "s1", "days": "7"})
    assert response.json() == {
        "seller_id": "s1", "marketplace_id": None, "days": 7, "target_hours": 24, "turns": 130, "answered": 120,
        "in_time": 120, "late": 0, "unanswered": 10, "waiting": 0, "share_in_time": 120 / 130, "mean_seconds": 7200,
        "median_seconds": 7200, "p90_seconds": 7200,
    }  # fmt: skip


@pytest.mark.req("R-METRICS-3")
async def test_the_turns_behind_the_numbers_come_in_pages(busy: httpx2.AsyncClient) -> None:
    parameters = {"seller_id": "s1", "outcome": "in_time"}
    first = (await busy.get("/internal/turns", params=parameters)).json()
    second = (await busy.get("/internal/turns", params={**parameters, "offset": first["next"]})).json()
    assert (len(first["turns"]), first["next"], len(second["turns"]), second["next"]) == (100, 100, 20, None)
    assert len({turn["message_id"] for turn in first["turns"] + second["turns"]}) == 120
    assert {turn["outcome"] for turn in first["turns"]} == {"in_time"}
    unanswered = (await busy.get("/internal/turns", params={"seller_id": "s1", "outcome": "unanswered"})).json()
    assert [turn["waited_seconds"] for turn in unanswered["turns"]] == [None] * 10


async def test_other_sellers_have_nothing(busy: httpx2.AsyncClient) -> None:
    response = await busy.get("/internal/response-times", params={"seller_id": "s2"})
    assert response.json()["turns"] == 0
    elsewhere = {"seller_id": "s1", "marketplace_id": ITALY.marketplace_id + "x"}
    assert (await busy.get("/internal/turns", params=elsewhere)).json() == {"turns": [], "next": None}


@pytest.mark.req("R-PRIVACY-3")
@pytest.mark.parametrize("path", ["/internal/response-times", "/internal/turns"])
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", TOKEN])
async def test_without_the_service_token_nothing_is_told(bare: httpx2.AsyncClient, path: str, token: str) -> None:
    for parameters in ({"seller_id": "s1"}, {}):
        response = await bare.get(path, params=parameters, headers={"authorization": token})
        assert response.status_code == 401


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "seller_id"),
        ({"seller_id": ""}, "seller_id"),
        ({"seller_id": "s\0"}, "seller_id"),
        ({"seller_id": "x" * 65}, "seller_id"),
        ({"seller_id": "s1", "marketplace_id": "\0"}, "marketplace_id"),
        ({"seller_id": "s1", "days": "8"}, "days"),
        ({"seller_id": "s1", "days": "-1"}, "days"),
        ({"seller_id": "s1", "offset": "-1"}, "offset"),
        ({"seller_id": "s1", "outcome": "splendid"}, "outcome"),
    ],
)
async def test_bad_questions_name_the_field(bare: httpx2.AsyncClient, parameters: dict[str, str], field: str) -> None:
    response = await bare.get("/internal/turns", params=parameters)
    assert response.status_code == 422
    assert [error["field"].rpartition(".")[2] for error in response.json()["errors"]] == [field]
