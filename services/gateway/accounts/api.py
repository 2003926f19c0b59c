"""Routes of marketplaces, sellers and buyers. Operators record them; parties see themselves."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.accounts import service, store
from services.gateway.accounts.domain import BuyerState, SellerState
from services.gateway.accounts.models import Buyer, Seller
from services.gateway.accounts.schemas import (
    BuyerAnswer,
    BuyerBody,
    BuyerChange,
    MarketplaceAnswer,
    MarketplaceBody,
    SellerAnswer,
    SellerBody,
    SellerChange,
)
from services.gateway.context import Context
from services.gateway.fields import Identifier
from services.gateway.paging import Limit, Page
from shared.contracts.facts import MarketplaceFacts
from shared.crypto import KeyRing
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

router = APIRouter(prefix="/v1", responses=document_problems(Unauthenticated, Forbidden, Invalid))
Anybody = Annotated[Caller, require(Scope.PARTIES_READ)]
Operator = Annotated[Caller, require(Scope.PARTIES_READ, CallerRole.OPERATOR)]
Recorder = Annotated[Caller, require(Scope.PARTIES_WRITE, CallerRole.OPERATOR)]
SellerReader = Annotated[Caller, require(Scope.PARTIES_READ, CallerRole.OPERATOR, CallerRole.SELLER)]
SellerWriter = Annotated[Caller, require(Scope.PARTIES_WRITE, CallerRole.OPERATOR, CallerRole.SELLER)]
BuyerReader = Annotated[Caller, require(Scope.PARTIES_READ, CallerRole.OPERATOR, CallerRole.BUYER)]
BuyerWriter = Annotated[Caller, require(Scope.PARTIES_WRITE, CallerRole.OPERATOR, CallerRole.BUYER)]
After = Annotated[Identifier | None, Query(description="`next` of the page before")]
_MISSING = document_problems(NotFound)
_NO_NOTICES = (
    "Bounce notices are off: you are not told by mail when a message does not reach its buyer, nor how to reach the "
    "buyer for what the order needs. Only a message's status here says so; look at it, or switch the notices on again."
)


@router.put("/marketplaces/{marketplace_id}", tags=["marketplaces"], summary="Record a marketplace")
async def put_marketplace(
    marketplace_id: Identifier, body: MarketplaceBody, _caller: Recorder, gateway: Context, response: Response
) -> MarketplaceAnswer:
    """Record a marketplace, or replace what is recorded or shipped under this id. 201 when it was not recorded before.

    The alias domain must leave at least 10 of an alias's 35 characters for its local part.
    """
    told = MarketplaceFacts(marketplace_id=marketplace_id, **body.model_dump())
    async with gateway.database.transaction() as session:
        created = await service.record_marketplace(session, told, gateway.settings.address_length)
    response.status_code = 201 if created else 200
    return _describe_marketplace(told, recorded=True)


@router.get("/marketplaces/{marketplace_id}", tags=["marketplaces"], summary="Read a marketplace", responses=_MISSING)
async def get_marketplace(marketplace_id: Identifier, _caller: Anybody, gateway: Context) -> MarketplaceAnswer:
    """Read a marketplace, recorded or shipped."""
    async with gateway.database.reading() as session:
        facts = await service.find_marketplace(session, marketplace_id)
        recorded = await store.get_marketplace(session, marketplace_id) is not None
    if facts is None:
        raise NotFound("No marketplace has this id.")
    return _describe_marketplace(facts, recorded=recorded)


@router.get("/marketplaces", tags=["marketplaces"], summary="List marketplaces")
async def list_marketplaces(_caller: Anybody, gateway: Context) -> Page[MarketplaceAnswer]:
    """List all marketplaces, recorded and shipped, by id, on one page."""
    async with gateway.database.reading() as session:
        found = await service.list_marketplaces(session)
    return Page(items=[_describe_marketplace(facts, recorded=recorded) for facts, recorded in found], next=None)


@router.put("/sellers/{seller_id}", tags=["sellers"], summary="Record a seller")
async def put_seller(
    seller_id: Identifier, body: SellerBody, _caller: Recorder, gateway: Context, response: Response
) -> SellerAnswer:
    """Record a seller, or replace what is recorded. The same again changes nothing and keeps its version.

    Addresses are sealed at once; answers only say that they are set.
    """
    senders = body.sender_addresses or [body.service_address]
    told = SellerState(
        body.business_name,
        body.language,
        body.service_address,
        tuple(dict.fromkeys(senders)),
        bounce_notices=body.bounce_notices,
    )
    async with gateway.database.transaction() as session:
        seller, created = await service.record_seller(session, gateway.keys, seller_id, told)
    response.status_code = 201 if created else 200
    return _describe_seller(seller, gateway.keys)


@router.patch("/sellers/{seller_id}", tags=["sellers"], summary="Change a seller's preferences", responses=_MISSING)
async def patch_seller(
    seller_id: Identifier, body: SellerChange, caller: SellerWriter, gateway: Context
) -> SellerAnswer:
    """Change language or bounce notices; sellers change their own (R-MAIL-9). What is left out stays as it is."""
    if not (caller.is_operator or caller.seller_id == seller_id):
        raise NotFound("No seller of yours has this id.")
    async with gateway.database.transaction() as session:
        seller = await service.change_seller(session, gateway.keys, seller_id, **dict(body))
    return _describe_seller(seller, gateway.keys)


@router.get("/sellers/{seller_id}", tags=["sellers"], summary="Read a seller", responses=_MISSING)
async def get_seller(seller_id: Identifier, caller: SellerReader, gateway: Context) -> SellerAnswer:
    """Read a seller; sellers read themselves."""
    async with gateway.database.reading() as session:
        seller = await store.get_seller(session, seller_id)
    if seller is None or not (caller.is_operator or caller.seller_id == seller_id):
        raise NotFound("No seller of yours has this id.")
    return _describe_seller(seller, gateway.keys)


@router.get("/sellers", tags=["sellers"], summary="List sellers")
async def list_sellers(
    _caller: Operator, gateway: Context, cursor: After = None, limit: Limit = 50
) -> Page[SellerAnswer]:
    """List all sellers by id."""
    async with gateway.database.reading() as session:
        rows = await store.list_sellers(session, cursor or "", limit + 1)
    following = rows[limit - 1].seller_id if len(rows) > limit else None
    return Page(items=[_describe_seller(row, gateway.keys) for row in rows[:limit]], next=following)


@router.put("/buyers/{buyer_id}", tags=["buyers"], summary="Record a buyer")
async def put_buyer(
    buyer_id: Identifier, body: BuyerBody, _caller: Recorder, gateway: Context, response: Response
) -> BuyerAnswer:
    """Record a buyer, or replace what is recorded. The same again changes nothing and keeps its version.

    The address is sealed at once; answers only say that it is set.
    """
    told = BuyerState(body.address, body.language, body.opted_out)
    async with gateway.database.transaction() as session:
        buyer, created = await service.record_buyer(session, gateway.keys, buyer_id, told)
    response.status_code = 201 if created else 200
    return _describe_buyer(buyer)


@router.patch("/buyers/{buyer_id}", tags=["buyers"], summary="Change a buyer's preferences", responses=_MISSING)
async def patch_buyer(buyer_id: Identifier, body: BuyerChange, caller: BuyerWriter, gateway: Context) -> BuyerAnswer:
    """Change language or opt-out; buyers change their own. What is left out stays as it is."""
    _require_self(caller, buyer_id)
    async with gateway.database.transaction() as session:
        buyer = await service.change_buyer(session, gateway.keys, buyer_id, **dict(body))
    return _describe_buyer(buyer)


@router.get("/buyers/{buyer_id}", tags=["buyers"], summary="Read a buyer", responses=_MISSING)
async def get_buyer(buyer_id: Identifier, caller: BuyerReader, gateway: Context) -> BuyerAnswer:
    """Read a buyer; buyers read themselves."""
    _require_self(caller, buyer_id)
    async with gateway.database.reading() as session:
        buyer = await store.get_buyer(session, buyer_id)
    if buyer is None:
        raise NotFound("No buyer of yours has this id.")
    return _describe_buyer(buyer)


@router.get("/buyers", tags=["buyers"], summary="List buyers")
async def list_buyers(
    _caller: Operator, gateway: Context, cursor: After = None, limit: Limit = 50
) -> Page[BuyerAnswer]:
    """List all buyers by id."""
    async with gateway.database.reading() as session:
        rows = await store.list_buyers(session, cursor or "", limit + 1)
    following = rows[limit - 1].buyer_id if len(rows) > limit else None
    return Page(items=[_describe_buyer(row) for row in rows[:limit]], next=following)


def _require_self(caller: Caller, buyer_id: str) -> None:
    if not (caller.is_operator or caller.buyer_id == buyer_id):
        raise NotFound("No buyer of yours has this id.")


def _describe_marketplace(facts: MarketplaceFacts, *, recorded: bool) -> MarketplaceAnswer:
    fields = facts.model_dump(exclude={"marketplace_id"})
    return MarketplaceAnswer(id=facts.marketplace_id, source="recorded" if recorded else "shipped", **fields)


def _describe_seller(seller: Seller, keys: KeyRing) -> SellerAnswer:
    return SellerAnswer(
        id=seller.seller_id,
        version=seller.version,
        business_name=seller.business_name,
        language=seller.language,
        bounce_notices=seller.bounce_notices,
        sender_addresses=service.count_senders(seller, keys),
        warnings=[] if seller.bounce_notices else [_NO_NOTICES],
    )


def _describe_buyer(buyer: Buyer) -> BuyerAnswer:
    return BuyerAnswer(id=buyer.buyer_id, version=buyer.version, language=buyer.language, opted_out=buyer.opted_out)
