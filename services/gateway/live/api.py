"""The stream of changes: server-sent events."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from services.gateway.access.caller import Secret, identify, require
from services.gateway.access.domain import Caller, Scope
from services.gateway.access.errors import TokenRefused
from services.gateway.context import Context, Gateway
from services.gateway.live.domain import Audience
from services.gateway.live.errors import TooManyStreams
from services.gateway.live.models import Change
from shared.problems import Forbidden, Invalid, Unauthenticated, document_problems

router = APIRouter(prefix="/v1", tags=["events"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Reader = Annotated[Caller, require(Scope.MESSAGES_READ)]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^[0-9]{1,18}$",
        description="The id of the last event that arrived; the stream goes on after it",
    ),
]


@router.get(
    "/events",
    summary="Stream changes",
    response_class=StreamingResponse,
    responses={
        200: {"description": "Events as they happen", "content": {"text/event-stream": {}}},
        **document_problems(TooManyStreams),
    },
)
async def stream_events(
    caller: Reader, secret: Secret, gateway: Context, last_event_id: LastEventId = None
) -> StreamingResponse:
    """Stream the caller's own changes as server-sent events: `message.submitted`, `message.approved`,
    `message.rejected`, `message.deferred`, `message.delivered`, `message.bounced` of messages they wrote,
    `message.received` of those they got, `message.marked`, `thread.response_needed`, `thread.response_overdue`,
    `thread.response_settled`, `thread.filed`, `order.recorded`, `order.changed`, `order.shipment_due`.

    Each has an id that grows; reconnect with `Last-Event-ID` and nothing is missed. `data` is JSON with ids and links;
    read what they point at for the rest. Comments come in silence, so that a dead connection shows. The stream ends
    with the token that opened it.
    """  # noqa: D205 - the summary stands in the decorator
    gateway.hub.require_place(Audience(caller.seller_id, caller.buyer_id))
    after = None if last_event_id is None else int(last_event_id)
    return StreamingResponse(
        _write_events(gateway, caller, secret, after),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _write_events(gateway: Gateway, caller: Caller, secret: str, after: int | None) -> AsyncIterator[str]:
    audience = Audience(caller.seller_id, caller.buyer_id)
    async with aclosing(gateway.hub.listen(audience, after, gateway.settings.heartbeat_seconds)) as changes:
        async for change in changes:
            try:
                await identify(gateway, secret)
            except TokenRefused:
                return
            yield ": alive\n\n" if change is None else _write_event(gateway, caller, change)


def _write_event(gateway: Gateway, caller: Caller, change: Change) -> str:
    address = f"{gateway.settings.public_url}/v1"
    links = {
        name: f"{address}/{kind}/{target}"
        for name, kind, target in (
            ("message", "messages", change.message_id),
            ("thread", "threads", change.thread_id if change.message_id or change.order_id is None else None),
            ("order", "orders", change.order_id),
        )
        if target is not None
    }
    data = {
        "type": change.type,
        "at": change.at.isoformat(),
        "message_id": str(change.message_id) if change.message_id else None,
        "thread_id": str(change.thread_id) if change.thread_id else None,
        "order_id": change.order_id,
        "links": links,
    }
    if caller.is_operator:
        data |= {"seller_id": change.seller_id, "buyer_id": change.buyer_id}
    return f"id: {change.seq}\nevent: {change.type}\ndata: {json.dumps(data)}\n\n"
