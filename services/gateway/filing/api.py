"""Routes of filing: sellers, their staff and their apps keep threads in order (R-INBOX-2)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.gateway.access.caller import require
from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.context import Context
from services.gateway.filing import service, store
from services.gateway.filing.errors import FolderNotEmpty, FolderTaken, TooMuchFiling
from services.gateway.filing.models import Folder
from services.gateway.filing.schemas import (
    BulkAnswer,
    BulkChange,
    FilingChange,
    FolderAnswer,
    FolderBody,
    FolderChange,
    LabelAnswer,
)
from services.gateway.paging import Page
from shared.problems import Forbidden, Invalid, NotFound, Unauthenticated, document_problems

router = APIRouter(prefix="/v1", tags=["filing"], responses=document_problems(Unauthenticated, Forbidden, Invalid))
Reader = Annotated[Caller, require(Scope.MESSAGES_READ, CallerRole.SELLER)]
Filer = Annotated[Caller, require(Scope.MESSAGES_WRITE, CallerRole.SELLER)]
_MISSING = document_problems(NotFound)


@router.get("/folders", summary="List folders")
async def list_folders(caller: Reader, gateway: Context) -> Page[FolderAnswer]:
    """List one's folders by name, all on one page."""
    async with gateway.database.reading() as session:
        folders = await store.list_folders(session, _seller(caller))
        counts = await store.count_folders(session, _seller(caller))
    return Page(items=[_describe(folder, counts.get(folder.folder_id, 0)) for folder in folders], next=None)


@router.post(
    "/folders", status_code=201, summary="Make a folder", responses=document_problems(FolderTaken, TooMuchFiling)
)
async def post_folder(body: FolderBody, caller: Filer, gateway: Context) -> FolderAnswer:
    """Make a folder, at the top or in another one; 200 in all, 5 levels deep."""
    async with gateway.database.transaction() as session:
        return _describe(await service.make_folder(session, _seller(caller), body), 0)


@router.patch(
    "/folders/{folder_id}",
    summary="Rename or move a folder",
    responses=document_problems(NotFound, FolderTaken, TooMuchFiling),
)
async def patch_folder(folder_id: UUID, body: FolderChange, caller: Filer, gateway: Context) -> FolderAnswer:
    """Rename a folder, or move it with all that is in it."""
    async with gateway.database.transaction() as session:
        folder = await service.change_folder(session, _seller(caller), folder_id, body)
        counts = await store.count_folders(session, _seller(caller))
    return _describe(folder, counts.get(folder_id, 0))


@router.delete(
    "/folders/{folder_id}",
    status_code=204,
    summary="Delete a folder",
    responses=document_problems(NotFound, FolderNotEmpty),
)
async def delete_folder(folder_id: UUID, caller: Filer, gateway: Context) -> None:
    """Delete a folder without sub-folders. Its threads stay, in no folder."""
    async with gateway.database.transaction() as session:
        await service.delete_folder(session, _seller(caller), folder_id)


@router.get("/labels", summary="List labels")
async def list_labels(caller: Reader, gateway: Context) -> Page[LabelAnswer]:
    """List the labels in use by name, all on one page."""
    async with gateway.database.reading() as session:
        found = await store.count_labels(session, _seller(caller))
    return Page(items=[LabelAnswer(label=label, threads=count) for label, count in found], next=None)


@router.post("/threads:file", summary="File threads", responses=document_problems(TooMuchFiling))
async def post_file(body: BulkChange, caller: Filer, gateway: Context) -> BulkAnswer:
    """Mark read or unread, archive, delete, move, label or rank up to 200 threads at once.

    An archived or deleted thread comes back with its next message; what was deleted before that stays deleted, from
    the seller's own view only. Threads that are not the caller's are named, and the others are filed.
    """
    wanted = list(dict.fromkeys(body.threads))
    async with gateway.database.transaction() as session:
        changed = await service.file_threads(session, gateway, _seller(caller), wanted, body)
    return BulkAnswer(changed=changed, missing=[thread_id for thread_id in wanted if thread_id not in set(changed)])


@router.patch("/threads/{thread_id}", summary="File a thread", responses=document_problems(NotFound, TooMuchFiling))
async def patch_thread(thread_id: UUID, body: FilingChange, caller: Filer, gateway: Context) -> BulkAnswer:
    """Do the same to one thread."""
    async with gateway.database.transaction() as session:
        changed = await service.file_threads(session, gateway, _seller(caller), [thread_id], body)
    if not changed:
        raise NotFound("No thread of yours has this id.")
    return BulkAnswer(changed=changed, missing=[])


def _seller(caller: Caller) -> str:
    assert caller.seller_id is not None  # noqa: S101 - the route asks for that role
    return caller.seller_id


def _describe(folder: Folder, threads: int) -> FolderAnswer:
    return FolderAnswer(id=folder.folder_id, name=folder.name, parent_id=folder.parent_id, threads=threads)
