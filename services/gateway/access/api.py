"""Routes of tokens. Operators only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.gateway.access import service, store
from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.access.models import Token
from services.gateway.access.schemas import NewTokenAnswer, TokenAnswer, TokenBody
from services.gateway.context import Context
from services.gateway.paging import Cursor, CursorText, Limit, Page, cut_page, read_cursor
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

_ORDER = "tokens"
router = APIRouter(prefix="/v1/tokens", tags=["tokens"], responses=document_problems(Unauthenticated, Forbidden))
Reader = Annotated[Caller, require(Scope.TOKENS_READ, CallerRole.OPERATOR)]
Writer = Annotated[Caller, require(Scope.TOKENS_WRITE, CallerRole.OPERATOR)]


@router.post("", status_code=201, summary="Make a token", responses=document_problems(Invalid))
async def make_token(body: TokenBody, _caller: Writer, gateway: Context) -> NewTokenAnswer:
    """Make a bearer token for an operator, a seller or a buyer. Its secret is shown in this answer and never again."""
    async with gateway.database.transaction() as session:
        token, secret = await service.make_token(session, **dict(body))
    return NewTokenAnswer(token=secret, **_describe(token).model_dump())


@router.get("", summary="List tokens")
async def list_tokens(
    _caller: Reader, gateway: Context, cursor: CursorText = None, limit: Limit = 50
) -> Page[TokenAnswer]:
    """List all tokens, newest first, without their secrets; revoked and expired ones included."""
    async with gateway.database.reading() as session:
        rows = await store.list_tokens(session, read_cursor(cursor, _ORDER), limit + 1)
    page, following = cut_page(rows, limit, lambda row: Cursor(_ORDER, row.created_at, str(row.token_id)))
    return Page(items=[_describe(row) for row in page], next=following)


@router.delete("/{token_id}", status_code=204, summary="Revoke a token", responses=document_problems(NotFound))
async def revoke_token(token_id: UUID, _caller: Writer, gateway: Context) -> Response:
    """Refuse the token from now on, everywhere. Revoking it again changes nothing."""
    async with gateway.database.transaction() as session:
        await service.revoke_token(session, token_id)
    return Response(status_code=204)


def _describe(token: Token) -> TokenAnswer:
    return TokenAnswer(
        id=token.token_id,
        role=token.role,
        subject=token.subject,
        scopes=[Scope(scope) for scope in token.scopes],
        label=token.label,
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )
