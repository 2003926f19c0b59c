"""An app of the tests, and what it does at the token endpoint."""

from typing import Any

import httpx2

from tests.services.gateway.world import SELLER, World

TOKEN_PATH = "/auth/o2/token"
SCOPES = ["messages:read", "messages:write", "orders:read"]


async def register(world: World, name: str = "Gestionale") -> dict[str, Any]:
    """Register an app; return its client id and secret."""
    made = await world.ok("operator", "POST", "/v1/apps", {"name": name})
    return {name: made[name] for name in ("client_id", "client_secret")}


async def authorise(
    world: World, app: dict[str, Any], who: str = SELLER, seller: str = SELLER, scopes: list[str] = SCOPES
) -> dict[str, Any]:
    """Let an app act for a seller; return the answer."""
    path = f"/v1/apps/{app['client_id']}/authorisations"
    made: dict[str, Any] = await world.ok(who, "POST", path, {"seller_id": seller, "scopes": scopes})
    return made


async def make_code(world: World, app: dict[str, Any], who: str = SELLER, scopes: list[str] = SCOPES) -> str:
    path = f"/v1/apps/{app['client_id']}/codes"
    return str((await world.ok(who, "POST", path, {"seller_id": SELLER, "scopes": scopes}))["code"])


async def ask(world: World, app: dict[str, Any], **fields: Any) -> httpx2.Response:  # noqa: ANN401 - any field
    """Ask for a token as a form, with the app's credentials unless other ones are given."""
    sent = {name: value for name, value in (app | fields).items() if value is not None}
    return await world.client.post(TOKEN_PATH, data=sent)


async def refresh(world: World, app: dict[str, Any], refresh_token: str, **fields: Any) -> httpx2.Response:  # noqa: ANN401 - any field
    return await ask(world, app, grant_type="refresh_token", refresh_token=refresh_token, **fields)


async def let_in(world: World, scopes: list[str] = SCOPES) -> dict[str, Any]:
    """Register and authorise an app; return all that it has. The world knows its access token as `app`'s."""
    app = await register(world)
    made = await authorise(world, app, scopes=scopes)
    granted = (await refresh(world, app, made["refresh_token"])).json()
    world.tokens["app"] = granted["access_token"]
    return app | {"id": made["id"], "refresh_token": made["refresh_token"], "access_token": granted["access_token"]}
