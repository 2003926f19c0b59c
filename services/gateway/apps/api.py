"""Routes of apps. Operators register them; sellers authorise them for themselves and take that back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.apps import service, store
from services.gateway.apps.errors import AppRevoked
from services.gateway.apps.models import App, Authorisation
from services.gateway.apps.schemas import (
    AppAnswer,
    AppBody,
    AuthorisationAnswer,
    AuthorisationBody,
    CodeAnswer,
    NewAppAnswer,
    NewAuthorisationAnswer,
)
from services.gateway.context import Context
from services.gateway.fields import Identifier
from services.gateway.paging import Cursor, CursorText, Limit, Page, cut_page, read_cursor
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

_APPS, _AUTHORISATIONS = "apps", "authorisations"
router = APIRouter(prefix="/v1/apps", tags=["apps"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Registrar = Annotated[Caller, require(Scope.APPS_WRITE, CallerRole.OPERATOR)]
Reader = Annotated[Caller, require(Scope.APPS_READ, CallerRole.OPERATOR, CallerRole.SELLER)]
Writer = Annotated[Caller, require(Scope.APPS_WRITE, CallerRole.OPERATOR, CallerRole.SELLER)]
_MISSING = document_problems(NotFound)
_UNUSABLE = document_problems(NotFound, AppRevoked)


@router.post("", status_code=201, summary="Register an app")
async def post_app(body: AppBody, _caller: Registrar, gateway: Context) -> NewAppAnswer:
    """Register an app. Its secret is shown in this answer and never again."""
    async with gateway.database.transaction() as session:
        app, secret = await service.register_app(session, body.name)
    return NewAppAnswer(client_secret=secret, **_describe(app).model_dump())


@router.get("", summary="List apps")
async def list_apps(caller: Reader, gateway: Context, cursor: CursorText = None, limit: Limit = 50) -> Page[AppAnswer]:
    """List apps, newest first, revoked ones included: all, or for a seller those that the seller ever authorised."""
    async with gateway.database.reading() as session:
        rows = await store.list_apps(session, caller.seller_id, read_cursor(cursor, _APPS), limit + 1)
    page, following = cut_page(rows, limit, lambda row: Cursor(_APPS, row.created_at, row.client_id))
    return Page(items=[_describe(row) for row in page], next=following)


@router.get("/{client_id}", summary="Read an app", responses=_MISSING)
async def get_app(client_id: Identifier, _caller: Reader, gateway: Context) -> AppAnswer:
    """Read what an app is called, before it is authorised."""
    async with gateway.database.reading() as session:
        return _describe(await service.require_app(session, client_id))


@router.delete("/{client_id}", status_code=204, summary="Revoke an app", responses=_MISSING)
async def delete_app(client_id: Identifier, _caller: Registrar, gateway: Context) -> Response:
    """Refuse the app and all its tokens from now on, for good. Revoking it again changes nothing."""
    async with gateway.database.transaction() as session:
        await service.revoke_app(session, client_id)
    return Response(status_code=204)


@router.post("/{client_id}/authorisations", status_code=201, summary="Authorise an app", responses=_UNUSABLE)
async def post_authorisation(
    client_id: Identifier, body: AuthorisationBody, caller: Writer, gateway: Context
) -> NewAuthorisationAnswer:
    """Let an app act for a seller, within scopes. Its refresh token is shown in this answer and never again.

    It takes the place of what the app had for the seller before, which ends at once.
    """
    _require_own(caller, body.seller_id)
    async with gateway.database.transaction() as session:
        made, secret = await service.authorise(session, client_id, body.seller_id, body.scopes)
    return NewAuthorisationAnswer(refresh_token=secret, **_describe_authorisation(made).model_dump())


@router.get("/{client_id}/authorisations", summary="List an app's authorisations", responses=_MISSING)
async def list_authorisations(
    client_id: Identifier, caller: Reader, gateway: Context, cursor: CursorText = None, limit: Limit = 50
) -> Page[AuthorisationAnswer]:
    """List for whom an app may or might act, newest first, revoked ones included; sellers see their own."""
    async with gateway.database.reading() as session:
        await service.require_app(session, client_id)
        place = read_cursor(cursor, _AUTHORISATIONS)
        rows = await store.list_authorisations(session, client_id, caller.seller_id, place, limit + 1)
    page, following = cut_page(
        rows, limit, lambda row: Cursor(_AUTHORISATIONS, row.created_at, str(row.authorisation_id))
    )
    return Page(items=[_describe_authorisation(row) for row in page], next=following)


@router.delete(
    "/{client_id}/authorisations/{authorisation_id}",
    status_code=204,
    summary="Revoke an authorisation",
    responses=_MISSING,
)
async def delete_authorisation(
    client_id: Identifier, authorisation_id: UUID, caller: Writer, gateway: Context
) -> Response:
    """Refuse an app's tokens for a seller from now on. Revoking again changes nothing."""
    async with gateway.database.transaction() as session:
        await service.revoke_authorisation(session, client_id, authorisation_id, caller.seller_id)
    return Response(status_code=204)


@router.post("/{client_id}/codes", status_code=201, summary="Make an authorisation code", responses=_UNUSABLE)
async def post_code(client_id: Identifier, body: AuthorisationBody, caller: Writer, gateway: Context) -> CodeAnswer:
    """Make a code that the app itself turns into its refresh token, once and within five minutes.

    So nobody but the app ever sees the refresh token. Earlier codes that were not used are void.
    """
    _require_own(caller, body.seller_id)
    async with gateway.database.transaction() as session:
        code, secret = await service.make_code(session, client_id, body.seller_id, body.scopes)
    return CodeAnswer(code=secret, expires_at=code.expires_at)


def _require_own(caller: Caller, seller_id: str) -> None:
    if not (caller.is_operator or caller.seller_id == seller_id):
        raise NotFound("No seller of yours has this id.")


def _describe(app: App) -> AppAnswer:
    return AppAnswer(client_id=app.client_id, name=app.name, created_at=app.created_at, revoked_at=app.revoked_at)


def _describe_authorisation(authorisation: Authorisation) -> AuthorisationAnswer:
    return AuthorisationAnswer(
        id=authorisation.authorisation_id,
        client_id=authorisation.client_id,
        seller_id=authorisation.seller_id,
        scopes=[Scope(scope) for scope in authorisation.scopes],
        created_at=authorisation.created_at,
        revoked_at=authorisation.revoked_at,
    )
