"""HTTP bodies about filing."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from services.gateway.fields import Answer, Body, Line
from services.gateway.filing.domain import MOST_LABELS, Priority

MOST_THREADS = 200
FolderName = Annotated[Line, Field(min_length=1, max_length=100)]
LabelName = Annotated[Line, Field(min_length=1, max_length=50)]
Labels = Annotated[list[LabelName], Field(max_length=MOST_LABELS)]


class FolderBody(Body):
    """A new folder."""

    name: FolderName
    parent_id: UUID | None = Field(None, description="The folder that it lies in; at the top if left out")


class FolderChange(Body):
    """What is to be other about a folder; what is left out stays."""

    name: FolderName | None = None
    parent_id: UUID | None = Field(None, description="null moves it to the top")


class FolderAnswer(Answer):
    """A folder."""

    id: UUID
    name: str
    parent_id: UUID | None
    threads: int = Field(description="Threads in it, those in its sub-folders not counted")


class LabelAnswer(Answer):
    """A label and how many threads have it."""

    label: str
    threads: int


class FilingChange(Body):
    """What is to be done with threads; what is left out stays as it is."""

    read: StrictBool | None = Field(None, description="false: unread again")
    archived: StrictBool | None = Field(None, description="Until the next message")
    deleted: Literal[True] | None = Field(None, description="From the seller's own view, for good; the record stays")
    folder_id: UUID | None = Field(None, description="null takes it out of its folder")
    priority: Priority | None = None
    add_labels: Labels = Field(default_factory=list)
    remove_labels: Labels = Field(default_factory=list)


class BulkChange(FilingChange):
    """The same for many threads at once."""

    threads: Annotated[list[UUID], Field(min_length=1, max_length=MOST_THREADS)]


class BulkAnswer(Answer):
    """What became of it."""

    changed: list[UUID]
    missing: list[UUID] = Field(description="Threads that are not yours, or deleted")
