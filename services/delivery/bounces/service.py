"""What a delivery report changes: a hard one bounces its message, whatever was said before (R-MAIL-4)."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.mail.reports import Outcome, Report
from services.delivery.metrics import DeliveryMetrics
from services.delivery.outbound.service import Queue

_UNKNOWN_STATUS = "5.0.0"


@dataclass(frozen=True, slots=True)
class Reports:
    """Applies reports to the queue. That they came is recorded by the intake, with what they say."""

    queue: Queue
    metrics: DeliveryMetrics

    async def apply(self, session: AsyncSession, message_id: UUID, report: Report) -> None:
        """Take a report in. Soft ones and answers of machines change nothing: the far side still tries, or has it."""
        self.metrics.reports.labels(report.outcome.value).inc()
        if report.outcome is Outcome.HARD:
            # The report's own words are full of addresses; its status code (RFC 3463) says enough.
            status = report.status if report.status and report.status.startswith("5.") else _UNKNOWN_STATUS
            await self.queue.bounce(session, message_id, f"550 {status} reported by the recipient's mail system")
