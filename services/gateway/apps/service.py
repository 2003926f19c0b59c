"""Use cases of apps: register, authorise for a seller, take both back, and know an app by its access token."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.domain import Caller, CallerRole, Scope, hash_secret, is_valid
from services.gateway.accounts.store import get_seller
from services.gateway.apps import store
from services.gateway.apps.domain import CODE_LIFETIME, Credential, choose_app_scopes, make_credential
from services.gateway.apps.errors import ActsForNobody, AppRevoked
from services.gateway.apps.models import App, Authorisation, Code
from services.gateway.holding import hold
from shared.db import Database
from shared.problems import Invalid, NotFound

# Longer than they are good, so that a second use of a stolen one is still recognised.
_USED_CODES_KEPT = timedelta(days=1)


async def register_app(session: AsyncSession, name: str) -> tuple[App, str]:
    """Register an app; return it and its secret, which is kept nowhere."""
    secret = make_credential(Credential.CLIENT_SECRET)
    app = App(
        client_id=f"app-{uuid4().hex}",
        name=name,
        secret_hash=hash_secret(secret),
        created_at=datetime.now(UTC),
    )
    session.add(app)
    return app, secret


async def require_app(session: AsyncSession, client_id: str) -> App:
    """Return an app, revoked or not; raises `NotFound`."""
    app = await store.get_app(session, client_id)
    if app is None:
        raise NotFound("No app has this client id.")
    return app


async def revoke_app(session: AsyncSession, client_id: str) -> None:
    """Refuse an app and all its tokens from now on; again is no error. Raises `NotFound`."""
    app = await require_app(session, client_id)
    app.revoked_at = app.revoked_at or datetime.now(UTC)


async def authorise(
    session: AsyncSession, client_id: str, seller_id: str, scopes: frozenset[Scope]
) -> tuple[Authorisation, str]:
    """Let an app act for a seller; return that and its refresh token, which is kept nowhere.

    What the app had for the seller before ends, tokens included. Raises `NotFound`, `AppRevoked`, `Invalid`.
    """
    chosen = await _check(session, client_id, seller_id, scopes)
    await hold_pair(session, client_id, seller_id)
    return await _grant(session, uuid4(), (client_id, seller_id), chosen, datetime.now(UTC))


async def turn_into_authorisation(session: AsyncSession, code: Code, now: datetime) -> tuple[Authorisation, str]:
    """Use a code up; return what it became and the refresh token. The caller holds the pair."""
    # Set before the codes that nobody used are forgotten.
    code.authorisation_id = uuid4()
    return await _grant(session, code.authorisation_id, (code.client_id, code.seller_id), code.scopes, now)


async def hold_pair(session: AsyncSession, client_id: str, seller_id: str) -> None:
    """Let nobody else change what lies between an app and a seller until this transaction ends."""
    await hold(session, f"app {client_id} {seller_id}")


async def make_code(
    session: AsyncSession, client_id: str, seller_id: str, scopes: frozenset[Scope]
) -> tuple[Code, str]:
    """Make a code that the app turns into an authorisation, once and within minutes; earlier unused ones are void.

    Raises `NotFound`, `AppRevoked`, `Invalid`.
    """
    chosen = await _check(session, client_id, seller_id, scopes)
    await hold_pair(session, client_id, seller_id)
    await store.forget_unused_codes(session, client_id, seller_id)
    secret = make_credential(Credential.CODE)
    code = Code(
        code_hash=hash_secret(secret),
        client_id=client_id,
        seller_id=seller_id,
        scopes=chosen,
        expires_at=datetime.now(UTC) + CODE_LIFETIME,
    )
    session.add(code)
    return code, secret


async def revoke_authorisation(
    session: AsyncSession, client_id: str, authorisation_id: UUID, seller_id: str | None
) -> None:
    """Refuse an authorisation's tokens, and codes not used yet, from now on; again is no error.

    Raises `NotFound`, also for one of another seller than `seller_id` where that is given.
    """
    found = await store.get_authorisation(session, authorisation_id)
    if found is None or found.client_id != client_id or seller_id not in (None, found.seller_id):
        raise NotFound("No authorisation of yours has this id.")
    await hold_pair(session, client_id, found.seller_id)
    await store.forget_unused_codes(session, client_id, found.seller_id)
    await end(session, authorisation_id, datetime.now(UTC))


async def end(session: AsyncSession, authorisation_id: UUID, now: datetime) -> None:
    """Refuse an authorisation's tokens from now on."""
    authorisation = await store.get_authorisation(session, authorisation_id)
    if authorisation is not None:
        authorisation.revoked_at = authorisation.revoked_at or now


async def recognise(session: AsyncSession, secret: str, now: datetime) -> Caller | None:
    """Return the seller whose app shows a valid access token, with what the app may do; None for any other token.

    Raises `ActsForNobody` for a token of the app's own name.
    """
    found = await store.find_access(session, hash_secret(secret))
    if found is None:
        return None
    token, app, authorisation = found
    if not is_valid(token.expires_at, app.revoked_at, now):
        return None
    if token.authorisation_id is None:
        raise ActsForNobody
    if authorisation is None or authorisation.revoked_at is not None:
        return None
    scopes = frozenset(Scope(scope) for scope in token.scopes)
    return Caller(CallerRole.SELLER, authorisation.seller_id, scopes, authorisation.authorisation_id, app=app.client_id)


async def forget_expired(database: Database) -> None:
    """Forget access tokens and codes that have expired."""
    now = datetime.now(UTC)
    async with database.transaction() as session:
        await store.purge_expired(session, now, now - _USED_CODES_KEPT)


async def _grant(
    session: AsyncSession, authorisation_id: UUID, pair: tuple[str, str], scopes: list[str], now: datetime
) -> tuple[Authorisation, str]:
    """Make the one authorisation of an app for a seller, in place of any earlier one."""
    await store.revoke_pair(session, *pair, now)
    secret = make_credential(Credential.REFRESH_TOKEN)
    authorisation = Authorisation(
        authorisation_id=authorisation_id,
        client_id=pair[0],
        seller_id=pair[1],
        scopes=scopes,
        refresh_hash=hash_secret(secret),
        created_at=now,
    )
    session.add(authorisation)
    return authorisation, secret


async def _check(session: AsyncSession, client_id: str, seller_id: str, scopes: frozenset[Scope]) -> list[str]:
    app = await require_app(session, client_id)
    if app.revoked_at is not None:
        raise AppRevoked
    if await get_seller(session, seller_id) is None:
        raise Invalid.of("seller_id", "no seller is recorded under this id")
    try:
        return sorted(choose_app_scopes(scopes))
    except ValueError as error:
        raise Invalid.of("scopes", str(error)) from None
