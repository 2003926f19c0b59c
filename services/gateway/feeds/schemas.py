"""HTTP bodies about feeds, and the rows of files."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.gateway.feeds.domain import FeedFormat, FeedKind, FeedState
from services.gateway.fields import Answer, Identifier, OrderId
from services.gateway.orders.schemas import RefundBody, ShipmentBody


class ShipmentRow(ShipmentBody):
    """A parcel of a feed."""

    order_id: OrderId
    shipment_id: Identifier


class RefundRow(RefundBody):
    """An adjustment of a feed."""

    order_id: OrderId
    adjustment_id: Identifier


class FeedAnswer(Answer):
    """A feed and how far it has come. Counts are of confirmations but for `rows` and `rows_done`."""

    id: UUID
    kind: FeedKind
    format: FeedFormat
    seller_id: str | None = Field(description="Null for a feed of the marketplace itself")
    state: FeedState
    rows: int = Field(description="Rows in the file, without header and empty ones")
    rows_done: int
    progress: float = Field(description="Share of the rows that are done, from 0 to 1")
    recorded: Annotated[int, Field(description="Recorded, and their buyers told")]
    unchanged: Annotated[int, Field(description="Recorded before, just so; nobody was told again")]
    refused: Annotated[int, Field(description="Refused; the report names their rows")]
    received_at: datetime
    done_at: datetime | None
    links: dict[str, str]


class ProblemAnswer(Answer):
    """What is wrong with a row, and what to do."""

    row: int = Field(description="Place in the file, from 1, the header included")
    order_id: str | None
    field: str = Field(description="The column; `row` where it is the whole row")
    problem: str
    advice: str
