"""HTTP bodies of the queue."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.delivery.models import MailKind, QueueAction, QueueState
from services.delivery.operations.domain import Ruling

MOST_AT_ONCE = 500
Domain = Annotated[str, StringConstraints(min_length=1, max_length=253, to_lower=True)]


class OrderBody(BaseModel):
    """Who orders it, and why; the audit keeps both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class SelectionBody(OrderBody):
    """The same for many mails: those named, or all that a filter wants, so many at a time."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    state: list[QueueState] | None = Field(None, max_length=len(QueueState))
    domain: Domain | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: Annotated[str, StringConstraints(max_length=100)] | None = None
    limit: int = Field(MOST_AT_ONCE, ge=1, le=MOST_AT_ONCE)

    @model_validator(mode="after")
    def _check(self) -> Self:
        filtered = any(value is not None for value in (self.state, self.domain, self.since, self.until))
        if filtered == (self.ids is not None):
            raise ValueError("name mails by ids, or choose them by state, domain, since or until")
        return self


class QueuedMailAnswer(BaseModel):
    """One mail of the queue. Of whom it goes to the domain is shown alone, and nothing of what it says.

    `domain` is null where the address is sealed under a key that is not at hand. A confirmation is about no thread.
    """

    id: UUID
    kind: MailKind
    message_id: UUID
    thread_id: UUID | None
    domain: str | None
    state: QueueState
    attempts: int
    queued_at: datetime
    due_at: datetime
    settled_at: datetime | None
    last_reply: str


class QueueChangeAnswer(BaseModel):
    """What an operator did with a mail."""

    action: QueueAction
    reason: str
    changed_by: str
    changed_at: datetime


class QueuedMailDetail(QueuedMailAnswer):
    """One mail, and what operators did with it."""

    history: list[QueueChangeAnswer] = Field(description="Newest first, 100 at most")


class QueueAnswer(BaseModel):
    """A page of the queue in order of queueing; `next` is the cursor of the following one."""

    items: list[QueuedMailAnswer]
    next: str | None


class StateCount(BaseModel):
    """How many mails stand so, and since when the oldest of them is queued."""

    state: QueueState
    count: int
    oldest: datetime


class DestinationCount(StateCount):
    """The same for the recipients of one domain."""

    domain: str | None


class CountsAnswer(BaseModel):
    """What is neither sent nor given up: by state, and by domain the fullest 20."""

    states: list[StateCount]
    destinations: list[DestinationCount]


class ResultAnswer(BaseModel):
    """What became of one mail."""

    id: UUID
    result: Ruling


class ChangesAnswer(BaseModel):
    """What an order over many came to; `next` is the `after` to go on with, `items` what became of named mails."""

    changed: int
    unchanged: int
    items: list[ResultAnswer]
    next: str | None
