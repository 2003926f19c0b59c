import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.types import Message, Scope
from structlog.testing import capture_logs

from shared import http
from shared.http import create_http_app, require_service_token
from shared.metrics import ServiceMetrics

LIMIT = http.DEFAULT_BODY_BYTES


class Door:
    """An app behind our HTTP door, and what it has seen."""

    def __init__(self) -> None:
        self.metrics = ServiceMetrics("notes")
        self.checks: dict[str, Callable[[], Any]] = {"database": self._pass}
        self.bodies: list[bytes] = []
        self.app = create_http_app(
            title="Notes",
            description="",
            metrics=self.metrics,
            lifespan=self._lifespan,
            checks=self.checks,
            body_limits={"/uploads": 3 * LIMIT, "/uploads/small": 10},
        )
        self.app.include_router(self._routes())

    def _routes(self) -> APIRouter:
        router = APIRouter()

        async def take(request: Request) -> dict[str, int]:
            self.bodies.append(await request.body())
            return {"bytes": len(self.bodies[-1])}

        for path in ("/notes/{note_id}", "/uploads", "/uploads/small"):
            router.add_api_route(path, take, methods=["POST", "GET"])
        return router

    async def _pass(self) -> None:
        return

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        yield

    @property
    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url="http://test")

    async def post(self, path: str, body: bytes, media_type: str = "application/json") -> httpx2.Response:
        return await self.client.post(path, content=body, headers={"content-type": media_type})

    async def call(self, messages: list[Message], **scope: object) -> list[Message]:
        """Call the app as a server would, with `messages` coming from the client; answer what it sent."""
        sent: list[Message] = []
        waiting = iter(messages)

        async def receive() -> Message:
            for message in waiting:
                return message
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        whole: Scope = {
            "type": "http",
            "method": "POST",
            "path": "/notes/1",
            "raw_path": b"/notes/1",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "client": None,
            "server": None,
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
            **scope,
        }
        await self.app(whole, receive, send)
        return sent


@pytest.fixture
def door() -> Door:
    return Door()


async def test_alive_and_ready_are_two_things(door: Door) -> None:
    async def fail() -> None:
        raise ConnectionError("password=secret")

    assert (await door.client.get("/health/live")).json() == {"status": "live"}
    assert (await door.client.get("/health/ready")).json() == {"status": "ready", "checks": {"database": "ok"}}
    door.checks["bus"] = fail
    response = await door.client.get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "checks": {"database": "ok", "bus": "failed: ConnectionError"}}
    assert (await door.client.get("/health/live")).status_code == 200


async def test_a_check_that_hangs_counts_as_failed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(http, "_CHECK_SECONDS", 0.01)
    door.checks["bus"] = hang
    assert (await door.client.get("/health/ready")).json()["checks"]["bus"] == "failed: TimeoutError"


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/notes/1", LIMIT, 200),
        ("/notes/1", LIMIT + 1, 413),
        ("/uploads", LIMIT + 1, 200),
        ("/uploads", 3 * LIMIT + 1, 413),
        ("/uploads/small", 11, 413),
        ("/nowhere", LIMIT + 1, 413),
    ],
)
async def test_bodies_are_bounded_by_path(door: Door, path: str, size: int, status: int) -> None:
    response = await door.post(path, b"x" * size)
    assert response.status_code == status
    assert len(door.bodies) == (status == 200)
    if status == 413:
        assert response.json()["type"] == "/problems/body-too-large"
        assert response.json()["max_bytes"] < size


async def test_a_body_that_hides_its_size_is_cut_off_at_the_limit(door: Door) -> None:
    taken = 0

    async def pour() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 65_536

    response = await door.client.post("/notes/1", content=pour(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert taken <= LIMIT // 65_536 + 2
    assert door.bodies == []


@pytest.mark.parametrize("announced", [b"9" * 5_000, b"99999999999", b"-1", b"x"])
async def test_absurd_announcements_of_length_break_nothing(door: Door, announced: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", announced)]
    sent = await door.call([{"type": "http.request", "body": b"{}", "more_body": False}], headers=headers)
    assert sent[0]["status"] == (413 if announced.isdigit() else 200)


async def test_half_a_body_is_never_handled(door: Door) -> None:
    sent = await door.call([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    assert sent == []
    assert door.bodies == []


async def test_a_body_in_pieces_arrives_whole(door: Door) -> None:
    pieces: list[Message] = [{"type": "http.request", "body": b, "more_body": b != b"}"} for b in (b"{", b"", b"}")]
    sent = await door.call(pieces)
    assert sent[0]["status"] == 200
    assert door.bodies == [b"{}"]


async def test_a_body_that_dawdles_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_BODY_SECONDS", 0.01)
    sent = await door.call([{"type": "http.request", "body": b"{", "more_body": True}])
    assert sent[0]["status"] == 408
    assert door.bodies == []


@pytest.mark.parametrize(
    ("path", "media_type", "status"),
    [
        ("/notes/1", "application/json; charset=utf-8", 200),
        ("/notes/1", "application/merge-patch+json", 200),
        ("/notes/1", "text/plain", 415),
        ("/notes/1", "application/x-www-form-urlencoded", 415),
        ("/notes/1", "", 415),
        ("/uploads", "text/csv", 200),
    ],
)
async def test_other_media_types_are_refused_where_nobody_reads_them(
    door: Door, path: str, media_type: str, status: int
) -> None:
    assert (await door.post(path, b"{}", media_type)).status_code == status


async def test_a_request_without_a_body_needs_no_media_type(door: Door) -> None:
    assert (await door.client.post("/notes/1")).status_code == 200


async def test_requests_are_counted_by_route_and_never_by_what_callers_make_up(door: Door) -> None:
    await door.client.get("/notes/1")
    await door.client.get("/notes/2")
    await door.client.get("/nowhere/at/all")
    await door.client.request("BREW", "/notes/1")
    read = door.metrics.registry.get_sample_value
    labels = {"service": "notes", "method": "GET"}
    assert read("tramite_http_requests_total", {**labels, "route": "/notes/{note_id}", "status": "2xx"}) == 2
    assert read("tramite_http_requests_total", {**labels, "route": "other", "status": "4xx"}) == 1
    assert "BREW" not in door.metrics.render().decode()


@pytest.mark.req("R-ALIAS-6")
async def test_the_log_line_of_a_request_has_neither_path_values_nor_query(door: Door) -> None:
    with capture_logs() as lines:
        await door.client.get("/notes/anna@example.org?q=anna")
        await door.client.get("/health/live")
    assert "anna" not in json.dumps(lines)
    [line] = lines
    assert (line["method"], line["route"], line["status"]) == ("GET", "/notes/{note_id}", 200)


async def test_answers_name_their_trace_and_continue_the_callers(door: Door) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    continued = await door.client.get("/notes/1", headers={"traceparent": parent})
    started = await door.client.get("/notes/1")
    assert continued.headers["x-trace-id"] == "0af7651916cd43dd8448eb211c80319c"
    assert len(started.headers["x-trace-id"]) == 32
    assert started.headers["x-trace-id"] != continued.headers["x-trace-id"]


async def test_measures_are_given_in_the_form_of_prometheus(door: Door) -> None:
    response = await door.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert 'tramite_outbox_age_seconds{service="notes"} 0.0' in response.text


@pytest.mark.req("R-PRIVACY-3")
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "bearer right", "Bearer r\u00efght"])
async def test_the_inner_door_opens_to_the_service_token_only(door: Door, header: str | None) -> None:
    router = APIRouter(dependencies=[require_service_token("right")])

    @router.get("/internal/secret")
    async def secret() -> str:
        return "secret"

    door.app.include_router(router)
    right = await door.client.get("/internal/secret", headers={"authorization": "Bearer right"})
    assert right.json() == "secret"
    headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
    wrong = await door.client.get("/internal/secret", headers=headers)
    assert wrong.status_code == 401
