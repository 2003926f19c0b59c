"""Operators reach the queue of the delivery service by the public API, and nobody else does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shared.http import require_service_token
from tests.services.gateway.conftest import SERVICE_TOKEN, Running, Settled, run_copy
from tests.services.gateway.world import BUYER, SELLER

pytestmark = pytest.mark.req("R-MAIL-4", "R-PRIVACY-3")
MAIL = UUID(int=7)
ANSWER: dict[str, object] = {"items": [], "next": None}


class Delivery:
    """The delivery service's end of the wire: remembers what it is asked and answers as set."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, Any]] = []
        self.answer: tuple[int, object] = (200, ANSWER)
        app = FastAPI(dependencies=[require_service_token(SERVICE_TOKEN)])
        app.api_route("/internal/{path:path}", methods=["GET", "POST"], response_model=None)(self._listen)
        self.transport = httpx2.ASGITransport(app)

    async def _listen(self, path: str, request: Request) -> JSONResponse:
        content = await request.json() if request.method == "POST" else request.query_params.multi_items()
        self.told.append((request.method, path, content))
        return JSONResponse(self.answer[1], self.answer[0])


@dataclass
class Asking:
    """A gateway with such a neighbour."""

    running: Running
    delivery: Delivery

    async def call(self, who: str | None, method: str, path: str, body: object = None, **more: Any) -> httpx2.Response:  # noqa: ANN401 - the world's own
        return await self.running.world.call(who, method, f"/v1/mail/queue{path}", body, **more)


@pytest.fixture
async def asking(settled: Settled, tmp_path: Path) -> AsyncIterator[Asking]:
    delivery = Delivery()
    async with run_copy(settled, tmp_path, {"delivery": delivery.transport}) as started:
        yield Asking(started, delivery)


async def test_the_listing_is_asked_for_with_its_filters(asking: Asking) -> None:
    query = "?state=held&state=waiting&domain=posta.example&until=2026-03-01T09:30:00Z&limit=7&cursor=abc"
    answer = await asking.call("operator", "GET", query)
    assert (answer.status_code, answer.json()) == (200, ANSWER)
    ((method, path, asked),) = asking.delivery.told
    assert (method, path) == ("GET", "queue")
    assert sorted(map(list, asked)) == [
        ["after", "abc"],
        ["domain", "posta.example"],
        ["limit", "7"],
        ["state", "held"],
        ["state", "waiting"],
        ["until", "2026-03-01T09:30:00+00:00"],
    ]


async def test_counts_and_single_mails_are_asked_for(asking: Asking) -> None:
    mail_id = uuid4()
    assert (await asking.call("operator", "GET", ":count?domain=posta.example")).status_code == 200
    assert (await asking.call("operator", "GET", f"/{mail_id}")).status_code == 200
    assert [told[1] for told in asking.delivery.told] == ["queue/counts", f"queue/{mail_id}"]


@pytest.mark.parametrize("action", ["retry", "hold", "release"])
async def test_orders_are_passed_on_with_the_operator_s_name(asking: Asking, action: str) -> None:
    world = asking.running.world
    made = await world.ok("operator", "POST", "/v1/tokens", {"role": "operator"})
    world.tokens["second"] = made["token"]
    mail_id = uuid4()
    by = f"operator {made['id']}"
    assert (await asking.call("second", "POST", f"/{mail_id}:{action}", {"reason": "Down."})).status_code == 200
    assert asking.delivery.told.pop() == ("POST", f"queue/{mail_id}/{action}", {"reason": "Down.", "by": by})
    selection = {"state": ["held"], "domain": "posta.example", "cursor": "abc", "limit": 9}
    assert (await asking.call("second", "POST", f":{action}", selection)).status_code == 200
    method, path, told = asking.delivery.told.pop()
    assert (method, path) == ("POST", f"queue/{action}")
    assert {name: value for name, value in told.items() if value is not None} == {
        "state": ["held"],
        "domain": "posta.example",
        "after": "abc",
        "limit": 9,
        "reason": "",
        "by": by,
    }
    assert (await asking.call("second", "POST", f":{action}", {"ids": [str(mail_id)]})).status_code == 200
    assert asking.delivery.told.pop()[2]["ids"] == [str(mail_id)]


async def test_what_delivery_refuses_is_refused(asking: Asking) -> None:
    for status, slug in ((404, "not-found"), (409, "conflict"), (422, "invalid")):
        asking.delivery.answer = (status, {"detail": "It cannot be."})
        answer = await asking.call("operator", "POST", f"/{uuid4()}:retry", {})
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
        assert answer.json()["detail"] == "It cannot be."
    asking.delivery.answer = (500, {})
    assert (await asking.call("operator", "GET", "")).status_code == 503


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "?state=lost", None),
        ("GET", "?domain=-", None),
        ("GET", "?since=yesterday", None),
        ("GET", "?limit=201", None),
        ("GET", "/nonsense", None),
        ("POST", f"/{MAIL}:burn", {}),
        ("POST", f"/{MAIL}:hold", {"reason": "x" * 501}),
        ("POST", ":hold", {}),
        ("POST", ":hold", {"ids": []}),
        ("POST", ":hold", {"ids": [str(uuid4())], "state": ["held"]}),
        ("POST", ":hold", {"ids": [str(uuid4())], "cursor": "abc"}),
        ("POST", ":hold", {"state": ["held"], "limit": 501}),
        ("POST", ":hold", {"state": ["held"], "everything": True}),
    ],
)
async def test_what_says_nothing_goes_nowhere(asking: Asking, method: str, path: str, body: object) -> None:
    answer = await asking.call("operator", method, path, body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")
    assert asking.delivery.told == []


async def test_it_is_for_operators_with_the_scope(asking: Asking) -> None:
    world = asking.running.world
    for name, scopes in (("reading", ["mail:read"]), ("other", ["policy:read", "policy:write"])):
        made = await world.ok("operator", "POST", "/v1/tokens", {"role": "operator", "scopes": scopes})
        world.tokens[name] = made["token"]
    reads = [("GET", ""), ("GET", ":count"), ("GET", f"/{uuid4()}")]
    writes = [("POST", f"/{uuid4()}:hold"), ("POST", ":hold")]
    body = {"state": ["waiting"]}
    for who, status in ((None, 401), (SELLER, 403), (BUYER, 403), ("other", 403)):
        for method, path in (*reads, *writes):
            answer = await asking.call(who, method, path, body if method == "POST" else None)
            assert answer.status_code == status, (who, path)
    for method, path in writes:
        assert (await asking.call("reading", method, path, body)).status_code == 403
    assert asking.delivery.told == []
    for method, path in reads:
        assert (await asking.call("reading", method, path)).status_code == 200
    for role in ("seller", "buyer"):
        token = {"role": role, "subject": SELLER if role == "seller" else BUYER, "scopes": ["mail:read"]}
        assert (await world.call("operator", "POST", "/v1/tokens", token)).status_code == 422
