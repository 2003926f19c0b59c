"""The worker that empties the queue: claim, commit, send, record. One transaction records and claims anew."""

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import structlog

from services.delivery.metrics import DeliveryMetrics
from services.delivery.models import QueuedMail, QueueState
from services.delivery.outbound import store
from services.delivery.outbound.composition import Composer
from services.delivery.outbound.domain import Outcome, Verdict
from services.delivery.outbound.service import Attempt, Queue
from services.delivery.outbound.transport import Transport
from shared import tracing
from shared.blobs import BlobNotFound
from shared.bus import finish
from shared.crypto import SealError
from shared.db import Database
from shared.rounds import Rounds

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0
_MEASURE_SECONDS = 5.0
# What ends at about the same time is recorded together.
_ROUND_SECONDS = 0.1
# The claim must outlive the attempt, else a second instance sends what is still being sent.
_CLAIM_SHARE = 0.8
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the queue is emptied.

    Mails sent at once, in all and to one domain; for how many seconds a claim holds; after how many to look unasked.
    """

    at_once: int
    per_destination: int
    claim_seconds: float
    poll_seconds: float


class Dispatcher:
    """Sends what is due. Give `wake` to whoever puts mails into the queue."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        composer: Composer,
        transport: Transport,
        pace: Pace,
        wake: asyncio.Event,
    ) -> None:
        self._database = database
        self._queue = queue
        self._composer = composer
        self._transport = transport
        self._pace = pace
        self._wake = wake
        self._sending: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()
        self._ended: list[Attempt] = []
        self._gate = RelayGate(queue.metrics)
        self._rounds = Rounds(_ROUND_SECONDS)
        self._released = False
        self._measured_at = 0.0

    async def run(self) -> None:
        """Send until cancelled; then finish and record what was begun."""
        await self._release_left_over()
        try:
            while True:
                await self._rounds.wait()
                self._wake.clear()
                due_in = await finish(self._turn())
                if due_in is not None:
                    await self._wait(due_in)
        finally:
            await self._finish()

    async def _turn(self) -> float | None:
        """Record what ended and claim what is due; if there was neither, return for how many seconds to wait."""
        await self._measure()
        free = self._gate.admits(self._pace.at_once - len(self._sending), sending=bool(self._sending))
        due_in = await self._find_due() if free and not self._ended else None
        due = due_in is not None and due_in <= 0
        if not due and not self._ended:
            return self._pace.poll_seconds if due_in is None else min(due_in, self._pace.poll_seconds)
        self._rounds.begin()
        await self._record_and_claim(free)
        return None

    async def _record_and_claim(self, free: int) -> None:
        attempts, self._ended = self._ended, []
        claim = uuid4()
        claimed: list[QueuedMail] = []
        try:
            async with self._database.transaction() as session:
                await self._queue.record(session, attempts)
                if free:
                    now = datetime.now(UTC)
                    until = now + timedelta(seconds=self._pace.claim_seconds)
                    wanted = store.Claim(claim, until, free, self._pace.per_destination)
                    claimed = await store.claim_due(session, now, wanted, self._busy)
        except BaseException:
            self._ended = attempts + self._ended
            raise
        for mail in claimed:
            task = asyncio.create_task(self._attempt(mail, claim), name="delivery.attempt")
            self._sending.add(task)
            self._busy[mail.destination] += 1
            task.add_done_callback(partial(self._free, mail.destination))

    def _free(self, destination: str, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._busy[destination] -= 1
        if not self._busy[destination]:
            del self._busy[destination]
        # What waited for this destination alone may go now.
        self._wake.set()

    async def _attempt(self, mail: QueuedMail, claim: UUID) -> None:
        started = time.perf_counter()
        with tracing.open_span(mail.traceparent):
            outcome = await self._send(mail)
            seconds = time.perf_counter() - started
            _log.info(
                "mail.attempted",
                mail=str(mail.queue_id),
                kind=mail.kind.value,
                outcome=outcome.verdict.value,
                attempt=mail.attempts + 1,
                ms=round(seconds * 1000, 1),
            )
        self._queue.metrics.send_seconds.observe(seconds)
        self._ended.append(Attempt(mail.queue_id, claim, outcome, self._gate.note(outcome)))
        self._wake.set()

    async def _send(self, mail: QueuedMail) -> Outcome:
        try:
            async with asyncio.timeout(self._pace.claim_seconds * _CLAIM_SHARE):
                return await self._transport.send(await self._composer.compose(mail))
        except TimeoutError:
            return Outcome(Verdict.DEFERRED, "421 4.4.1 no answer in time")
        except (SealError, BlobNotFound):
            return Outcome(Verdict.BOUNCED, "554 5.3.0 the content of the message is gone")
        except Exception as error:  # noqa: BLE001 - one mail that cannot be written must not stop the others
            _log.error("mail.failed", mail=str(mail.queue_id), error=type(error).__name__)
            return Outcome(Verdict.DEFERRED, f"451 4.3.0 internal error: {type(error).__name__}")

    async def _find_due(self) -> float | None:
        """Return in how many seconds the next mail is due, 0 or less for now; None if none waits."""
        async with self._database.reading() as session:
            full = [name for name, count in self._busy.items() if count >= self._pace.per_destination]
            earliest = await store.find_earliest_due(session, full)
        return None if earliest is None else (earliest - datetime.now(UTC)).total_seconds()

    async def _wait(self, seconds: float) -> None:
        """Wait for news or so long: another instance's commits are not heard here."""
        opens_in = None if self._sending else self._gate.opens_in()
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: up to Python 3.11 it loses a cancellation that comes together with the event.
            async with asyncio.timeout(seconds if opens_in is None else min(seconds, opens_in)):
                await self._wake.wait()

    async def _release_left_over(self) -> None:
        """Take up at once what a crash left claimed, where no other process can be sending it (SQLite)."""
        if self._released or not self._database.is_sqlite:
            return
        async with self._database.transaction() as session:
            await store.release_claims(session, datetime.now(UTC))
        self._released = True

    async def _finish(self) -> None:
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._pace.claim_seconds)
        if self._ended:
            await self._record_and_claim(0)

    async def _measure(self) -> None:
        if time.monotonic() - self._measured_at < _MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        async with self._database.reading() as session:
            counts, oldest = await store.measure(session)
        metrics = self._queue.metrics
        for state in (QueueState.WAITING, QueueState.HELD):
            metrics.queued.labels(state.value).set(counts[state])
        metrics.oldest.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)


async def purge_queue(database: Database, days: int) -> None:
    """Forget the mails that were settled more than `days` ago."""
    async with database.transaction() as session:
        await store.purge_settled(session, datetime.now(UTC), days)


class RelayGate:
    """Holds all mails back while the next hop does not answer: one at a time probes it, at growing pauses."""

    def __init__(self, metrics: DeliveryMetrics) -> None:
        self._metrics = metrics
        self._pause = 0.0
        self._opens_at = 0.0

    def admits(self, free: int, *, sending: bool) -> int:
        """Return how many of `free` mails may be sent now."""
        if not self._pause:
            return free
        return 0 if sending or time.monotonic() < self._opens_at else min(free, 1)

    def note(self, outcome: Outcome) -> timedelta | None:
        """Learn from an outcome; for one that shows the next hop down, return when its mail should come up again."""
        if outcome.verdict is not Verdict.UNREACHABLE:
            self._pause = 0.0
            self._metrics.relay_down.set(0)
            return None
        now = time.monotonic()
        if now >= self._opens_at:
            self._pause = min(self._pause * 2 or _FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
            self._opens_at = now + self._pause
        self._metrics.relay_down.set(1)
        return timedelta(seconds=self._opens_at - now)

    def opens_in(self) -> float | None:
        """Return in how many seconds the next probe may go, or None when all is well."""
        return max(self._opens_at - time.monotonic(), 0.0) if self._pause else None
