"""Every query on aliases, parties and the intake."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, RowMapping, Select, and_, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.models import Alias, Base, Party, Sender
from shared.contracts.vocabulary import Role
from shared.lookup import KEYS, Lookup, pad

_ALIASES = Base.metadata.tables["aliases"]
_INTAKE = Base.metadata.tables["intake"]
_PARTIES = Base.metadata.tables["parties"]
_SENDERS = Base.metadata.tables["senders"]


class Kept(StrEnum):
    """What is kept of a mail that came in."""

    RAW = "raw"
    PARTS = "parts"


async def get_party(session: AsyncSession, role: Role, party_id: str) -> Party | None:
    """Return a party, or None if it is not known yet."""
    return await session.get(Party, (role, party_id))


async def _find_known(session: AsyncSession, addresses: Collection[str]) -> dict[str, bool]:
    query = select(_ALIASES.c.address).where(_ALIASES.c.address.in_(addresses))
    return dict.fromkeys((await (await session.connection()).execute(query)).scalars(), True)


KNOWN_ALIASES: Lookup[str, bool] = Lookup(_find_known)


async def delete_senders(session: AsyncSession, role: Role, party_id: str) -> None:
    """Forget the addresses that may write in a party's name."""
    connection = await session.connection()
    await connection.execute(delete(Sender).where(col(Sender.role) == role, col(Sender.party_id) == party_id))


async def retire_aliases(session: AsyncSession, addresses: Sequence[str], retired_at: datetime) -> None:
    """Mark aliases as retired, those that are not yet."""
    connection = await session.connection()
    await connection.execute(
        update(Alias)
        .where(col(Alias.address).in_(list(addresses)), col(Alias.retired_at).is_(None))
        .values(retired_at=retired_at)
    )


def _select_paired_aliases() -> Select[Any]:
    own, other = _ALIASES.alias("own"), _ALIASES.alias("other")
    writer_id = case((own.c.role == Role.BUYER, own.c.seller_id), else_=own.c.buyer_id)
    return (
        select(own, other.c.address.label("writer_alias"), _PARTIES.c.address_box.label("writer_box"))
        .join(other, and_(other.c.thread_id == own.c.thread_id, other.c.role != own.c.role))
        .outerjoin(_PARTIES, and_(_PARTIES.c.role == other.c.role, _PARTIES.c.party_id == writer_id))
        .where(own.c.address.in_(KEYS))
    )


# What every mail asks for is put together once.
_PAIRED_ALIASES = _select_paired_aliases()
_HASHES: BindParameter[Any] = bindparam("hashes", expanding=True)
_SENDERS_OF = select(_SENDERS.c.role, _SENDERS.c.party_id, _SENDERS.c.address_hash).where(
    or_(_SENDERS.c.address_hash.in_(_HASHES), _SENDERS.c.party_id.in_(KEYS))
)


async def find_aliases(session: AsyncSession, addresses: Sequence[str]) -> Sequence[RowMapping]:
    """Return aliases with the other one of their pair, and the writer's sealed address if the writer is known."""
    rows: Sequence[RowMapping] = (
        (await (await session.connection()).execute(_PAIRED_ALIASES, {"keys": pad(addresses)})).mappings().all()
    )
    return rows


async def list_senders(
    session: AsyncSession, hashes: Sequence[str], party_ids: Sequence[str]
) -> Mapping[tuple[Role, str], set[str]]:
    """Return by party the addresses that may write in its name: all of these parties, and these addresses anywhere."""
    asked = {"hashes": pad(hashes), "keys": pad(party_ids)}
    found: dict[tuple[Role, str], set[str]] = {}
    for role, party_id, address_hash in (await (await session.connection()).execute(_SENDERS_OF, asked)).all():
        found.setdefault((Role(role), party_id), set()).add(address_hash)
    return found


async def insert_intake(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Insert intake rows, passing over repeats of a fingerprint; return the ids of those that were new."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(_INTAKE).on_conflict_do_nothing().returning(_INTAKE.c.mail_id)
    return set((await connection.execute(statement, list(rows))).scalars())


async def list_old_intake(
    session: AsyncSession, kept: Kept, before: datetime, limit: int
) -> list[tuple[UUID, list[str]]]:
    """Return mails from before then of which there is still something, with the names of its blobs, if it has any."""
    raw = or_(_INTAKE.c.raw_blob.is_not(None), _INTAKE.c.raw_box.is_not(None))
    there = raw if kept is Kept.RAW else _INTAKE.c.parts_kept.is_(True)
    query = (
        select(_INTAKE.c.mail_id, _INTAKE.c.raw_blob, _INTAKE.c.part_blobs)
        .where(_INTAKE.c.received_at < before, there)
        .order_by(_INTAKE.c.received_at)
        .limit(limit)
    )
    rows = (await (await session.connection()).execute(query)).all()
    if kept is Kept.PARTS:
        return [(mail_id, list(parts)) for mail_id, _, parts in rows]
    return [(mail_id, [blob] if blob else []) for mail_id, blob, _ in rows]


async def forget_blobs(session: AsyncSession, kept: Kept, mail_ids: Sequence[UUID]) -> None:
    """Note that nothing of that kind is there any more."""
    raw: dict[str, Any] = {"raw_box": None, "raw_blob": None}
    gone = raw if kept is Kept.RAW else {"part_blobs": [], "parts_kept": False}
    connection = await session.connection()
    await connection.execute(update(_INTAKE).where(_INTAKE.c.mail_id.in_(list(mail_ids))).values(gone))
