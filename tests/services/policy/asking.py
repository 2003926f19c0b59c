"""The policy service's HTTP door, asked as the gateway asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from services.policy.app import create_app
from shared.bus import MemoryBus
from tests.services.policy.world import World

TOKEN = "let-me-in"


class Door:
    """Asks and expects an answer."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def ask(self, method: str, path: str, status: int = 200, **request: Any) -> Any:  # noqa: ANN401 - JSON
        response = await self.client.request(method, f"/internal{path}", **request)
        assert response.status_code == status, response.text
        return response.json()


@asynccontextmanager
async def open_door(world: World, token: str = TOKEN) -> AsyncIterator[Door]:
    transport = httpx2.ASGITransport(create_app(world.settings, MemoryBus(["policy"])))
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://policy", headers=headers) as client:
        yield Door(client)
