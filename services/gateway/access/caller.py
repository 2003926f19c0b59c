"""The caller of a request, from its bearer token; every route says what it needs of them."""

import hmac
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.gateway.access import store
from services.gateway.access.domain import SCOPES_BY_ROLE, Caller, CallerRole, Scope, hash_secret, is_valid
from services.gateway.access.errors import RoleMissing, ScopeMissing, TokenRefused
from services.gateway.apps.domain import Credential
from services.gateway.apps.service import recognise
from services.gateway.context import Context, Gateway

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description=(
        "An operator's, seller's or buyer's token (`POST /v1/tokens`), or an app's access token "
        "(`POST /auth/o2/token`), which may also come as `x-amz-access-token`. Everyone sees only their own."
    ),
)
_LONGEST_SECRET = 200


async def read_secret(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    x_amz_access_token: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> str:
    """Return the token that came with the request, of two the bearer token; raises `TokenRefused` if there is none.

    Clients of the Selling Partner API that still sign send an `Authorization` of another kind besides their token.
    """
    secret = credentials.credentials if credentials else x_amz_access_token
    if not secret or len(secret) > _LONGEST_SECRET:
        raise TokenRefused
    return secret


Secret = Annotated[str, Depends(read_secret)]


async def identify(gateway: Context, secret: Secret) -> Caller:
    """Return whose token came with the request; raises `TokenRefused`. For what lasts, ask again as it goes on."""
    return await _recognise(gateway, secret)


def require(scope: Scope, *roles: CallerRole) -> Any:  # noqa: ANN401 - FastAPI types dependencies so
    """Return a dependency that gives the caller if their token has `scope` and one of `roles` (none: any role).

    It raises `TokenRefused`, `ScopeMissing` or `RoleMissing` before a body is looked at.
    """

    async def check(caller: Annotated[Caller, Depends(identify)]) -> Caller:
        if roles and caller.role not in roles:
            raise RoleMissing(tuple(role.value for role in roles))
        if scope not in caller.scopes:
            raise ScopeMissing(scope)
        return caller

    return Depends(check)


async def _recognise(gateway: Gateway, secret: str) -> Caller:
    if hmac.compare_digest(secret.encode("utf-8", "replace"), gateway.operator_token.encode()):
        return Caller(CallerRole.OPERATOR, None, SCOPES_BY_ROLE[CallerRole.OPERATOR])
    now = datetime.now(UTC)
    async with gateway.database.reading() as session:
        if secret.startswith(Credential.ACCESS_TOKEN):
            if (caller := await recognise(session, secret, now)) is None:
                raise TokenRefused
            return caller
        token = await store.find_token(session, hash_secret(secret))
    if token is None or not is_valid(token.expires_at, token.revoked_at, now):
        raise TokenRefused
    return Caller(token.role, token.subject, frozenset(Scope(scope) for scope in token.scopes), token.token_id)
