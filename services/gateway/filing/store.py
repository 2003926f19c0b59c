"""Every query about filing but the conditions of listings."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, null, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.base import Base
from services.gateway.filing.conditions import is_deleted, is_hidden
from services.gateway.filing.models import Filing, Folder, HiddenMessage, Label
from services.gateway.mailbox.models import Message, Thread
from shared.contracts.vocabulary import Direction
from shared.writing import write_last

_FILINGS = Base.metadata.tables["filings"]
_BRING_BACK = (
    update(_FILINGS)
    .where(
        _FILINGS.c.thread_id == bindparam("brought_back"),
        _FILINGS.c.archived_until.is_not(None) | _FILINGS.c.deleted_until.is_not(None),
    )
    .values(archived_until=null(), deleted_until=null())
)


async def list_folders(session: AsyncSession, seller_id: str) -> Sequence[Folder]:
    """Return a seller's folders by name."""
    query = select(Folder).where(Folder.seller_id == seller_id).order_by(col(Folder.name), col(Folder.folder_id))
    return (await session.exec(query)).all()


async def count_folders(session: AsyncSession, seller_id: str) -> dict[UUID, int]:
    """Return how many threads lie in each of a seller's folders, those deleted not counted."""
    query = (
        select(Filing.folder_id, func.count())
        .join(Thread, col(Thread.thread_id) == col(Filing.thread_id))
        .where(Filing.seller_id == seller_id, col(Filing.folder_id).is_not(None), ~is_deleted())
        .group_by(col(Filing.folder_id))
    )
    return {folder_id: count for folder_id, count in await session.exec(query) if folder_id is not None}


async def count_labels(session: AsyncSession, seller_id: str) -> Sequence[tuple[str, int]]:
    """Return a seller's labels with the number of their threads, those deleted not counted, by name; 1000 at most."""
    query = (
        select(Label.label, func.count())
        .join(Thread, col(Thread.thread_id) == col(Label.thread_id))
        .where(Label.seller_id == seller_id, ~is_deleted())
        .group_by(col(Label.label))
    )
    return (await session.exec(query.order_by(col(Label.label)).limit(1000))).all()


async def empty_folder(session: AsyncSession, folder_id: UUID) -> None:
    """Take all threads out of a folder."""
    statement = update(Filing).where(col(Filing.folder_id) == folder_id).values(folder_id=None)
    await (await session.connection()).execute(statement)


async def list_filings(session: AsyncSession, thread_ids: Sequence[UUID]) -> dict[UUID, Filing]:
    """Return where threads are kept, by thread; those never filed are not there."""
    rows = await session.exec(select(Filing).where(col(Filing.thread_id).in_(thread_ids)))
    return {row.thread_id: row for row in rows}


async def list_labels(session: AsyncSession, thread_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the labels of threads, by thread."""
    query = select(Label).where(col(Label.thread_id).in_(thread_ids)).order_by(col(Label.label))
    labels: dict[UUID, list[str]] = {thread_id: [] for thread_id in thread_ids}
    for row in await session.exec(query):
        labels[row.thread_id].append(row.label)
    return labels


async def lock_threads(session: AsyncSession, seller_id: str, thread_ids: Sequence[UUID]) -> Sequence[Thread]:
    """Return those of the threads that their seller sees, locked in the order of their ids."""
    query = (
        select(Thread)
        .where(
            col(Thread.thread_id).in_(thread_ids),
            Thread.seller_id == seller_id,
            col(Thread.seller_last_at).is_not(None),
            ~is_deleted(),
        )
        .order_by(col(Thread.thread_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.exec(query)).all()


def bring_back(session: AsyncSession, thread_id: UUID) -> None:
    """Take a thread, which the caller has locked, out of archive and deletion, with this transaction's last writes."""
    write_last(session, _BRING_BACK, {"brought_back": thread_id})


async def hide_messages(session: AsyncSession, thread_ids: Sequence[UUID]) -> None:
    """Hide what sellers see of threads now; what comes later is not hidden."""
    seen = (col(Message.direction) == Direction.SELLER_TO_BUYER) | col(Message.shown)
    chosen = select(Message.message_id).where(col(Message.thread_id).in_(thread_ids), seen, ~is_hidden())
    statement = insert(HiddenMessage).from_select(["message_id"], chosen)
    await (await session.connection()).execute(statement)


async def remove_labels(session: AsyncSession, thread_id: UUID, labels: Sequence[str]) -> None:
    """Take labels off a thread."""
    statement = delete(Label).where(col(Label.thread_id) == thread_id, col(Label.label).in_(labels))
    await (await session.connection()).execute(statement)


async def is_message_hidden(session: AsyncSession, message_id: UUID) -> bool:
    """Tell whether a message's seller deleted it."""
    return await session.get(HiddenMessage, message_id) is not None


async def is_thread_deleted(session: AsyncSession, thread_id: UUID) -> bool:
    """Tell whether a thread's seller deleted it, and nothing came since."""
    query = select(Thread.thread_id).where(Thread.thread_id == thread_id, is_deleted())
    return (await session.exec(query)).first() is not None
