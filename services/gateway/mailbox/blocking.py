"""Routes of blocks that parties set: the policy service keeps them and stops what comes in spite of them."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context, Gateway
from services.gateway.mailbox import store
from services.gateway.mailbox.reading import may_see_thread
from shared.contracts.gateway import SenderBlocked, SenderUnblocked
from shared.contracts.vocabulary import Role
from shared.outbox import emit
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

router = APIRouter(prefix="/v1", tags=["threads"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Party = Annotated[Caller, require(Scope.MESSAGES_WRITE, CallerRole.SELLER, CallerRole.BUYER)]
_MISSING = document_problems(NotFound)


@router.put("/threads/{thread_id}/block", status_code=204, summary="Block the other side", responses=_MISSING)
async def put_block(thread_id: UUID, caller: Party, gateway: Context) -> Response:
    """Take no more messages from the other side of a thread (R-INBOX-5); blocking again changes nothing.

    A buyer still reaches the seller about an open order.
    """
    await _tell(gateway, caller, thread_id, SenderBlocked)
    return Response(status_code=204)


@router.delete("/threads/{thread_id}/block", status_code=204, summary="Unblock the other side", responses=_MISSING)
async def delete_block(thread_id: UUID, caller: Party, gateway: Context) -> Response:
    """Take messages from the other side of a thread again."""
    await _tell(gateway, caller, thread_id, SenderUnblocked)
    return Response(status_code=204)


async def _tell(
    gateway: Gateway, caller: Caller, thread_id: UUID, contract: type[SenderBlocked | SenderUnblocked]
) -> None:
    async with gateway.database.transaction() as session:
        thread = await store.get_thread(session, thread_id)
        if thread is None or not may_see_thread(caller, thread):
            raise NotFound("No thread of yours has this id.")
        emit(
            session,
            contract(
                thread_id=thread_id,
                marketplace_id=thread.marketplace_id,
                seller_id=thread.seller_id,
                buyer_id=thread.buyer_id,
                by=Role(caller.role),
                changed_at=datetime.now(UTC),
            ),
        )
