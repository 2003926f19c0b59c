"""Every query about apps."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, tuple_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.apps.models import AccessToken, App, Authorisation, Code
from services.gateway.paging import Cursor


async def get_app(session: AsyncSession, client_id: str) -> App | None:
    """Return an app, or None."""
    return await session.get(App, client_id)


async def list_apps(session: AsyncSession, seller_id: str | None, cursor: Cursor | None, limit: int) -> Sequence[App]:
    """Return `limit` apps from the cursor on, newest first: all, or those that a seller ever authorised."""
    place = (col(App.created_at), col(App.client_id))
    query = select(App).order_by(*(column.desc() for column in place)).limit(limit)
    if seller_id is not None:
        query = query.where(
            col(App.client_id).in_(select(Authorisation.client_id).where(Authorisation.seller_id == seller_id))
        )
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(cursor.at, cursor.id))
    return (await session.exec(query)).all()


async def list_authorisations(
    session: AsyncSession, client_id: str, seller_id: str | None, cursor: Cursor | None, limit: int
) -> Sequence[Authorisation]:
    """Return `limit` authorisations of an app from the cursor on, newest first: all, or a seller's."""
    place = (col(Authorisation.created_at), col(Authorisation.authorisation_id))
    query = select(Authorisation).where(Authorisation.client_id == client_id)
    if seller_id is not None:
        query = query.where(Authorisation.seller_id == seller_id)
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(cursor.at, cursor.uuid))
    return (await session.exec(query.order_by(*(column.desc() for column in place)).limit(limit))).all()


async def get_authorisation(session: AsyncSession, authorisation_id: UUID) -> Authorisation | None:
    """Return an authorisation, or None."""
    return await session.get(Authorisation, authorisation_id)


async def find_refreshed(session: AsyncSession, refresh_hash: str) -> Authorisation | None:
    """Return the authorisation of a refresh token, revoked or not, or None."""
    return (await session.exec(select(Authorisation).where(Authorisation.refresh_hash == refresh_hash))).first()


async def revoke_pair(session: AsyncSession, client_id: str, seller_id: str, now: datetime) -> None:
    """Revoke what lets an app act for a seller, and forget the codes that nobody used."""
    await session.exec(
        update(Authorisation)
        .where(
            col(Authorisation.client_id) == client_id,
            col(Authorisation.seller_id) == seller_id,
            col(Authorisation.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )
    await forget_unused_codes(session, client_id, seller_id)


async def forget_unused_codes(session: AsyncSession, client_id: str, seller_id: str) -> None:
    """Forget the codes of a pair that nobody used."""
    await session.exec(
        delete(Code).where(
            col(Code.client_id) == client_id, col(Code.seller_id) == seller_id, col(Code.authorisation_id).is_(None)
        )
    )


async def get_code(session: AsyncSession, code_hash: str) -> Code | None:
    """Return a code, used or not, or None."""
    return await session.get(Code, code_hash)


async def read_anew(session: AsyncSession, code: Code) -> Code | None:
    """Return a code as it is now, or None if it is gone."""
    return await session.get(Code, code.code_hash, populate_existing=True)


async def find_access(session: AsyncSession, token_hash: str) -> tuple[AccessToken, App, Authorisation | None] | None:
    """Return an access token with what it stands on, whether still good or not, or None."""
    query = (
        select(AccessToken, App, Authorisation)
        .join(App, col(App.client_id) == col(AccessToken.client_id))
        .join(
            Authorisation,
            col(Authorisation.authorisation_id) == col(AccessToken.authorisation_id),
            isouter=True,
        )
        .where(AccessToken.token_hash == token_hash)
    )
    row = (await session.exec(query)).first()
    return None if row is None else (row[0], row[1], row[2])


async def drop_oldest(session: AsyncSession, client_id: str, authorisation_id: UUID | None, kept: int) -> None:
    """Forget the access tokens of one grant but for the newest `kept`."""
    mine = (
        select(AccessToken.token_hash)
        .where(AccessToken.client_id == client_id, AccessToken.authorisation_id == authorisation_id)
        .order_by(col(AccessToken.issued_at).desc())
        .offset(kept)
        .limit(kept)
    )
    await session.exec(delete(AccessToken).where(col(AccessToken.token_hash).in_(mine)))


async def purge_expired(session: AsyncSession, now: datetime, codes_before: datetime) -> None:
    """Forget access tokens that have expired, and codes that did before `codes_before`."""
    await session.exec(delete(AccessToken).where(col(AccessToken.expires_at) <= now))
    await session.exec(delete(Code).where(col(Code.expires_at) < codes_before))
