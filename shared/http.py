"""The HTTP door of a service: problem documents, bounds on bodies, traces, measures, health."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems, tracing
from shared.metrics import ServiceMetrics

Check = Callable[[], Awaitable[object]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_CHECK_SECONDS = 3
_BODY_SECONDS = 30
_LONGEST_LENGTH = 18
_JSON_METHODS = frozenset({"POST", "PUT", "PATCH"})
_METHODS = _JSON_METHODS | {"GET", "HEAD", "DELETE", "OPTIONS"}
DEFAULT_BODY_BYTES = 1024 * 1024

_log = structlog.get_logger()


def create_http_app(
    *,
    title: str,
    description: str,
    metrics: ServiceMetrics,
    lifespan: Lifespan,
    checks: Mapping[str, Check],
    body_limits: Mapping[str, int] | None = None,
) -> FastAPI:
    """Build a service's app with `/health/live`, `/health/ready` and `/metrics`.

    `checks` are what readiness asks (database, bus, migrations); `body_limits` sets other limits than 1 MiB, in
    bytes, for paths with a given prefix. `app.state.stopping` is an event: once set, answers that wait or stream
    end, since a server stops only when its last answer has.
    """
    app = FastAPI(title=title, description=description, lifespan=lifespan, redirect_slashes=False)
    app.state.stopping = asyncio.Event()
    problems.add_problem_handlers(app)
    app.include_router(_operation_routes(metrics, checks))
    app.add_middleware(BodyBounds, limits=body_limits or {})
    app.add_middleware(Observation, metrics=metrics)
    return app


class BodyBounds:
    """Refuses bodies that are too large (413), too slow (408) or of a type nobody reads (415)."""

    def __init__(self, app: ASGIApp, limits: Mapping[str, int]) -> None:
        self._app = app
        self._limits = sorted(limits.items(), key=lambda item: -len(item[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body read, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, bounded = self._limit_for(scope["path"])
        try:
            body = await asyncio.wait_for(_read_body(scope, receive, limit), _BODY_SECONDS)
        except ClientDisconnect:
            return  # half a body is no request, and nobody waits for an answer
        except TimeoutError:
            await _refuse(408, "body-too-slow", "The body did not arrive in time.", scope, receive, send)
            return
        if body is None:
            detail = f"The body is larger than {limit} bytes."
            await _refuse(413, "body-too-large", detail, scope, receive, send, max_bytes=limit)
            return
        if body and not bounded and scope["method"] in _JSON_METHODS and not _is_json(scope):
            detail = "Send the body as application/json."
            await _refuse(415, "unsupported-media-type", detail, scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _limit_for(self, path: str) -> tuple[int, bool]:
        """Return the limit, and whether the path has one of its own (such paths judge the media type themselves)."""
        for prefix, limit in self._limits:
            if path.startswith(prefix):
                return limit, True
        return DEFAULT_BODY_BYTES, False


class Observation:
    """Opens the span of a request, counts and times it by route, and logs it without query or body."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on inside its span and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                trace_id = tracing.current_trace_id().encode()
                message["headers"] = [*message.get("headers", ()), (b"x-trace-id", trace_id)]
            await send(message)

        started = time.perf_counter()
        headers = dict(scope["headers"])
        with tracing.open_span(headers.get(b"traceparent", b"").decode("latin-1")):
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        service = self._metrics.service
        # Callers may make up methods; measures and logs name those that mean something.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.http_requests.labels(service, method, route, f"{status // 100}xx").inc()
        self._metrics.http_seconds.labels(service, route).observe(seconds)
        if not route.startswith(("/health", "/metrics")):
            _log.info("http.request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def require_service_token(token: str) -> Any:  # noqa: ANN401 - FastAPI types dependencies so
    """Return a dependency that lets only our own services in."""
    expected = f"Bearer {token}".encode()

    async def check(authorization: Annotated[str, Header(max_length=500)] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), expected):
            raise problems.Unauthenticated("This door is for Tramite's own services.")

    return Depends(check)


def _operation_routes(metrics: ServiceMetrics, checks: Mapping[str, Check]) -> APIRouter:
    router = APIRouter(tags=["operation"], include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        """Say whether work can be done: 200, or 503 with what is missing."""
        results = dict(zip(checks, await asyncio.gather(*map(_run_check, checks.values())), strict=True))
        ok = all(result == "ok" for result in results.values())
        return JSONResponse(
            {"status": "ready" if ok else "not ready", "checks": results}, status_code=200 if ok else 503
        )

    @router.get("/metrics")
    async def expose() -> Response:
        """Give the measures in Prometheus' text format."""
        return Response(metrics.render(), media_type=metrics.content_type)

    return router


async def _run_check(check: Check) -> str:
    try:
        await asyncio.wait_for(check(), _CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001 - any failure means not ready
        return f"failed: {type(error).__name__}"
    return "ok"


async def _read_body(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None when it is larger than `limit` bytes. Raises `ClientDisconnect`."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if announced.isdigit() and (len(announced) > _LONGEST_LENGTH or int(announced) > limit):
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _is_json(scope: Scope) -> bool:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    return media_type == b"application/json" or (
        media_type.startswith(b"application/") and media_type.endswith(b"+json")
    )


async def _refuse(
    status: int, slug: str, detail: str, scope: Scope, receive: Receive, send: Send, **members: object
) -> None:
    document = problems.render_problem(status, slug, slug.replace("-", " ").capitalize(), detail, members)
    response = JSONResponse(document, status_code=status, media_type=problems.MEDIA_TYPE)
    response.headers["connection"] = "close"
    await response(scope, receive, send)


def client_address(request: Request) -> str:
    """Return the peer's address as the socket knows it, for limits; headers are claims."""
    return request.client.host if request.client else "unknown"
