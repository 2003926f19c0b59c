"""HTTP bodies of what operators do with the mail queue."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.gateway.fields import Body, Domain, Moment, Text

MOST_AT_ONCE = 500


class MailState(StrEnum):
    """Where a mail stands: not sent yet, kept back, sent, given up."""

    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class MailAction(StrEnum):
    """What an operator does with a mail: try it at once, keep it back, let it go on at its own time."""

    RETRY = "retry"
    HOLD = "hold"
    RELEASE = "release"


class NoteBody(Body):
    """Why an operator does so, for the audit; may be left out."""

    reason: Annotated[Text, Field(max_length=500)] = ""


class SelectionBody(NoteBody):
    """Which mails: those named, or those that a filter wants, in order of queueing."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    state: Annotated[list[MailState], Field(min_length=1, max_length=len(MailState))] | None = None
    domain: Domain | None = Field(None, description="Domain of the recipients")
    since: Moment | None = Field(None, description="Queued at this time or later")
    until: Moment | None = Field(None, description="Queued before this time")
    cursor: Annotated[str, Field(max_length=100)] | None = Field(None, description="`next` of the answer before")
    limit: int = Field(MOST_AT_ONCE, ge=1, le=MOST_AT_ONCE, description="Most mails to look at in this call")

    @model_validator(mode="after")
    def _check(self) -> Self:
        filtered = any(value is not None for value in (self.state, self.domain, self.since, self.until))
        if filtered == (self.ids is not None):
            raise ValueError("name mails by ids, or choose them by state, domain, since or until")
        if self.ids is not None and self.cursor is not None:
            raise ValueError("a cursor goes with a filter, not with ids")
        return self
