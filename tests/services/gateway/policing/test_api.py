"""What operators decide reaches the policy service, signed; what it refuses reaches them; sellers see their own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from shared.http import require_service_token
from tests.services.gateway.conftest import SERVICE_TOKEN, Running, Settled, run_copy
from tests.services.gateway.world import BUYER, MARKETPLACE, OTHER_SELLER, SELLER

pytestmark = pytest.mark.req("R-POLICY-7", "R-POLICY-10")
REASON = {"reason": "Spam."}
STANDING = {
    "standing": "good",
    "changed_by": "operator first",
    "history": [{"changed_by": "operator 1"}, {"changed_by": "automatic"}],
}


class Policy:
    """The policy service's end of the wire: remembers what it is told and answers as set."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, Any]] = []
        self.answer: tuple[int, object] = (200, STANDING)
        app = FastAPI(dependencies=[require_service_token(SERVICE_TOKEN)])
        app.api_route("/internal/{path:path}", methods=["GET", "PUT", "POST"], response_model=None)(self._listen)
        self.transport = httpx2.ASGITransport(app)

    async def _listen(self, path: str, request: Request) -> JSONResponse:
        content = await request.json() if request.method != "GET" else dict(request.query_params)
        self.told.append((request.method, path, content))
        return JSONResponse(self.answer[1], self.answer[0])


@pytest.fixture
def policy() -> Policy:
    return Policy()


@pytest.fixture
async def asking(settled: Settled, tmp_path: Path, policy: Policy) -> AsyncIterator[Running]:
    async with run_copy(settled, tmp_path, {"policy": policy.transport}) as started:
        yield started


async def test_decisions_are_passed_on_with_the_operator_s_name(asking: Running, policy: Policy) -> None:
    made = await asking.world.ok("operator", "POST", "/v1/tokens", {"role": "operator"})
    asking.world.tokens["second"] = made["token"]
    message = await asking.world.send()
    decisions: list[tuple[str, str, str, str]] = [
        ("PUT", f"blocks/seller/{SELLER}", "PUT", f"blocks/seller/{SELLER}"),
        ("PUT", f"blocks/buyer/{BUYER}", "PUT", f"blocks/buyer/{BUYER}"),
        ("POST", f"blocks/buyer/{BUYER}:lift", "POST", f"blocks/buyer/{BUYER}/lift"),
        ("POST", f"standings/{SELLER}:lift", "POST", f"standings/{SELLER}/lift"),
        ("POST", f"messages/{message}:approve", "POST", f"messages/{message}/approve"),
        ("POST", f"messages/{message}:block", "POST", f"messages/{message}/block"),
    ]
    for method, path, told_method, told_path in decisions:
        await asking.world.ok("second", method, f"/v1/policy/{path}", REASON)
        signed = {"reason": "Spam.", "by": f"operator {made['id']}"}
        assert policy.told.pop() == (told_method, told_path, signed)
    body = REASON | {"standing": "suspended", "until": "2030-01-01T00:00:00Z"}
    await asking.world.ok("operator", "PUT", f"/v1/policy/standings/{SELLER}", body)
    assert policy.told.pop() == ("PUT", f"standings/{SELLER}", body | {"by": "operator first"})


async def test_what_policy_refuses_is_refused(asking: Running, policy: Policy) -> None:
    errors = [{"field": "until", "message": "lies in the past"}]
    for status, slug in ((404, "not-found"), (409, "conflict"), (422, "invalid")):
        policy.answer = (status, {"detail": "It cannot be.", "errors": errors})
        response = await asking.world.call("operator", "POST", f"/v1/policy/standings/{SELLER}:lift", REASON)
        assert response.status_code == status
        problem = response.json()
        assert (problem["type"], problem["detail"], problem["errors"]) == (f"/problems/{slug}", "It cannot be.", errors)
    broken: list[tuple[int, object]] = [(500, {}), (401, {}), (404, [])]
    for answer in broken:
        policy.answer = answer
        response = await asking.world.call("operator", "POST", f"/v1/policy/standings/{SELLER}:lift", REASON)
        assert response.status_code == 503


async def test_nobody_decides_about_what_does_not_exist(asking: Running, policy: Policy) -> None:
    for method, path in (
        ("PUT", "blocks/seller/nobody"),
        ("PUT", f"blocks/buyer/{SELLER}"),
        ("POST", "standings/nobody:lift"),
        ("POST", f"messages/{uuid4()}:block"),
        ("GET", f"messages/{uuid4()}"),
        ("GET", "standings/nobody"),
    ):
        body = REASON if method != "GET" else None
        assert (await asking.world.call("operator", method, f"/v1/policy/{path}", body)).status_code == 404
    for reason in ("", "x" * 501, "\x00"):
        path = f"/v1/policy/standings/{SELLER}:lift"
        assert (await asking.world.call("operator", "POST", path, {"reason": reason})).status_code == 422
    assert policy.told == []


@pytest.mark.req("R-PRIVACY-3")
async def test_a_seller_reads_their_own_standing_and_not_who_decided(asking: Running, policy: Policy) -> None:
    found = await asking.world.ok(SELLER, "GET", f"/v1/policy/standings/{SELLER}")
    assert found["changed_by"] == "operator"
    assert [change["changed_by"] for change in found["history"]] == ["operator", "automatic"]
    assert await asking.world.ok("operator", "GET", f"/v1/policy/standings/{SELLER}") == STANDING
    policy.told.clear()
    assert (await asking.world.call(OTHER_SELLER, "GET", f"/v1/policy/standings/{SELLER}")).status_code == 404
    assert (await asking.world.call(BUYER, "GET", f"/v1/policy/standings/{SELLER}")).status_code == 403
    for path in ("standings", "blocks", f"blocks/seller/{SELLER}"):
        assert (await asking.world.call(SELLER, "GET", f"/v1/policy/{path}")).status_code == 403
    assert (await asking.world.call(SELLER, "PUT", f"/v1/policy/blocks/buyer/{BUYER}", REASON)).status_code == 403
    assert policy.told == []


async def test_a_token_for_reading_decides_nothing(asking: Running, policy: Policy) -> None:
    body = {"role": "operator", "scopes": ["policy:read"]}
    asking.world.tokens["narrow"] = (await asking.world.ok("operator", "POST", "/v1/tokens", body))["token"]
    await asking.world.ok("narrow", "GET", "/v1/policy/standings", params={"standing": "suspended", "limit": "7"})
    await asking.world.ok("narrow", "GET", "/v1/policy/blocks", params={"cursor": "seller:s1"})
    assert [told[2] for told in policy.told] == [
        {"limit": "7", "after": "", "standing": "suspended"},
        {"limit": "50", "after": "seller:s1"},
    ]
    response = await asking.world.call("narrow", "PUT", f"/v1/policy/blocks/seller/{SELLER}", REASON)
    assert response.status_code == 403


@pytest.mark.req("R-POLICY-5")
async def test_a_seller_asks_how_much_is_left(asking: Running, policy: Policy) -> None:
    policy.answer = (200, {"limit": 600})
    path = "/v1/policy/quota"
    assert await asking.world.ok(SELLER, "GET", path, params={"marketplace_id": MARKETPLACE}) == {"limit": 600}
    asked = {"seller_id": SELLER, "marketplace_id": MARKETPLACE, "time_zone": "Europe/Rome"}
    assert policy.told == [("GET", "quota", asked)]
    assert (await asking.world.call(SELLER, "GET", path)).status_code == 422
    assert (await asking.world.call(SELLER, "GET", path, params={"marketplace_id": "nowhere"})).status_code == 404
    assert (await asking.world.call("operator", "GET", path, params={"marketplace_id": MARKETPLACE})).status_code == 422


async def test_a_decision_is_read_by_operators(asking: Running, policy: Policy) -> None:
    message: UUID = await asking.world.send()
    await asking.world.ok("operator", "GET", f"/v1/policy/messages/{message}")
    assert policy.told == [("GET", f"messages/{message}", {})]
    assert (await asking.world.call(SELLER, "GET", f"/v1/policy/messages/{message}")).status_code == 403
