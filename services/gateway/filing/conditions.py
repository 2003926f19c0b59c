"""What filing makes of a listing: conditions on threads and messages."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import col, exists, select

from services.gateway.access.domain import Caller
from services.gateway.filing.domain import Archived, Priority
from services.gateway.filing.models import Filing, HiddenMessage, Label
from services.gateway.mailbox.models import Message, Thread

# Of its own, so that a query over filings can ask too.
_FILING = aliased(Filing)


@dataclass(frozen=True, slots=True)
class FilingFilter:
    """Which of a seller's threads a listing holds; None filters nothing."""

    folder_ids: tuple[UUID, ...] | None = None
    label: str | None = None
    priority: Priority | None = None
    archived: Archived = Archived.LEFT_OUT


def is_deleted() -> ColumnElement[bool]:
    """Return the condition that a thread's seller deleted it and nothing came since."""
    return _filed(col(_FILING.deleted_until) >= col(Thread.seller_last_at))


def is_hidden() -> ColumnElement[bool]:
    """Return the condition that a message's seller deleted it."""
    return exists(select(HiddenMessage.message_id).where(col(HiddenMessage.message_id) == col(Message.message_id)))


def list_conditions(caller: Caller, wanted: FilingFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a seller's listing of threads; for others filing means nothing."""
    if caller.seller_id is None:
        return []
    conditions: list[ColumnElement[bool]] = []
    archived = _filed(col(_FILING.archived_until) >= col(Thread.seller_last_at))
    if wanted.archived is not Archived.TOO:
        conditions.append(archived if wanted.archived is Archived.ONLY else ~archived)
    if wanted.folder_ids is not None:
        conditions.append(_filed(col(_FILING.folder_id).in_(wanted.folder_ids)))
    if wanted.priority is Priority.NORMAL:
        conditions.append(~_filed(col(_FILING.priority) != Priority.NORMAL))
    elif wanted.priority is not None:
        conditions.append(_filed(col(_FILING.priority) == wanted.priority))
    if wanted.label is not None:
        labelled = select(Label.thread_id).where(
            col(Label.seller_id) == caller.seller_id, col(Label.label) == wanted.label
        )
        conditions.append(col(Thread.thread_id).in_(labelled))
    return conditions


def _filed(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(_FILING.thread_id).where(col(_FILING.thread_id) == col(Thread.thread_id), condition))
