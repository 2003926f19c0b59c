"""Pages by cursor: stable while rows come and go, and opaque to callers."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import Field

from services.gateway.fields import Answer
from shared.problems import Invalid

R = TypeVar("R")
A = TypeVar("A", bound=Answer)

Limit = Annotated[int, Query(ge=1, le=200, description="Most entries of one page")]
CursorText = Annotated[
    str | None, Query(max_length=300, description="`next` of the page before; leave it out for the first page")
]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of a page's last row: its time and id within the listing `order`."""

    order: str
    at: datetime
    id: str

    def encode(self) -> str:
        """Write the cursor for a caller."""
        parts = [self.order, self.at.astimezone(UTC).isoformat(), self.id]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()

    @property
    def uuid(self) -> UUID:
        """The id of a row that has a UUID; raises `Invalid` if it is none."""
        try:
            return UUID(self.id)
        except ValueError:
            raise _unknown_cursor() from None


class Page(Answer, Generic[A]):
    """A page of a listing."""

    items: list[A]
    next: str | None = Field(description="Give it as `cursor` for the next page; null on the last page")


def read_cursor(text: str | None, order: str) -> Cursor | None:
    """Read a caller's cursor for the listing `order`; raises `Invalid` for one we did not write for it."""
    if text is None:
        return None
    try:
        found, at, row_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        cursor = Cursor(str(found), datetime.fromisoformat(at).astimezone(UTC), str(row_id))
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        raise _unknown_cursor() from None
    if cursor.order != order or not cursor.id.isprintable():
        raise _unknown_cursor()
    return cursor


def cut_page(rows: Sequence[R], limit: int, place: Callable[[R], Cursor]) -> tuple[Sequence[R], str | None]:
    """Split `limit + 1` rows into a page and the cursor of the next one, None at the end."""
    page = rows[:limit]
    return page, place(page[-1]).encode() if len(rows) > limit else None


def _unknown_cursor() -> Invalid:
    return Invalid.of("cursor", "not a cursor of this listing; start again without one")
