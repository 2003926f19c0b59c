"""HTTP bodies of the queue."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.delivery.models import MailKind, QueueState


class QueuedMailAnswer(BaseModel):
    """One mail of the queue. Whom it goes to, and what it says, is not shown. A confirmation is about no thread."""

    id: UUID
    kind: MailKind
    message_id: UUID
    thread_id: UUID | None
    state: QueueState
    attempts: int
    queued_at: datetime
    due_at: datetime
    settled_at: datetime | None
    last_reply: str


class QueueAnswer(BaseModel):
    """A page of the queue; `next` is the cursor of the following one."""

    mails: list[QueuedMailAnswer]
    next: str | None
