"""Routes of sender addresses. Sellers add and remove their own."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context
from services.gateway.fields import Identifier
from services.gateway.paging import Page
from services.gateway.senders import service, store
from services.gateway.senders.errors import TooManyRequests, TooManySenders
from services.gateway.senders.models import SenderRequest
from services.gateway.senders.schemas import SenderAnswer, SenderBody, SenderStatus
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

Reader = Annotated[Caller, require(Scope.PARTIES_READ, CallerRole.OPERATOR, CallerRole.SELLER)]
Writer = Annotated[Caller, require(Scope.PARTIES_WRITE, CallerRole.OPERATOR, CallerRole.SELLER)]
_MOST_LISTED = 200


async def _own_reader(seller_id: Identifier, caller: Reader) -> str:
    return _own(seller_id, caller)


async def _own_writer(seller_id: Identifier, caller: Writer) -> str:
    return _own(seller_id, caller)


def _own(seller_id: str, caller: Caller) -> str:
    """Return the seller's id if the caller may act for that seller; raises `NotFound`."""
    if caller.is_operator or caller.seller_id == seller_id:
        return seller_id
    raise NotFound("No seller of yours has this id.")


Read = Annotated[str, Depends(_own_reader)]
Written = Annotated[str, Depends(_own_writer)]
router = APIRouter(
    prefix="/v1/sellers/{seller_id}/sender-addresses",
    tags=["sellers"],
    responses=document_problems(Unauthenticated, Forbidden, Invalid, NotFound),
)


@router.post(
    "", status_code=202, summary="Add a sender address", responses=document_problems(TooManyRequests, TooManySenders)
)
async def post_sender(body: SenderBody, seller_id: Written, gateway: Context) -> SenderAnswer:
    """Mail a link to an address; once its reader confirms, mail from there is taken as the seller's (R-MAIL-2).

    A mail that was refused before can then simply be sent again.
    """
    async with gateway.database.transaction() as session:
        request = await service.request_sender(session, gateway, seller_id, body.address, body.marketplace_id)
    return _describe(request, datetime.now(UTC))


@router.get("", summary="List added sender addresses")
async def list_senders(seller_id: Read, gateway: Context) -> Page[SenderAnswer]:
    """List the addresses that were asked for, newest first, at most 200, without the addresses."""
    async with gateway.database.reading() as session:
        found = await store.list_requests(session, seller_id, _MOST_LISTED)
    return Page(items=[_describe(request, datetime.now(UTC)) for request in found], next=None)


@router.delete("/{sender_id}", status_code=204, summary="Remove a sender address")
async def delete_sender(sender_id: UUID, seller_id: Written, gateway: Context) -> None:
    """Take an address back: mail from there is no longer taken, and its link does nothing any more."""
    async with gateway.database.transaction() as session:
        await service.remove_sender(session, gateway.keys, seller_id, sender_id)


def _describe(request: SenderRequest, now: datetime) -> SenderAnswer:
    status = SenderStatus.PENDING if now < request.expires_at else SenderStatus.EXPIRED
    return SenderAnswer(
        id=request.request_id,
        status=SenderStatus.CONFIRMED if request.confirmed_at else status,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        confirmed_at=request.confirmed_at,
    )
