"""Use cases of the token endpoint: what an app shows becomes an access token, or it reads why not (RFC 6749)."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.domain import hash_secret, is_valid
from services.gateway.apps import service, store
from services.gateway.apps.domain import (
    ACCESS_LIFETIME,
    OWN_SCOPES,
    Credential,
    GrantType,
    is_secret_of,
    make_credential,
    narrow_scopes,
)
from services.gateway.apps.errors import Denied, TokenError
from services.gateway.apps.models import AccessToken
from services.gateway.apps.schemas import GrantAnswer, TokenRequest
from shared.db import Database

# Clients keep a token for the better part of its hour; one that asks each time must not fill the table.
MOST_TOKENS = 500


async def answer(database: Database, request: TokenRequest) -> GrantAnswer:
    """Return an access token for what a request shows; raises `Denied`."""
    grant_type = _read_grant_type(request.grant_type)
    async with database.reading() as session:
        client_id = await _authenticate(session, request)
    async with database.transaction() as session:
        granted = await _exchange(session, grant_type, client_id, request)
    # Only now, as a code that is shown twice has ended what it was turned into.
    if granted is None:
        raise Denied(TokenError.INVALID_GRANT, "The code is unknown, used or expired.")
    return granted


def _read_grant_type(sent: str | None) -> GrantType:
    try:
        return GrantType(_require("grant_type", sent))
    except ValueError:
        known = ", ".join(GrantType)
        raise Denied(TokenError.UNSUPPORTED_GRANT_TYPE, f"grant_type is none of {known}.") from None


def _require(name: str, sent: str | None) -> str:
    # An empty value counts as none (RFC 6749, 3.2).
    if not sent:
        raise Denied(TokenError.INVALID_REQUEST, f"{name} is missing.")
    return sent


async def _authenticate(session: AsyncSession, request: TokenRequest) -> str:
    client_id = _require("client_id", request.client_id)
    secret = _require("client_secret", request.client_secret)
    # PostgreSQL refuses NUL in what it compares.
    app = await store.get_app(session, client_id) if client_id.isprintable() else None
    if not is_secret_of(secret, app.secret_hash if app else None) or app is None or app.revoked_at is not None:
        raise Denied(TokenError.INVALID_CLIENT, "Client authentication failed.")
    return app.client_id


async def _exchange(
    session: AsyncSession, grant_type: GrantType, client_id: str, request: TokenRequest
) -> GrantAnswer | None:
    now = datetime.now(UTC)
    match grant_type:
        case GrantType.REFRESH_TOKEN:
            return await _refresh(session, client_id, request, now)
        case GrantType.CLIENT_CREDENTIALS:
            scopes = _narrow(OWN_SCOPES, _require("scope", request.scope))
            return GrantAnswer(access_token=await _issue(session, client_id, None, scopes, now))
        case GrantType.AUTHORIZATION_CODE:
            return await _redeem(session, client_id, request, now)


async def _refresh(session: AsyncSession, client_id: str, request: TokenRequest, now: datetime) -> GrantAnswer:
    secret = _require("refresh_token", request.refresh_token)
    found = await store.find_refreshed(session, hash_secret(secret))
    if found is None or found.client_id != client_id or found.revoked_at is not None:
        raise Denied(TokenError.INVALID_GRANT, "The refresh token is unknown, revoked or another app's.")
    scopes = _narrow(found.scopes, request.scope)
    token = await _issue(session, client_id, found.authorisation_id, scopes, now)
    return GrantAnswer(access_token=token, refresh_token=secret)


async def _redeem(session: AsyncSession, client_id: str, request: TokenRequest, now: datetime) -> GrantAnswer | None:
    """Turn a code into an authorisation; return None where it is not good.

    One that comes a second time may be stolen, so that what it was turned into ends (RFC 6749, 4.1.2).
    """
    code_hash = hash_secret(_require("code", request.code))
    code = await store.get_code(session, code_hash)
    if code is None or code.client_id != client_id:
        return None
    await service.hold_pair(session, client_id, code.seller_id)
    code = await store.read_anew(session, code)
    if code is None:
        return None
    if code.authorisation_id is not None:
        await service.end(session, code.authorisation_id, now)
        return None
    if not is_valid(code.expires_at, None, now):
        return None
    scopes = _narrow(code.scopes, request.scope)
    authorisation, refresh_token = await service.turn_into_authorisation(session, code, now)
    token = await _issue(session, client_id, authorisation.authorisation_id, scopes, now)
    return GrantAnswer(access_token=token, refresh_token=refresh_token)


async def _issue(
    session: AsyncSession, client_id: str, authorisation_id: UUID | None, scopes: frozenset[str], now: datetime
) -> str:
    await store.drop_oldest(session, client_id, authorisation_id, MOST_TOKENS - 1)
    secret = make_credential(Credential.ACCESS_TOKEN)
    session.add(
        AccessToken(
            token_hash=hash_secret(secret),
            client_id=client_id,
            authorisation_id=authorisation_id,
            scopes=sorted(scopes),
            issued_at=now,
            expires_at=now + ACCESS_LIFETIME,
        )
    )
    return secret


def _narrow(granted: Collection[str], wanted: str | None) -> frozenset[str]:
    try:
        return narrow_scopes(granted, wanted)
    except ValueError:
        raise Denied(TokenError.INVALID_SCOPE, "scope asks for more than there is to give.") from None
