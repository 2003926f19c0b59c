"""The token endpoint as clients of the Selling Partner API use it, and what its tokens open."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from services.gateway.access.domain import hash_secret
from services.gateway.apps import granting, service, store
from services.gateway.apps.models import AccessToken, Code
from services.gateway.apps.token_request import LARGEST_BODY
from tests.services.gateway.apps.registered import (
    SCOPES,
    TOKEN_PATH,
    ask,
    authorise,
    let_in,
    make_code,
    refresh,
    register,
)
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import OTHER_ORDER, SELLER, message_body

pytestmark = [pytest.mark.req("R-APP-1"), pytest.mark.req("R-PRIVACY-3")]
NOTIFICATIONS = "sellingpartnerapi::notifications"


async def expire(running: Running, table: type[AccessToken] | type[Code]) -> None:
    async with running.gateway.database.transaction() as session:
        for row in (await session.exec(select(table))).all():
            row.expires_at = datetime.now(UTC)


async def test_a_refresh_token_gives_an_hour(running: Running) -> None:
    world = running.world
    app = await register(world)
    secret = (await authorise(world, app))["refresh_token"]
    fields = {"grant_type": "refresh_token", "refresh_token": secret, **app}
    for answer in (await refresh(world, app, secret), await world.client.post(TOKEN_PATH, json=fields)):
        assert answer.status_code == 200
        assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
        granted = answer.json()
        assert granted.pop("access_token").startswith("Atza|")
        assert granted == {"refresh_token": secret, "token_type": "bearer", "expires_in": 3600}
        assert secret.startswith("Atzr|")


async def test_an_access_token_works_as_the_seller_in_either_header(running: Running) -> None:
    world = running.world
    app = await let_in(world)
    headers: tuple[dict[str, str], ...] = (
        {"Authorization": f"Bearer {app['access_token']}"},
        {"x-amz-access-token": app["access_token"]},
        {"x-amz-access-token": app["access_token"], "Authorization": "AWS4-HMAC-SHA256 Credential=x, Signature=y"},
    )
    for sent in headers:
        page = await world.call(None, "GET", "/v1/orders", headers=sent)
        assert {order["seller_id"] for order in page.json()["items"]} == {SELLER}
        assert (await world.call(None, "GET", f"/v1/orders/{OTHER_ORDER}", headers=sent)).status_code == 404
        assert (await world.call(None, "POST", "/v1/messages", message_body(), headers=sent)).status_code == 201
        assert (await world.call(None, "GET", f"/v1/sellers/{SELLER}", headers=sent)).status_code == 403
    for sent in ({"x-amz-access-token": "Atza|made-up"}, {"x-amz-access-token": ""}, {"x-amz-access-token": "x" * 300}):
        assert (await world.call(None, "GET", "/v1/orders", headers=sent)).status_code == 401


async def test_an_app_s_idempotency_keys_are_not_the_seller_s(running: Running) -> None:
    world = running.world
    await let_in(world)
    keys = {"Idempotency-Key": "one"}
    answers = [
        await world.ok(who, "POST", "/v1/messages", message_body(), headers=keys) for who in ("app", SELLER, "app")
    ]
    assert answers[0]["id"] == answers[2]["id"] != answers[1]["id"]


async def test_a_token_ends_with_its_hour_and_is_purged(anywhere: Running) -> None:
    world = anywhere.world
    app = await let_in(world)
    await expire(anywhere, AccessToken)
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    fresh = (await refresh(world, credentials, app["refresh_token"])).json()["access_token"]
    code = await make_code(world, credentials)
    now = datetime.now(UTC)
    async with anywhere.gateway.database.transaction() as session:
        await store.purge_expired(session, now, now + timedelta(hours=1))
    async with anywhere.gateway.database.reading() as session:
        assert [row.token_hash for row in (await session.exec(select(AccessToken))).all()] == [hash_secret(fresh)]
        assert await store.get_code(session, hash_secret(code)) is None


async def test_an_instance_forgets_what_expired(running: Running) -> None:
    await let_in(running.world)
    await expire(running, AccessToken)
    await service.forget_expired(running.gateway.database)
    async with running.gateway.database.reading() as session:
        assert (await session.exec(select(AccessToken))).all() == []


async def test_a_client_that_asks_each_time_does_not_fill_the_table(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granting, "MOST_TOKENS", 3)
    world = running.world
    app = await let_in(world)
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    last = ""
    for _ in range(5):
        last = (await refresh(world, credentials, app["refresh_token"])).json()["access_token"]
        await ask(world, credentials, grant_type="client_credentials", scope=NOTIFICATIONS)
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401
    world.tokens["app"] = last
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 200
    async with running.gateway.database.reading() as session:
        rows = (await session.exec(select(AccessToken))).all()
    assert sorted(row.authorisation_id is None for row in rows) == [False] * 3 + [True] * 3


async def test_less_than_granted_can_be_asked_for_and_no_more(running: Running) -> None:
    world = running.world
    app = await register(world)
    secret = (await authorise(world, app))["refresh_token"]
    world.tokens["app"] = (await refresh(world, app, secret, scope="orders:read")).json()["access_token"]
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 200
    assert (await world.call("app", "GET", "/v1/messages")).status_code == 403
    answer = await refresh(world, app, secret, scope="orders:read parties:read")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_a_code_is_good_once_and_a_second_use_ends_what_it_gave(anywhere: Running) -> None:
    world = anywhere.world
    app = await register(world)
    void, code = await make_code(world, app), await make_code(world, app)
    fields: dict[str, Any] = {"grant_type": "authorization_code", "redirect_uri": "https://app.example"}
    assert (await ask(world, app, **fields, code=void)).json()["error"] == "invalid_grant"
    granted = (await ask(world, app, **fields, code=code)).json()
    assert (granted["token_type"], granted["expires_in"]) == ("bearer", 3600)
    world.tokens["app"] = granted["access_token"]
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 200
    assert (await refresh(world, app, granted["refresh_token"])).status_code == 200
    answer = await ask(world, app, **fields, code=code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401
    assert (await refresh(world, app, granted["refresh_token"])).json()["error"] == "invalid_grant"


async def test_of_two_at_once_with_one_code_one_gets_in_and_is_shut_out_again(anywhere: Running) -> None:
    world = anywhere.world
    app = await register(world)
    fields = {"grant_type": "authorization_code", "code": await make_code(world, app)}
    answers = await asyncio.gather(*(ask(world, app, **fields) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    (world.tokens["app"],) = [answer.json()["access_token"] for answer in answers if answer.is_success]
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401


async def test_of_many_authorisations_made_at_once_one_is_live(anywhere: Running) -> None:
    world = anywhere.world
    app = await register(world)
    made = await asyncio.gather(*(authorise(world, app) for _ in range(5)))
    answers = [await refresh(world, app, one["refresh_token"]) for one in made]
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


async def test_a_code_is_the_app_s_own_and_short_lived(running: Running) -> None:
    world = running.world
    app, thief = await register(world), await register(world, "Altro")
    code = await make_code(world, app)
    fields = {"grant_type": "authorization_code", "code": code}
    assert (await ask(world, thief, **fields)).json()["error"] == "invalid_grant"
    await expire(running, Code)
    assert (await ask(world, app, **fields)).json()["error"] == "invalid_grant"
    items = (await world.ok("operator", "GET", f"/v1/apps/{app['client_id']}/authorisations"))["items"]
    assert items == []


async def test_a_code_gives_a_token_as_narrow_as_asked(running: Running) -> None:
    world = running.world
    app = await register(world)
    fields = {"grant_type": "authorization_code", "code": await make_code(world, app)}
    assert (await ask(world, app, **fields, scope="parties:read")).json()["error"] == "invalid_scope"
    granted = (await ask(world, app, **fields, scope="messages:read")).json()
    world.tokens["app"] = granted["access_token"]
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 403
    items = (await world.ok("operator", "GET", f"/v1/apps/{app['client_id']}/authorisations"))["items"]
    assert [item["scopes"] for item in items] == [sorted(SCOPES)]


async def test_an_app_s_own_token_opens_no_seller_s_things(running: Running) -> None:
    world = running.world
    app = await register(world)
    await authorise(world, app)
    granted = (await ask(world, app, grant_type="client_credentials", scope=NOTIFICATIONS)).json()
    assert granted.keys() == {"access_token", "token_type", "expires_in"}
    world.tokens["app"] = granted["access_token"]
    response = await world.call("app", "GET", "/v1/orders")
    assert (response.status_code, response.json()["type"]) == (403, "/problems/acts-for-nobody")
    await world.call("operator", "DELETE", f"/v1/apps/{app['client_id']}")
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_secret": None}, 400, "invalid_request"),
        ({"client_secret": "trm_app_made-up"}, 401, "invalid_client"),
        ({"client_id": "app-made-up"}, 401, "invalid_client"),
        ({"client_id": "app\x00"}, 401, "invalid_client"),
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"refresh_token": "Atzr|made-up"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "trm_code_made-up"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials"}, 400, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "messages:read"}, 400, "invalid_scope"),
        ({"code": "x" * 3000}, 400, "invalid_request"),
    ],
    ids=repr,
)
async def test_a_refusal_has_oauth_s_form(
    anywhere: Running, change: dict[str, str | None], status: int, error: str
) -> None:
    world = anywhere.world
    app = await register(world)
    fields = {"grant_type": "refresh_token", "refresh_token": (await authorise(world, app))["refresh_token"]}
    answer = await ask(world, app, **fields | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json().keys() == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"
    async with anywhere.gateway.database.reading() as session:
        assert (await session.exec(select(col(AccessToken.token_hash)))).all() == []


async def test_another_app_s_refresh_token_is_refused(running: Running) -> None:
    world = running.world
    app, thief = await register(world), await register(world, "Altro")
    secret = (await authorise(world, app))["refresh_token"]
    assert (await refresh(world, thief, secret)).json()["error"] == "invalid_grant"


@pytest.mark.req("R-PRIVACY-4")
async def test_a_large_body_is_not_read(running: Running) -> None:
    answer = await running.world.client.post(TOKEN_PATH, data={"code": "a" * LARGEST_BODY})
    assert answer.status_code == 413
