"""Use cases of tokens: make, list, revoke."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access import store
from services.gateway.access.domain import CallerRole, Scope, choose_scopes, hash_secret, make_secret
from services.gateway.access.models import Token
from services.gateway.accounts import store as accounts
from shared.problems import Invalid, NotFound


async def make_token(
    session: AsyncSession,
    *,
    role: CallerRole,
    subject: str | None,
    scopes: frozenset[Scope] | None = None,
    label: str = "",
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token; return it and its secret, which is kept nowhere. Raises `Invalid` naming the field."""
    now = datetime.now(UTC)
    await _check_subject(session, role, subject)
    if expires_at is not None and expires_at <= now:
        raise Invalid.of("expires_at", "lies in the past")
    try:
        chosen = choose_scopes(role, scopes)
    except ValueError as error:
        raise Invalid.of("scopes", str(error)) from None
    secret = make_secret()
    token = Token(
        token_id=uuid4(),
        secret_hash=hash_secret(secret),
        role=role,
        subject=subject,
        scopes=sorted(chosen),
        label=label,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(token)
    return token, secret


async def revoke_token(session: AsyncSession, token_id: UUID) -> None:
    """Refuse a token from now on; again is no error. Raises `NotFound`."""
    token = await store.get_token(session, token_id)
    if token is None:
        raise NotFound("No token has this id.")
    token.revoked_at = token.revoked_at or datetime.now(UTC)


async def _check_subject(session: AsyncSession, role: CallerRole, subject: str | None) -> None:
    if role is CallerRole.OPERATOR:
        if subject is not None:
            raise Invalid.of("subject", "an operator acts for nobody; leave it out")
        return
    if subject is None:
        raise Invalid.of("subject", f"name the {role}")
    find = accounts.get_seller if role is CallerRole.SELLER else accounts.get_buyer
    if await find(session, subject) is None:
        raise Invalid.of("subject", f"no {role} is recorded under this id")
