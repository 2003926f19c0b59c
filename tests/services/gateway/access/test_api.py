"""Tokens through the API."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from services.gateway.access.models import Token
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import OPERATOR_TOKEN, SELLER

pytestmark = pytest.mark.req("R-PRIVACY-3")


async def test_a_secret_is_shown_once_and_kept_only_as_a_hash(running: Running) -> None:
    made = await running.world.ok("operator", "POST", "/v1/tokens", {"role": "seller", "subject": SELLER})
    listed = (await running.world.call("operator", "GET", "/v1/tokens")).text
    assert made["id"] in listed
    assert made["token"] not in listed
    async with running.gateway.database.reading() as session:
        rows = (await session.exec(select(Token))).all()
    assert made["token"] not in str([row.model_dump() for row in rows])


async def test_a_revoked_token_is_refused_at_once(running: Running) -> None:
    world = running.world
    made = await world.ok("operator", "POST", "/v1/tokens", {"role": "seller", "subject": SELLER})
    world.tokens["app"] = made["token"]
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 200
    for _ in range(2):
        assert (await world.call("operator", "DELETE", f"/v1/tokens/{made['id']}")).status_code == 204
        assert (await world.call("app", "GET", "/v1/orders")).status_code == 401


async def test_an_expired_token_is_refused(running: Running) -> None:
    world = running.world
    soon = datetime.now(UTC) + timedelta(minutes=5)
    body = {"role": "seller", "subject": SELLER, "expires_at": soon.isoformat()}
    made = await world.ok("operator", "POST", "/v1/tokens", body)
    world.tokens["app"] = made["token"]
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 200
    async with running.gateway.database.transaction() as session:
        token = (await session.exec(select(Token).where(Token.label == "", Token.expires_at == soon))).one()
        token.expires_at = datetime.now(UTC)
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401


async def test_an_operator_s_own_token_opens_what_the_first_one_opens(running: Running) -> None:
    world = running.world
    world.tokens["second"] = (await world.ok("operator", "POST", "/v1/tokens", {"role": "operator"}))["token"]
    assert world.tokens["second"] != OPERATOR_TOKEN
    assert (await world.call("second", "GET", "/v1/sellers")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "seller"}, "subject"),
        ({"role": "buyer", "subject": "nobody"}, "subject"),
        ({"role": "operator", "subject": SELLER}, "subject"),
        ({"role": "admin"}, "role"),
        ({"role": "seller", "subject": SELLER, "scopes": ["orders:write"]}, "scopes"),
        ({"role": "seller", "subject": SELLER, "scopes": []}, "scopes"),
        ({"role": "seller", "subject": SELLER, "scopes": ["everything"]}, "scopes.0"),
        ({"role": "operator", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"role": "operator", "label": "a\nb"}, "label"),
        ({"role": "operator", "token": "trm_mine"}, "token"),
    ],
)
async def test_a_bad_token_body_names_its_field(running: Running, body: dict[str, object], field: str) -> None:
    response = await running.world.call("operator", "POST", "/v1/tokens", body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_no_token_has_an_unknown_id(running: Running) -> None:
    assert (await running.world.call("operator", "DELETE", f"/v1/tokens/{uuid4()}")).status_code == 404


async def test_tokens_are_paged(anywhere: Running) -> None:
    found, params = [], {"limit": "3"}
    while True:
        page = await anywhere.world.ok("operator", "GET", "/v1/tokens", params=params)
        found += [token["subject"] for token in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert sorted(found) == ["buyer-1", "buyer-2", "seller-1", "seller-2"]
