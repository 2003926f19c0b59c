"""Routes of the outbound mail queue: kept by the delivery service, for operators alone."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context
from services.gateway.fields import Domain, Moment
from services.gateway.mail.schemas import MailAction, MailState, NoteBody, SelectionBody
from services.gateway.paging import Limit
from shared.problems import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable, document_problems

router = APIRouter(
    prefix="/v1/mail", tags=["mail"], responses=document_problems(Unauthenticated, Forbidden, Invalid, Unavailable)
)
Watcher = Annotated[Caller, require(Scope.MAIL_READ, CallerRole.OPERATOR)]
Operator = Annotated[Caller, require(Scope.MAIL_WRITE, CallerRole.OPERATOR)]
States = Annotated[list[MailState] | None, Query(max_length=len(MailState), description="If none: waiting and held")]
Recipients = Annotated[Domain | None, Query(description="Domain of the recipients")]
Since = Annotated[Moment | None, Query(description="Queued at this time or later")]
Until = Annotated[Moment | None, Query(description="Queued before this time")]
After = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]
_QUEUE = "/internal/queue"


@router.get("/queue", summary="List mails on their way out")
async def list_queue(  # noqa: PLR0913 - the filters of a listing
    _caller: Watcher,
    gateway: Context,
    *,
    state: States = None,
    domain: Recipients = None,
    since: Since = None,
    until: Until = None,
    cursor: After = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """List mails in order of queueing, the oldest first. Of a recipient the domain is shown alone (R-ALIAS-6)."""
    query = _filter(domain, since, until) | {"state": list(state or ()), "limit": str(limit)}
    return await gateway.peers.ask_delivery(_QUEUE, query | ({"after": cursor} if cursor else {}))


@router.get("/queue:count", summary="Count mails on their way out")
async def count_queue(
    _caller: Watcher, gateway: Context, domain: Recipients = None, since: Since = None, until: Until = None
) -> dict[str, Any]:
    """Count what is neither sent nor given up, by state and by the recipients' domains, with the oldest of each."""
    return await gateway.peers.ask_delivery(f"{_QUEUE}/counts", _filter(domain, since, until))


@router.get("/queue/{mail_id}", summary="Read a mail on its way out", responses=document_problems(NotFound))
async def get_mail(mail_id: UUID, _caller: Watcher, gateway: Context) -> dict[str, Any]:
    """Read how far a mail is, what the next hop said last, and what operators did with it."""
    return await gateway.peers.ask_delivery(f"{_QUEUE}/{mail_id}", {})


@router.post(
    "/queue/{mail_id}:{action}",
    summary="Retry, hold or release a mail",
    responses=document_problems(NotFound, Conflict),
)
async def change_mail(
    mail_id: UUID, action: MailAction, body: NoteBody, caller: Operator, gateway: Context
) -> dict[str, Any]:
    """Try a mail at once, keep it back, or let it go on at its own time. Repeating it changes nothing. Audited."""
    told = {"reason": body.reason, "by": caller.signature}
    return await gateway.peers.tell_delivery(f"{_QUEUE}/{mail_id}/{action}", told)


@router.post("/queue:{action}", summary="Retry, hold or release many mails")
async def change_mails(action: MailAction, body: SelectionBody, caller: Operator, gateway: Context) -> dict[str, Any]:
    """Do the same with many mails. Over a filter, call again with `next` as `cursor` until it is null. Audited."""
    told = body.model_dump(mode="json", exclude={"cursor"}) | {"after": body.cursor, "by": caller.signature}
    return await gateway.peers.tell_delivery(f"{_QUEUE}/{action}", told)


def _filter(domain: str | None, since: datetime | None, until: datetime | None) -> dict[str, str | list[str]]:
    wanted = {"domain": domain, "since": since and since.isoformat(), "until": until and until.isoformat()}
    return {name: value for name, value in wanted.items() if value}
