"""The caller of a request, from its bearer token; every route says what it needs of them."""

import hmac
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.gateway.access import store
from services.gateway.access.domain import SCOPES_BY_ROLE, Caller, CallerRole, Scope, hash_secret, is_valid
from services.gateway.access.errors import RoleMissing, ScopeMissing, TokenRefused
from services.gateway.context import Context, Gateway

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An operator's, seller's or buyer's token (`POST /v1/tokens`). Everyone sees only their own.",
)
_LONGEST_SECRET = 200


async def identify(
    gateway: Context, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Caller:
    """Return whose token came with the request; raises `TokenRefused`."""
    if credentials is None or len(credentials.credentials) > _LONGEST_SECRET:
        raise TokenRefused
    return await _recognise(gateway, credentials.credentials)


def require(scope: Scope, *roles: CallerRole) -> Any:  # noqa: ANN401 - FastAPI types dependencies so
    """Return a dependency that gives the caller if their token has `scope` and one of `roles` (none: any role).

    It raises `TokenRefused`, `ScopeMissing` or `RoleMissing` before a body is looked at.
    """

    def check(caller: Annotated[Caller, Depends(identify)]) -> Caller:
        if roles and caller.role not in roles:
            raise RoleMissing(tuple(role.value for role in roles))
        if scope not in caller.scopes:
            raise ScopeMissing(scope)
        return caller

    return Depends(check)


async def _recognise(gateway: Gateway, secret: str) -> Caller:
    if hmac.compare_digest(secret.encode("utf-8", "replace"), gateway.operator_token.encode()):
        return Caller(CallerRole.OPERATOR, None, SCOPES_BY_ROLE[CallerRole.OPERATOR])
    async with gateway.database.reading() as session:
        token = await store.find_token(session, hash_secret(secret))
    if token is None or not is_valid(token.expires_at, token.revoked_at, datetime.now(UTC)):
        raise TokenRefused
    return Caller(token.role, token.subject, frozenset(Scope(scope) for scope in token.scopes), token.token_id)
