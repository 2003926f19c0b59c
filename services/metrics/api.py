"""Routes of the metrics service. Only the gateway calls them; it knows who may see which seller."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from services.metrics.domain import Outcome
from services.metrics.schemas import ResponseTimesAnswer, TurnAnswer, TurnsAnswer
from services.metrics.service import Stopwatch
from shared.db import Database

PAGE = 100
# PostgreSQL takes no NUL.
_ID = r"^[^\x00]+$"
SellerId = Annotated[str, Query(max_length=64, pattern=_ID)]
MarketplaceId = Annotated[str | None, Query(max_length=64, pattern=_ID)]
Days = Annotated[Literal["7", "30", "90"], Query(description="7, 30 or 90 days back from now")]


def create_router(database: Database, stopwatch: Stopwatch) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal", tags=["response times"])

    @router.get("/response-times")
    async def read_response_times(
        seller_id: SellerId, marketplace_id: MarketplaceId = None, days: Days = "30"
    ) -> ResponseTimesAnswer:
        """Give a seller's numbers."""
        async with database.reading() as session:
            numbers = await stopwatch.sum_up(session, seller_id, marketplace_id, int(days))
        return ResponseTimesAnswer(
            seller_id=seller_id,
            marketplace_id=marketplace_id,
            days=int(days),
            target_hours=stopwatch.target.total_seconds() / 3600,
            **asdict(numbers),
        )

    @router.get("/turns")
    async def list_turns(
        seller_id: SellerId,
        marketplace_id: MarketplaceId = None,
        days: Days = "30",
        outcome: Outcome | None = None,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> TurnsAnswer:
        """List the turns behind a seller's numbers, all or those of one outcome."""
        async with database.reading() as session:
            listings = await stopwatch.list_behind(session, seller_id, marketplace_id, int(days))
        wanted = [listing for listing in listings if outcome in (None, listing.outcome)]
        page = wanted[offset : offset + PAGE]
        return TurnsAnswer(
            turns=[
                TurnAnswer(
                    thread_id=listing.thread_id,
                    marketplace_id=listing.marketplace_id,
                    message_id=listing.turn.first,
                    outcome=listing.outcome,
                    opened_at=listing.turn.opened_at,
                    closed_at=listing.turn.closed_at,
                    waited_seconds=listing.turn.waited.total_seconds() if listing.turn.waited else None,
                )
                for listing in page
            ],
            next=offset + PAGE if len(wanted) > offset + PAGE else None,
        )

    return router
