"""What routes and handlers work with, put together by `app.py`."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from services.gateway.live.hub import Hub
from services.gateway.metrics import GatewayMetrics
from services.gateway.peers import Peers
from services.gateway.settings import Settings
from shared.blobs import BlobStore
from shared.crypto import KeyRing
from shared.db import Database
from shared.links import Links


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway's parts. `feed_news` is set when a feed came in."""

    settings: Settings
    database: Database
    keys: KeyRing
    blobs: BlobStore
    metrics: GatewayMetrics
    hub: Hub
    peers: Peers
    operator_token: str
    links: Links
    feed_news: asyncio.Event = field(default_factory=asyncio.Event)


# Dependencies that wait for nothing are `async` all the same: FastAPI runs others in a thread each, which costs more
# than they do.
async def _of_request(request: Request) -> Gateway:
    return cast("Gateway", request.app.state.gateway)


Context = Annotated[Gateway, Depends(_of_request)]
