"""Every query of the policy service."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, tuple_, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.base import Base
from services.policy.models import DailyUse, OrderRow, PartyAddress, PartyRow, ReviewRequest
from shared.contracts.facts import OrderFacts, SealedContent
from shared.contracts.vocabulary import Role, Verdict
from shared.lookup import Lookup, find_rows
from shared.writing import write_last, write_now

ORDERS: Lookup[str, OrderRow] = Lookup(find_rows(OrderRow))
PARTIES: Lookup[tuple[Role, str], PartyRow] = Lookup(find_rows(PartyRow))
REVIEW_REQUESTS: Lookup[str, ReviewRequest] = Lookup(find_rows(ReviewRequest), absent=True)
_MOST_ORDERS = 200
# Buyer, seller and marketplace.
Pair = tuple[str, str, str]
_MOST_DELIVERED = 30
_ORDERS = Base.metadata.tables["orders"]
_DECISIONS = Base.metadata.tables["decisions"]
_INSERT_DECISION = _DECISIONS.insert()
_NOTE_DELIVERY = (
    update(_DECISIONS).where(_DECISIONS.c.message_id == bindparam("of_message")).values(delivered_at=bindparam("at"))
)


async def get_order(session: AsyncSession, order_id: str) -> OrderRow | None:
    """Return an order, or None if it is not known yet."""
    return await ORDERS.get(session, order_id)


async def get_party(session: AsyncSession, role: Role, party_id: str) -> PartyRow | None:
    """Return a party, or None if it is not known yet."""
    return await PARTIES.get(session, (role, party_id))


async def replace_addresses(session: AsyncSession, role: Role, party_id: str, hashes: Sequence[str]) -> None:
    """Know a party by these keyed hashes of its addresses, and by no others."""
    connection = await session.connection()
    await connection.execute(
        delete(PartyAddress).where(col(PartyAddress.role) == role, col(PartyAddress.party_id) == party_id)
    )
    rows = [{"address_hash": text, "role": role, "party_id": party_id} for text in dict.fromkeys(hashes)]
    if rows:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        await connection.execute(insert(PartyAddress).values(rows).on_conflict_do_nothing())


async def is_seller(session: AsyncSession, buyer_id: str) -> bool:
    """Return whether some seller writes from an address of this buyer."""
    own = select(PartyAddress.address_hash).where(PartyAddress.role == Role.BUYER, PartyAddress.party_id == buyer_id)
    query = (
        select(PartyAddress.party_id)
        .where(PartyAddress.role == Role.SELLER, col(PartyAddress.address_hash).in_(own))
        .limit(1)
    )
    return (await session.exec(query)).first() is not None


async def _find_pair_orders(session: AsyncSession, pairs: Collection[Pair]) -> dict[Pair, list[str]]:
    orders = _ORDERS.c
    pair = (orders.buyer_id, orders.seller_id, orders.marketplace_id)
    place = func.row_number().over(partition_by=pair, order_by=orders.placed_at.desc()).label("place")
    placed = select_columns(*pair, orders.order_id, place).where(tuple_(*pair).in_(pairs)).subquery()
    query = select_columns(placed).where(placed.c.place <= _MOST_ORDERS).order_by(placed.c.place)
    await session.flush()
    found: dict[Pair, list[str]] = {}
    for buyer_id, seller_id, marketplace_id, order_id, _ in (await (await session.connection()).execute(query)).all():
        found.setdefault((buyer_id, seller_id, marketplace_id), []).append(order_id)
    return found


PAIR_ORDERS: Lookup[Pair, list[str]] = Lookup(_find_pair_orders, absent=True)


async def list_pair_orders(session: AsyncSession, buyer_id: str, seller_id: str, marketplace_id: str) -> Sequence[str]:
    """Return the ids of the 200 newest orders of a buyer with a seller in a marketplace."""
    return await PAIR_ORDERS.get(session, (buyer_id, seller_id, marketplace_id)) or []


def add_decision(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Keep a new decision; `row` names every column that is not empty at first."""
    DELIVERED.forget(session, row["thread_id"])
    write_last(session, _INSERT_DECISION, row)


async def _find_delivered(
    session: AsyncSession, thread_ids: Collection[UUID], before: datetime | None = None
) -> dict[UUID, list[SealedContent]]:
    rows = _DECISIONS.c
    verdict = func.coalesce(rows.overridden_to, rows.verdict)
    place = func.row_number().over(partition_by=rows.thread_id, order_by=rows.decided_at.desc()).label("place")
    columns = (rows.thread_id, rows.content, rows.passed)
    chosen = select_columns(*columns, place).where(rows.thread_id.in_(thread_ids), verdict == Verdict.APPROVED.value)
    newest = (chosen if before is None else chosen.where(rows.decided_at < before)).subquery()
    query = select_columns(newest).where(newest.c.place <= _MOST_DELIVERED).order_by(newest.c.place)
    await write_now(session)
    found: dict[UUID, list[SealedContent]] = {}
    for thread_id, content, passed, _ in (await (await session.connection()).execute(query)).all():
        found.setdefault(thread_id, []).append(SealedContent.model_validate(passed or content))
    return found


DELIVERED: Lookup[UUID, list[SealedContent]] = Lookup(_find_delivered, absent=True)


async def list_delivered(
    session: AsyncSession, thread_id: UUID, before: datetime | None = None
) -> Sequence[SealedContent]:
    """Return what the 30 newest messages said that the gate or an operator let pass in a thread, newest first.

    `before` leaves out those decided then or later.
    """
    if before is not None:
        return (await _find_delivered(session, [thread_id], before)).get(thread_id, [])
    return await DELIVERED.get(session, thread_id) or []


def forget_orders(session: AsyncSession, changed: OrderFacts) -> None:
    """Ask anew for the orders of the pair whose order changes."""
    PAIR_ORDERS.forget(session, (changed.buyer_id, changed.seller_id, changed.marketplace.marketplace_id))


def note_delivery(session: AsyncSession, message_id: UUID, at: datetime) -> None:
    """Note with the commit that a message reached its reader: from then on nothing can call it back."""
    write_last(session, _NOTE_DELIVERY, {"of_message": message_id, "at": at})


async def insert_review_request(session: AsyncSession, order_id: str, message_id: UUID, at: datetime) -> None:
    """Note the one review request of an order; a second one, which only an operator lets pass, changes nothing."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"order_id": order_id, "message_id": message_id, "asked_at": at}
    REVIEW_REQUESTS.forget(session, order_id)
    await connection.execute(insert(ReviewRequest).values(row).on_conflict_do_nothing())


async def was_review_asked(session: AsyncSession, order_id: str) -> bool:
    """Return whether a review was requested for the order."""
    return await REVIEW_REQUESTS.get(session, order_id) is not None


async def count_orders(session: AsyncSession, seller_id: str, marketplace_id: str, since: datetime) -> int:
    """Return how many orders a seller got in a marketplace since a moment."""
    query = (
        select(func.count())
        .select_from(OrderRow)
        .where(
            OrderRow.seller_id == seller_id,
            OrderRow.marketplace_id == marketplace_id,
            col(OrderRow.placed_at) >= since,
        )
    )
    return (await session.exec(query)).one()


async def get_used(session: AsyncSession, seller_id: str, marketplace_id: str, day: date) -> int:
    """Return how many messages a seller has sent in a marketplace on a day."""
    use = await session.get(DailyUse, (seller_id, marketplace_id, day))
    return use.used if use else 0


async def lock_use(session: AsyncSession, seller_id: str, marketplace_id: str, day: date) -> int:
    """Return the day's count, held against change by others until this transaction ends."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = {"seller_id": seller_id, "marketplace_id": marketplace_id, "day": day}
    # An update that changes nothing takes the row's lock, whether the row was there or not.
    statement = (
        insert(DailyUse)
        .values(**key, used=0)
        .on_conflict_do_update(index_elements=list(key), set_={"used": col(DailyUse.used)})
        .returning(col(DailyUse.used))
    )
    return int((await connection.execute(statement)).scalar_one())


async def count_use(session: AsyncSession, seller_id: str, marketplace_id: str, day: date) -> None:
    """Add one to the day's count."""
    connection = await session.connection()
    await connection.execute(
        update(DailyUse)
        .where(
            col(DailyUse.seller_id) == seller_id,
            col(DailyUse.marketplace_id) == marketplace_id,
            col(DailyUse.day) == day,
        )
        .values(used=DailyUse.used + 1)
    )
