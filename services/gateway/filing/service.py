"""Use cases of filing: make folders, put threads where their seller wants them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.context import Gateway
from services.gateway.filing import store
from services.gateway.filing.domain import (
    DEEPEST,
    MOST_FOLDERS,
    MOST_LABELS,
    Priority,
    lies_within,
    measure_depth,
    measure_height,
)
from services.gateway.filing.errors import FolderNotEmpty, FolderTaken, TooMuchFiling
from services.gateway.filing.models import Filing, Folder, Label
from services.gateway.filing.schemas import FilingChange, FolderBody, FolderChange
from services.gateway.holding import hold
from services.gateway.live.domain import ChangeType, News
from services.gateway.mailbox.models import Thread
from shared.problems import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a seller keeps a thread."""

    folder_id: UUID | None = None
    priority: Priority = Priority.NORMAL
    archived: bool = False
    labels: tuple[str, ...] = ()


async def make_folder(session: AsyncSession, seller_id: str, body: FolderBody) -> Folder:
    """Make a folder. Raises `FolderTaken`, `TooMuchFiling`, and `Invalid` for a parent that is not there."""
    await hold(session, f"filing {seller_id}")
    folders = await store.list_folders(session, seller_id)
    if len(folders) >= MOST_FOLDERS:
        raise TooMuchFiling(f"{MOST_FOLDERS} folders are all that there can be.")
    parents = {folder.folder_id: folder.parent_id for folder in folders}
    _require_parent(parents, body.parent_id)
    if measure_depth(parents, body.parent_id) >= DEEPEST:
        raise TooMuchFiling(f"Folders go {DEEPEST} levels deep at most.")
    folder = Folder(folder_id=uuid4(), seller_id=seller_id, parent_id=body.parent_id, name=body.name)
    _refuse_taken(folders, folder)
    session.add(folder)
    return folder


async def change_folder(session: AsyncSession, seller_id: str, folder_id: UUID, body: FolderChange) -> Folder:
    """Rename or move a folder. Raises `NotFound`, what `make_folder` does, and `Invalid` for a move into itself."""
    await hold(session, f"filing {seller_id}")
    folders = await store.list_folders(session, seller_id)
    folder = _require_folder(folders, folder_id)
    if "parent_id" in body.model_fields_set:
        parents = {known.folder_id: known.parent_id for known in folders}
        _require_parent(parents, body.parent_id)
        if lies_within(parents, body.parent_id, folder_id):
            raise Invalid.of("parent_id", "lies in the folder itself")
        if measure_depth(parents, body.parent_id) + measure_height(parents, folder_id) > DEEPEST:
            raise TooMuchFiling(f"Folders go {DEEPEST} levels deep at most.")
        folder.parent_id = body.parent_id
    folder.name = body.name or folder.name
    _refuse_taken(folders, folder)
    session.add(folder)
    return folder


async def delete_folder(session: AsyncSession, seller_id: str, folder_id: UUID) -> None:
    """Delete a folder; its threads stay, in no folder. Raises `NotFound` and `FolderNotEmpty`."""
    await hold(session, f"filing {seller_id}")
    folders = await store.list_folders(session, seller_id)
    folder = _require_folder(folders, folder_id)
    if any(known.parent_id == folder_id for known in folders):
        raise FolderNotEmpty
    await store.empty_folder(session, folder_id)
    await session.delete(folder)


async def find_within(session: AsyncSession, seller_id: str, folder_id: UUID) -> tuple[UUID, ...]:
    """Return a folder and all within it. Raises `Invalid` for one that is not there."""
    folders = await store.list_folders(session, seller_id)
    parents = {folder.folder_id: folder.parent_id for folder in folders}
    if folder_id not in parents:
        raise Invalid.of("folder_id", "no folder of yours has this id")
    return tuple(known for known in parents if lies_within(parents, known, folder_id))


async def file_threads(
    session: AsyncSession, gateway: Gateway, seller_id: str, thread_ids: Sequence[UUID], change: FilingChange
) -> list[UUID]:
    """Do to threads what `change` says; return those that their seller sees, which it was done to.

    Raises `Invalid` for a folder that is not there and `TooMuchFiling` for labels; then nothing is changed.
    """
    await hold(session, f"filing {seller_id}")
    if change.folder_id is not None:
        _require_folder(await store.list_folders(session, seller_id), change.folder_id, "folder_id")
    threads = await store.lock_threads(session, seller_id, thread_ids)
    found = [thread.thread_id for thread in threads]
    filings = await store.list_filings(session, found)
    labels = await store.list_labels(session, found)
    if change.deleted:
        await store.hide_messages(session, found)
    now = datetime.now(UTC)
    for thread in threads:
        filing = filings.get(thread.thread_id) or Filing(
            thread_id=thread.thread_id, seller_id=seller_id, priority=Priority.NORMAL
        )
        _apply(thread, filing, change)
        session.add(filing)
        await _change_labels(session, thread, labels[thread.thread_id], change)
        news = News(type=ChangeType.THREAD_FILED, at=now, seller_id=seller_id, thread_id=thread.thread_id)
        gateway.hub.announce(session, news)
    return found


async def list_filed(session: AsyncSession, threads: Sequence[Thread]) -> dict[UUID, Filed]:
    """Return where sellers keep threads, by thread."""
    ids = [thread.thread_id for thread in threads]
    filings, labels = await store.list_filings(session, ids), await store.list_labels(session, ids)
    return {thread.thread_id: _read(thread, filings, labels[thread.thread_id]) for thread in threads}


def _read(thread: Thread, filings: dict[UUID, Filing], labels: Sequence[str]) -> Filed:
    filing = filings.get(thread.thread_id)
    if filing is None:
        return Filed(labels=tuple(labels))
    last = thread.seller_last_at
    archived = last is not None and filing.archived_until is not None and filing.archived_until >= last
    return Filed(filing.folder_id, filing.priority, archived, tuple(labels))


def _apply(thread: Thread, filing: Filing, change: FilingChange) -> None:
    if "folder_id" in change.model_fields_set:
        filing.folder_id = change.folder_id
    if change.priority is not None:
        filing.priority = change.priority
    if change.archived is not None:
        filing.archived_until = thread.seller_last_at if change.archived else None
    if change.read is not None:
        thread.seller_unread = 0 if change.read else max(thread.seller_unread, 1)
    if change.deleted:
        filing.deleted_until, thread.seller_unread = thread.seller_last_at, 0


async def _change_labels(session: AsyncSession, thread: Thread, known: Sequence[str], change: FilingChange) -> None:
    removed = set(change.remove_labels)
    if removed & set(known):
        await store.remove_labels(session, thread.thread_id, sorted(removed))
    kept = [label for label in known if label not in removed]
    new = [label for label in dict.fromkeys(change.add_labels) if label not in kept and label not in removed]
    if len(kept) + len(new) > MOST_LABELS:
        raise TooMuchFiling(
            f"A thread has {MOST_LABELS} labels at most.", errors=[{"field": "add_labels", "message": "are too many"}]
        )
    session.add_all(Label(thread_id=thread.thread_id, label=label, seller_id=thread.seller_id) for label in new)


def _require_parent(parents: dict[UUID, UUID | None], parent_id: UUID | None) -> None:
    if parent_id is not None and parent_id not in parents:
        raise Invalid.of("parent_id", "no folder of yours has this id")


def _require_folder(folders: Sequence[Folder], folder_id: UUID, field: str | None = None) -> Folder:
    found = next((folder for folder in folders if folder.folder_id == folder_id), None)
    if found is None:
        raise (
            Invalid.of(field, "no folder of yours has this id")
            if field
            else NotFound("No folder of yours has this id.")
        )
    return found


def _refuse_taken(folders: Sequence[Folder], folder: Folder) -> None:
    """Refuse two names in one place that differ in nothing but case."""
    for known in folders:
        beside = known.folder_id != folder.folder_id and known.parent_id == folder.parent_id
        if beside and known.name.casefold() == folder.name.casefold():
            raise FolderTaken
