"""The services that the gateway asks while a caller waits.

Questions change nothing. What operators decide on what the policy or delivery service keeps is passed on to it.
"""

import ssl
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeVar

import httpx2
import structlog
from pydantic import BaseModel, ValidationError

from services.gateway.metrics import GatewayMetrics
from services.gateway.settings import Settings
from shared import tracing
from shared.contracts.questions import EvaluateAnswer, EvaluateQuestion, RenderAnswer, RenderQuestion
from shared.problems import Conflict, Invalid, NotFound, Problem, Unavailable

A = TypeVar("A", bound=BaseModel)
_LARGEST_ANSWER = 32 * 1024 * 1024
_REFUSALS: Mapping[int, type[Problem]] = {int(problem.status): problem for problem in (NotFound, Conflict, Invalid)}
_log = structlog.get_logger()


@cache
def _trust() -> ssl.SSLContext:
    """Read the authorities' certificates once: that takes longer than all else that a client needs."""
    return httpx2.create_ssl_context()


class Peers:
    """Clients of the metrics, policy and delivery services.

    `transports` lets the services of one process be asked without a socket, by name (`metrics`, `policy`, `delivery`).
    """

    def __init__(
        self,
        settings: Settings,
        metrics: GatewayMetrics,
        transports: Mapping[str, httpx2.AsyncBaseTransport] | None = None,
    ) -> None:
        self._metrics = metrics
        addresses = {
            "metrics": settings.metrics_url,
            "policy": settings.policy_url,
            "delivery": settings.delivery_url,
        }
        self._clients = {
            name: httpx2.AsyncClient(
                base_url=address,
                transport=(transports or {}).get(name),
                verify=_trust(),
                timeout=settings.peer_seconds,
                headers={"Authorization": f"Bearer {settings.internal_token()}"},
            )
            for name, address in addresses.items()
        }

    async def read_response_times(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Ask metrics for a seller's response times; raises `Unavailable`."""
        return await self._get("metrics", "/internal/response-times", query)

    async def list_turns(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Ask metrics for the turns behind the numbers; raises `Unavailable`."""
        return await self._get("metrics", "/internal/turns", query)

    async def list_rules(self) -> dict[str, Any]:
        """Ask policy for the rule set in force; raises `Unavailable`."""
        return await self._get("policy", "/internal/rules", {})

    async def ask_policy(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Ask policy what it keeps; raises `Unavailable`, and what policy refuses as it refuses it."""
        return self._read_object("policy", await self._pass_on("policy", "GET", path, params=dict(query or {})))

    async def tell_policy(self, method: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Pass an operator's decision on to policy; raises `Unavailable`, and what policy refuses as it refuses it."""
        return self._read_object("policy", await self._pass_on("policy", method, path, json=dict(body)))

    async def ask_delivery(self, path: str, query: Mapping[str, str | list[str]]) -> dict[str, Any]:
        """Ask delivery about its queue; raises `Unavailable`, and what delivery refuses as it refuses it."""
        return self._read_object("delivery", await self._pass_on("delivery", "GET", path, params=dict(query)))

    async def tell_delivery(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Pass an operator's order on to delivery; raises `Unavailable`, and what delivery refuses as it does."""
        return self._read_object("delivery", await self._pass_on("delivery", "POST", path, json=dict(body)))

    async def evaluate(self, question: EvaluateQuestion) -> EvaluateAnswer:
        """Ask policy what the gate would say; raises `Unavailable`."""
        return await self._post("policy", "/internal/evaluate", question, EvaluateAnswer)

    async def render(self, question: RenderQuestion) -> RenderAnswer:
        """Ask delivery what mail it would be; raises `Unavailable`."""
        return await self._post("delivery", "/internal/render", question, RenderAnswer)

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()

    async def _get(self, peer: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        return self._read_object(peer, await self._ask(peer, "GET", path, params=dict(query)))

    def _read_object(self, peer: str, response: httpx2.Response) -> dict[str, Any]:
        try:
            found = response.json()
        except ValueError:
            raise self._fail(peer, "no JSON") from None
        if not isinstance(found, dict):
            raise self._fail(peer, "no JSON object")
        return found

    async def _post(self, peer: str, path: str, question: BaseModel, contract: type[A]) -> A:
        body = question.model_dump_json().encode()
        response = await self._ask(peer, "POST", path, content=body, headers={"Content-Type": "application/json"})
        try:
            return contract.model_validate_json(response.content)
        except ValidationError:
            raise self._fail(peer, "an answer that does not validate") from None

    async def _pass_on(self, peer: str, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401 - see `_ask`
        response = await self._ask(peer, method, path, passing=_REFUSALS.keys(), **request)
        refusal = _REFUSALS.get(response.status_code)
        if refusal is None:
            return response
        document = self._read_object(peer, response)
        members = {"errors": document["errors"]} if "errors" in document else {}
        raise refusal(str(document.get("detail", refusal.title)), **members)

    async def _ask(  # the keywords are the client's own arguments
        self,
        peer: str,
        method: str,
        path: str,
        *,
        passing: Collection[int] = (),
        **request: Any,  # noqa: ANN401 - see above
    ) -> httpx2.Response:
        headers = {**request.pop("headers", {}), "traceparent": tracing.current_traceparent()}
        try:
            response = await self._clients[peer].request(method, path, headers=headers, **request)
        except httpx2.HTTPError as error:
            raise self._fail(peer, type(error).__name__) from None
        if not response.is_success and response.status_code not in passing:
            raise self._fail(peer, f"status {response.status_code}")
        if len(response.content) > _LARGEST_ANSWER:
            raise self._fail(peer, "an answer too large")
        return response

    def _fail(self, peer: str, cause: str) -> Unavailable:
        self._metrics.peer_failures.labels(peer).inc()
        _log.warning("peer.failed", peer=peer, cause=cause)
        return Unavailable(
            f"The {peer} service does not answer now; try again in a moment.", headers={"Retry-After": "2"}
        )
