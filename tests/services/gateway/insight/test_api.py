"""Numbers and rules of other services, passed on."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from tests.services.gateway.conftest import Running, Settled, run_copy
from tests.services.gateway.neighbours import RULES, Neighbours
from tests.services.gateway.world import BUYER, MARKETPLACE, OTHER_SELLER, SELLER

TIMES = "/v1/metrics/response-times"


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours()


@pytest.fixture
async def asking(settled: Settled, tmp_path: Path, neighbours: Neighbours) -> AsyncIterator[Running]:
    async with run_copy(settled, tmp_path, neighbours.transports) as started:
        yield started


@pytest.mark.req("R-METRICS-5", "R-METRICS-3")
async def test_a_seller_reads_their_own_numbers(asking: Running, neighbours: Neighbours) -> None:
    query = {"marketplace_id": MARKETPLACE, "days": "7"}
    numbers = await asking.world.ok(SELLER, "GET", TIMES, params=query)
    assert numbers == {"seller_id": SELLER, "answered": 3}
    await asking.world.ok(SELLER, "GET", TIMES, params={"seller_id": SELLER})
    await asking.world.ok(SELLER, "GET", "/v1/metrics/turns", params={"outcome": "late", "offset": "100"})
    assert neighbours.asked == [
        ("/internal/response-times", {"seller_id": SELLER, "marketplace_id": MARKETPLACE, "days": "7"}),
        ("/internal/response-times", {"seller_id": SELLER, "days": "30"}),
        ("/internal/turns", {"seller_id": SELLER, "days": "30", "outcome": "late", "offset": "100"}),
    ]


@pytest.mark.req("R-PRIVACY-3")
async def test_nobody_reads_another_seller_s(asking: Running, neighbours: Neighbours) -> None:
    for path in (TIMES, "/v1/metrics/turns"):
        assert (await asking.world.call(OTHER_SELLER, "GET", path, params={"seller_id": SELLER})).status_code == 404
        assert (await asking.world.call(BUYER, "GET", path, params={"seller_id": SELLER})).status_code == 403
    assert neighbours.asked == []


async def test_an_operator_names_the_seller(asking: Running) -> None:
    missing = await asking.world.call("operator", "GET", TIMES)
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "seller_id")
    numbers = await asking.world.ok("operator", "GET", TIMES, params={"seller_id": OTHER_SELLER})
    assert numbers["seller_id"] == OTHER_SELLER


async def test_the_rules_are_there_to_read(asking: Running) -> None:
    assert await asking.world.ok(SELLER, "GET", "/v1/policy/rules") == RULES


@pytest.mark.parametrize(
    "failure",
    [
        Response(status_code=500),
        JSONResponse({"detail": "no"}, status_code=503),
        JSONResponse({"detail": "no"}, status_code=401),
        PlainTextResponse("hello"),
        JSONResponse([1, 2]),
    ],
)
async def test_a_neighbour_that_fails_is_unavailable(
    asking: Running, neighbours: Neighbours, failure: Response
) -> None:
    neighbours.failure = failure
    for path in (TIMES, "/v1/policy/rules"):
        response = await asking.world.call(SELLER, "GET", path)
        assert (response.status_code, response.json()["type"]) == (503, "/problems/unavailable")
        assert response.headers["Retry-After"]


async def test_a_neighbour_that_is_away_is_unavailable(settled: Settled, tmp_path: Path) -> None:
    nobody = {"metrics": httpx2.AsyncHTTPTransport(local_address="127.0.0.1")}
    async with run_copy(settled, tmp_path, nobody) as running:
        response = await running.world.call(SELLER, "GET", TIMES)
        assert response.status_code == 503
        measures = (await running.world.call(None, "GET", "/metrics")).text
    assert 'tramite_peer_failures_total{peer="metrics"} 1.0' in measures
