"""Routes of standings, blocks, overrides and quotas: kept by the policy service, decided by operators."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.accounts import service as accounts
from services.gateway.accounts import store as parties
from services.gateway.context import Context, Gateway
from services.gateway.fields import Identifier
from services.gateway.mailbox import store as messages
from services.gateway.paging import Limit
from services.gateway.policing.schemas import ReasonBody, StandingBody
from shared.problems import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable, document_problems

router = APIRouter(
    prefix="/v1/policy", tags=["policy"], responses=document_problems(Unauthenticated, Forbidden, Invalid, Unavailable)
)
Reader = Annotated[Caller, require(Scope.POLICY_READ, CallerRole.OPERATOR, CallerRole.SELLER)]
Watcher = Annotated[Caller, require(Scope.POLICY_READ, CallerRole.OPERATOR)]
Operator = Annotated[Caller, require(Scope.POLICY_WRITE, CallerRole.OPERATOR)]
PartyRole = Literal["seller", "buyer"]
Standing = Annotated[Literal["good", "templates_only", "suspended"] | None, Query(description="Only sellers so")]
After = Annotated[Identifier | None, Query(description="`next` of the page before")]
_PARTY = r"^(buyer|seller):[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
AfterParty = Annotated[str | None, Query(pattern=_PARTY, description="`next` of the page before")]
SellerId = Annotated[Identifier | None, Query(description="Needed from operators; sellers see their own")]
_MISSING = document_problems(NotFound)
_CHANGING = document_problems(NotFound, Conflict)


@router.get("/quota", summary="Messages left for today", responses=_MISSING)
async def read_quota(
    caller: Reader, gateway: Context, marketplace_id: Identifier, seller_id: SellerId = None
) -> dict[str, Any]:
    """Read a seller's limit for the marketplace's day, what is used of it, and when it resets (R-POLICY-5)."""
    chosen = await _choose_seller(gateway, caller, seller_id)
    async with gateway.database.reading() as session:
        marketplace = await accounts.find_marketplace(session, marketplace_id)
    if marketplace is None:
        raise NotFound("No marketplace has this id.")
    query = {"seller_id": chosen, "marketplace_id": marketplace_id, "time_zone": marketplace.time_zone}
    return await gateway.peers.ask_policy("/internal/quota", query)


@router.get("/standings", summary="List restricted sellers")
async def list_standings(
    _caller: Watcher, gateway: Context, standing: Standing = None, cursor: After = None, limit: Limit = 50
) -> dict[str, Any]:
    """List sellers that stand otherwise than well, or by an operator's decision, by id."""
    query = {"limit": str(limit), "after": cursor or ""} | ({"standing": standing} if standing else {})
    return await gateway.peers.ask_policy("/internal/standings", query)


@router.get("/standings/{seller_id}", summary="Read a seller's standing", responses=_MISSING)
async def get_standing(seller_id: Identifier, caller: Reader, gateway: Context) -> dict[str, Any]:
    """Read where a seller stands, what the points come from, and how that changed (R-POLICY-7)."""
    await _choose_seller(gateway, caller, seller_id)
    found = await gateway.peers.ask_policy(f"/internal/standings/{seller_id}")
    return found if caller.is_operator else _hide_operators(found)


@router.put("/standings/{seller_id}", summary="Set a seller's standing", responses=_MISSING)
async def put_standing(seller_id: Identifier, body: StandingBody, caller: Operator, gateway: Context) -> dict[str, Any]:
    """Set a seller's standing, whatever the points say, until it ends or is lifted. The reason is audited."""
    await _choose_seller(gateway, caller, seller_id)
    told = {**body.model_dump(mode="json"), "by": caller.signature}
    return await gateway.peers.tell_policy("PUT", f"/internal/standings/{seller_id}", told)


@router.post("/standings/{seller_id}:lift", summary="Lift a restriction", responses=_CHANGING)
async def lift_standing(seller_id: Identifier, body: ReasonBody, caller: Operator, gateway: Context) -> dict[str, Any]:
    """End a seller's restriction or an operator's decision; violations up to now count no more."""
    await _choose_seller(gateway, caller, seller_id)
    return await gateway.peers.tell_policy("POST", f"/internal/standings/{seller_id}/lift", _sign(body, caller))


@router.get("/blocks", summary="List blocked senders")
async def list_blocks(
    _caller: Watcher, gateway: Context, cursor: AfterParty = None, limit: Limit = 50
) -> dict[str, Any]:
    """List the sellers and buyers that operators block."""
    query = {"limit": str(limit)} | ({"after": cursor} if cursor else {})
    return await gateway.peers.ask_policy("/internal/blocks", query)


@router.get("/blocks/{role}/{party_id}", summary="Read a block", responses=_MISSING)
async def get_block(role: PartyRole, party_id: Identifier, _caller: Watcher, gateway: Context) -> dict[str, Any]:
    """Read whether an operator blocks a seller or buyer, and how that came."""
    await _require_party(gateway, role, party_id)
    return await gateway.peers.ask_policy(f"/internal/blocks/{role}/{party_id}")


@router.put("/blocks/{role}/{party_id}", summary="Block a sender", responses=_MISSING)
async def put_block(
    role: PartyRole, party_id: Identifier, body: ReasonBody, caller: Operator, gateway: Context
) -> dict[str, Any]:
    """Stop all that a seller or buyer writes from now on, at the operator's discretion (R-POLICY-10)."""
    await _require_party(gateway, role, party_id)
    return await gateway.peers.tell_policy("PUT", f"/internal/blocks/{role}/{party_id}", _sign(body, caller))


@router.post("/blocks/{role}/{party_id}:lift", summary="Lift a block", responses=_CHANGING)
async def lift_block(
    role: PartyRole, party_id: Identifier, body: ReasonBody, caller: Operator, gateway: Context
) -> dict[str, Any]:
    """Let a seller or buyer write again."""
    await _require_party(gateway, role, party_id)
    return await gateway.peers.tell_policy("POST", f"/internal/blocks/{role}/{party_id}/lift", _sign(body, caller))


@router.get("/messages/{message_id}", summary="Read a decision", responses=_MISSING)
async def get_decision(message_id: UUID, _caller: Watcher, gateway: Context) -> dict[str, Any]:
    """Read how a message was decided: what the rules said, what rules on trial would say, what operators decided."""
    await _require_message(gateway, message_id)
    return await gateway.peers.ask_policy(f"/internal/messages/{message_id}")


@router.post("/messages/{message_id}:approve", summary="Approve a rejected message", responses=_CHANGING)
async def approve_message(message_id: UUID, body: ReasonBody, caller: Operator, gateway: Context) -> dict[str, Any]:
    """Deliver a message that the gate rejected; what it violated counts no more."""
    await _require_message(gateway, message_id)
    return await gateway.peers.tell_policy("POST", f"/internal/messages/{message_id}/approve", _sign(body, caller))


@router.post("/messages/{message_id}:block", summary="Block a message", responses=_CHANGING)
async def block_message(message_id: UUID, body: ReasonBody, caller: Operator, gateway: Context) -> dict[str, Any]:
    """Stop a message that is not delivered yet, at the operator's discretion; its writer is told (R-POLICY-10)."""
    await _require_message(gateway, message_id)
    return await gateway.peers.tell_policy("POST", f"/internal/messages/{message_id}/block", _sign(body, caller))


def _sign(body: ReasonBody, caller: Caller) -> dict[str, object]:
    return {"reason": body.reason, "by": caller.signature}


def _hide_operators(found: dict[str, Any]) -> dict[str, Any]:
    """Return a standing as its seller reads it: that an operator decided, but not which."""
    history = [_hide_operator(change) for change in found.get("history", [])]
    return {**_hide_operator(found), "history": history}


def _hide_operator(change: dict[str, Any]) -> dict[str, Any]:
    by = str(change.get("changed_by", ""))
    return {**change, "changed_by": "operator" if by.startswith("operator") else by}


async def _choose_seller(gateway: Gateway, caller: Caller, seller_id: str | None) -> str:
    if caller.seller_id is not None:
        if seller_id not in (None, caller.seller_id):
            raise NotFound("No seller of yours has this id.")
        return caller.seller_id
    if seller_id is None:
        raise Invalid.of("seller_id", "name the seller")
    await _require_party(gateway, "seller", seller_id)
    return seller_id


async def _require_party(gateway: Gateway, role: PartyRole, party_id: str) -> None:
    find = parties.get_seller if role == "seller" else parties.get_buyer
    async with gateway.database.reading() as session:
        if await find(session, party_id) is None:
            raise NotFound(f"No {role} has this id.")


async def _require_message(gateway: Gateway, message_id: UUID) -> None:
    async with gateway.database.reading() as session:
        if await messages.get_message(session, message_id) is None:
            raise NotFound("No message has this id.")
