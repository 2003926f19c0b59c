"""Every query about tokens."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.models import Token
from services.gateway.paging import Cursor


async def find_token(session: AsyncSession, secret_hash: str) -> Token | None:
    """Return the token of a secret, valid or not, or None."""
    return (await session.exec(select(Token).where(Token.secret_hash == secret_hash))).first()


async def get_token(session: AsyncSession, token_id: UUID) -> Token | None:
    """Return a token, or None."""
    return await session.get(Token, token_id)


async def list_tokens(session: AsyncSession, cursor: Cursor | None, limit: int) -> Sequence[Token]:
    """Return `limit` tokens from the cursor on, newest first."""
    place = (col(Token.created_at), col(Token.token_id))
    query = select(Token).order_by(*(column.desc() for column in place)).limit(limit)
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(cursor.at, cursor.uuid))
    return (await session.exec(query)).all()
