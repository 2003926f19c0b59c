"""Apps through the API: registered by operators, let in and shut out by sellers."""

import pytest
from sqlmodel import select

from services.gateway.apps.models import AccessToken, App, Authorisation, Code
from tests.services.gateway.apps.registered import SCOPES, ask, authorise, let_in, make_code, refresh, register
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import BUYER, OTHER_SELLER, SELLER

pytestmark = pytest.mark.req("R-PRIVACY-3")


async def test_secrets_are_shown_once_and_kept_only_as_hashes(running: Running) -> None:
    world = running.world
    app = await let_in(world)
    code = await make_code(world, app)
    secrets = [app["client_secret"], app["refresh_token"], app["access_token"], code]
    path = f"/v1/apps/{app['client_id']}"
    shown = [
        (await world.call("operator", "GET", place)).text for place in ("/v1/apps", path, f"{path}/authorisations")
    ]
    async with running.gateway.database.reading() as session:
        rows = [
            str(row.model_dump())
            for table in (App, Authorisation, Code, AccessToken)
            for row in (await session.exec(select(table))).all()
        ]
    assert len(rows) == 4
    assert all(app["client_id"] in text for text in shown)
    assert not [secret for secret in secrets for text in shown + rows if secret in text]


async def test_apps_are_registered_by_operators_and_authorised_by_the_seller(running: Running) -> None:
    world = running.world
    app = await register(world)
    body = {"seller_id": SELLER, "scopes": SCOPES}
    for place in ("authorisations", "codes"):
        path = f"/v1/apps/{app['client_id']}/{place}"
        assert (await world.call(None, "POST", path, body)).status_code == 401
        assert (await world.call(BUYER, "POST", path, body)).status_code == 403
        assert (await world.call(OTHER_SELLER, "POST", path, body)).status_code == 404
        for who in (SELLER, "operator"):
            assert (await world.call(who, "POST", path, body)).status_code == 201
    for who in (SELLER, BUYER):
        assert (await world.call(who, "POST", "/v1/apps", {"name": "Mine"})).status_code == 403
        assert (await world.call(who, "DELETE", f"/v1/apps/{app['client_id']}")).status_code == 403


async def test_sellers_see_the_apps_and_authorisations_that_are_theirs(running: Running) -> None:
    world = running.world
    app, other = await register(world), await register(world, "Altro")
    mine, foreign = await authorise(world, app), await authorise(world, app, OTHER_SELLER, OTHER_SELLER)
    path = f"/v1/apps/{app['client_id']}/authorisations"
    for who, expected in (
        (SELLER, [mine["id"]]),
        (OTHER_SELLER, [foreign["id"]]),
        ("operator", [foreign["id"], mine["id"]]),
    ):
        assert [item["id"] for item in (await world.ok(who, "GET", path))["items"]] == expected
    assert [item["client_id"] for item in (await world.ok(SELLER, "GET", "/v1/apps"))["items"]] == [app["client_id"]]
    assert len((await world.ok("operator", "GET", "/v1/apps"))["items"]) == 2
    assert (await world.ok(SELLER, "GET", f"/v1/apps/{other['client_id']}"))["name"] == "Altro"
    astray = f"/v1/apps/{other['client_id']}/authorisations"
    for who, place in ((OTHER_SELLER, path), (SELLER, astray)):
        assert (await world.call(who, "DELETE", f"{place}/{mine['id']}")).status_code == 404
    assert (await refresh(world, app, mine["refresh_token"])).status_code == 200


async def test_listings_are_paged(anywhere: Running) -> None:
    world = anywhere.world
    apps = [await register(world, f"App {number}") for number in range(5)]
    for _ in range(5):
        await authorise(world, apps[0])
    for path in ("/v1/apps", f"/v1/apps/{apps[0]['client_id']}/authorisations"):
        found, params = [], {"limit": "2"}
        while True:
            page = await world.ok("operator", "GET", path, params=params)
            found += [item.get("id", item["client_id"]) for item in page["items"]]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        assert len(found) == len(set(found)) == 5


async def test_a_revoked_app_is_shut_out_at_once_and_for_good(anywhere: Running) -> None:
    world = anywhere.world
    app = await let_in(world)
    code = await make_code(world, app)
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 200
    for _ in range(2):
        assert (await world.call("operator", "DELETE", f"/v1/apps/{app['client_id']}")).status_code == 204
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    for answer in (
        await refresh(world, credentials, app["refresh_token"]),
        await ask(world, credentials, grant_type="authorization_code", code=code),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    body = {"seller_id": SELLER, "scopes": SCOPES}
    for place in ("authorisations", "codes"):
        response = await world.call("operator", "POST", f"/v1/apps/{app['client_id']}/{place}", body)
        assert (response.status_code, response.json()["type"]) == (409, "/problems/app-revoked")


async def test_a_revoked_authorisation_ends_its_tokens_and_codes_at_once(anywhere: Running) -> None:
    world = anywhere.world
    app = await let_in(world)
    code = await make_code(world, app)
    path = f"/v1/apps/{app['client_id']}/authorisations"
    for _ in range(2):
        assert (await world.call(SELLER, "DELETE", f"{path}/{app['id']}")).status_code == 204
        assert (await world.call("app", "GET", "/v1/orders")).status_code == 401
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    for answer in (
        await refresh(world, credentials, app["refresh_token"]),
        await ask(world, credentials, grant_type="authorization_code", code=code),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await world.ok(SELLER, "GET", path))["items"][0]["revoked_at"]


async def test_authorising_again_replaces_what_was(anywhere: Running) -> None:
    world = anywhere.world
    app = await let_in(world)
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    again = await authorise(world, credentials, scopes=["orders:read"])
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 401
    assert (await refresh(world, credentials, app["refresh_token"])).json()["error"] == "invalid_grant"
    world.tokens["app"] = (await refresh(world, credentials, again["refresh_token"])).json()["access_token"]
    assert (await world.call("app", "GET", "/v1/orders")).status_code == 200
    assert (await world.call("app", "GET", "/v1/messages")).status_code == 403


async def test_an_app_cannot_let_apps_in(running: Running) -> None:
    world = running.world
    app = await let_in(world, ["messages:read", "messages:write", "orders:read", "parties:read", "parties:write"])
    body = {"seller_id": SELLER, "scopes": SCOPES}
    for place in ("authorisations", "codes"):
        response = await world.call("app", "POST", f"/v1/apps/{app['client_id']}/{place}", body)
        assert response.status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seller_id": "nobody", "scopes": SCOPES}, "seller_id"),
        ({"seller_id": SELLER}, "scopes"),
        ({"seller_id": SELLER, "scopes": []}, "scopes"),
        ({"seller_id": SELLER, "scopes": ["everything"]}, "scopes.0"),
        ({"seller_id": SELLER, "scopes": ["apps:write"]}, "scopes"),
        ({"seller_id": SELLER, "scopes": ["orders:write"]}, "scopes"),
        ({"seller_id": SELLER, "scopes": SCOPES, "role": "operator"}, "role"),
    ],
)
async def test_a_bad_authorisation_names_its_field(running: Running, body: dict[str, object], field: str) -> None:
    app = await register(running.world)
    for place in ("authorisations", "codes"):
        response = await running.world.call("operator", "POST", f"/v1/apps/{app['client_id']}/{place}", body)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a" * 201, 7])
async def test_a_bad_name_is_refused(running: Running, name: object) -> None:
    response = await running.world.call("operator", "POST", "/v1/apps", {"name": name})
    assert response.status_code == 422
    assert (await running.world.ok("operator", "GET", "/v1/apps"))["items"] == []


async def test_no_app_has_an_unknown_id(running: Running) -> None:
    world, body = running.world, {"seller_id": SELLER, "scopes": SCOPES}
    for method, path, sent in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/authorisations", None),
        ("POST", "/authorisations", body),
        ("POST", "/codes", body),
        ("DELETE", "/authorisations/00000000-0000-0000-0000-000000000001", None),
    ):
        assert (await world.call("operator", method, f"/v1/apps/app-none{path}", sent)).status_code == 404
