"""Routes of numbers and rules: asked of the services that keep them, shown to those they concern."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context
from services.gateway.fields import Identifier
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable, document_problems

router = APIRouter(prefix="/v1", responses=document_problems(Unauthenticated, Forbidden, Invalid, Unavailable))
Reader = Annotated[Caller, require(Scope.METRICS_READ, CallerRole.OPERATOR, CallerRole.SELLER)]
RuleReader = Annotated[Caller, require(Scope.POLICY_READ)]
SellerId = Annotated[Identifier | None, Query(description="Needed from operators; sellers see their own")]
Days = Annotated[Literal["7", "30", "90"], Query(description="So many days back from now")]
Outcome = Annotated[str | None, Query(pattern=r"^[a-z_]{1,32}$", description="Only turns that ended so")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="`next` of the page before")]
_MISSING = document_problems(NotFound)


@router.get("/metrics/response-times", tags=["metrics"], summary="Response times", responses=_MISSING)
async def read_response_times(
    caller: Reader,
    gateway: Context,
    seller_id: SellerId = None,
    marketplace_id: Identifier | None = None,
    days: Days = "30",
) -> dict[str, Any]:
    """Read how fast a seller answers buyers (R-METRICS-3): share within the target time, mean, median, p90, late."""
    query = _query(_choose_seller(caller, seller_id), marketplace_id, days)
    return await gateway.peers.read_response_times(query)


@router.get("/metrics/turns", tags=["metrics"], summary="Turns behind the response times", responses=_MISSING)
async def list_turns(  # noqa: PLR0913 - the filters of a listing
    caller: Reader,
    gateway: Context,
    *,
    seller_id: SellerId = None,
    marketplace_id: Identifier | None = None,
    days: Days = "30",
    outcome: Outcome = None,
    offset: Offset = 0,
) -> dict[str, Any]:
    """List the threads behind each number of the response times."""
    query = _query(_choose_seller(caller, seller_id), marketplace_id, days)
    return await gateway.peers.list_turns(query | {"offset": str(offset)} | ({"outcome": outcome} if outcome else {}))


@router.get("/policy/rules", tags=["policy"], summary="The gate's rules")
async def list_rules(_caller: RuleReader, gateway: Context) -> dict[str, Any]:
    """Read the rule set in force: what each rule finds, why it exists, what to do instead."""
    return await gateway.peers.list_rules()


def _choose_seller(caller: Caller, seller_id: str | None) -> str:
    if caller.seller_id is not None:
        if seller_id not in (None, caller.seller_id):
            raise NotFound("No seller of yours has this id.")
        return caller.seller_id
    if seller_id is None:
        raise Invalid.of("seller_id", "name the seller")
    return seller_id


def _query(seller_id: str, marketplace_id: str | None, days: str) -> dict[str, str]:
    query = {"seller_id": seller_id, "days": days}
    return query | {"marketplace_id": marketplace_id} if marketplace_id else query
