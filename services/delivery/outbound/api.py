"""Routes of the queue, and the preview of a mail. For our own services and operators' tools."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.delivery.errors import ContentUnavailable, MailSettled, NoSuchMail
from services.delivery.models import QueuedMail, QueueState
from services.delivery.outbound import store
from services.delivery.outbound.composition import Composer
from services.delivery.outbound.schemas import QueueAnswer, QueuedMailAnswer
from services.delivery.outbound.service import Queue
from shared.blobs import BlobNotFound
from shared.contracts.questions import RenderAnswer, RenderQuestion
from shared.contracts.vocabulary import MessageFacts
from shared.crypto import SealError
from shared.db import Database
from shared.problems import BadRequest, document_problems

_UNSETTLED = (QueueState.WAITING, QueueState.HELD)
States = Annotated[list[QueueState] | None, Query(description="waiting and held, if none is given")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(max_length=100, description="`next` of the page before")]


def create_router(database: Database, queue: Queue, composer: Composer) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal")

    @router.post("/render", tags=["preview"], responses=document_problems(ContentUnavailable))
    async def render(question: RenderQuestion) -> RenderAnswer:
        """Give the exact mail that a message would become (R-CONTACT-5)."""
        try:
            return RenderAnswer(mail=await composer.render(question))
        except (SealError, BlobNotFound):
            raise ContentUnavailable("The content cannot be opened.") from None

    @router.get("/queue", tags=["queue"])
    async def list_queue(state: States = None, limit: Limit = 50, after: After = None) -> QueueAnswer:
        """List mails in order of queueing."""
        async with database.reading() as session:
            mails = await store.list_mails(session, state or _UNSETTLED, limit, _read_cursor(after))
        return QueueAnswer(
            mails=[_show(mail) for mail in mails], next=_write_cursor(mails[-1]) if len(mails) == limit else None
        )

    @router.get("/queue/{queue_id}", tags=["queue"], responses=document_problems(NoSuchMail))
    async def show_mail(queue_id: UUID) -> QueuedMailAnswer:
        """Show one mail."""
        async with database.reading() as session:
            return _show(_require(await store.get_mail(session, queue_id)))

    @router.post("/queue/{queue_id}/retry", tags=["queue"], responses=document_problems(NoSuchMail, MailSettled))
    async def retry_mail(queue_id: UUID) -> QueuedMailAnswer:
        """Try a waiting or held mail at once; one that is being sent right now is left to it."""
        async with database.transaction() as session:
            mail = _require_unsettled(await store.get_mail(session, queue_id, locked=True))
            mail.state = QueueState.WAITING
            if mail.claim is None:
                mail.due_at = datetime.now(UTC)
        queue.wake()
        return _show(mail)

    @router.post("/queue/{queue_id}/hold", tags=["queue"], responses=document_problems(NoSuchMail, MailSettled))
    async def hold_mail(queue_id: UUID) -> QueuedMailAnswer:
        """Keep a mail from being sent until it is retried; an attempt under way goes on."""
        async with database.transaction() as session:
            mail = _require_unsettled(await store.get_mail(session, queue_id, locked=True))
            mail.state = QueueState.HELD
        return _show(mail)

    return router


def _require(mail: QueuedMail | None) -> QueuedMail:
    if mail is None:
        raise NoSuchMail("No mail in the queue has this id.")
    return mail


def _require_unsettled(found: QueuedMail | None) -> QueuedMail:
    mail = _require(found)
    if mail.state not in _UNSETTLED:
        raise MailSettled(f"The mail is {mail.state} already.")
    return mail


def _show(mail: QueuedMail) -> QueuedMailAnswer:
    return QueuedMailAnswer(
        id=mail.queue_id,
        kind=mail.kind,
        message_id=mail.message_id,
        thread_id=MessageFacts.model_validate_json(mail.facts).thread_id if mail.facts else None,
        state=mail.state,
        attempts=mail.attempts,
        queued_at=mail.queued_at,
        due_at=mail.due_at,
        settled_at=mail.settled_at,
        last_reply=mail.last_reply,
    )


def _write_cursor(mail: QueuedMail) -> str:
    return f"{mail.queued_at.isoformat()}~{mail.queue_id}"


def _read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    moment, _, queue_id = cursor.partition("~")
    try:
        read = datetime.fromisoformat(moment), UUID(queue_id)
    except ValueError:
        raise BadRequest("after: not a cursor of ours.") from None
    if read[0].tzinfo is None:
        raise BadRequest("after: not a cursor of ours.")
    return read
