"""Judges past messages anew. Reads only; nothing is counted, kept or told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.policy.candidates import build_candidate
from services.policy.gate.finding import EXCERPT_LENGTH, Decision
from services.policy.gate.ruleset import RuleSet
from services.policy.models import DecisionRow
from services.policy.recollection import recall
from services.policy.replay import store
from services.policy.replay.domain import Outcome, Report
from services.policy.service import CONTEXT
from shared.blobs import BlobNotFound, BlobStore
from shared.contracts.facts import Addressing, Content, FindingFacts, MessageFacts, SealedContent
from shared.contracts.vocabulary import Severity, Verdict
from shared.crypto import SealError
from shared.db import Database

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Replay:
    """Past decisions, and the rules to try on them."""

    database: Database
    blobs: BlobStore
    rules: RuleSet

    async def count(self, since: datetime, until: datetime) -> int:
        """Return how many decisions there are to judge anew."""
        async with self.database.reading() as session:
            return await store.count_decisions(session, since, until)

    async def run(self, since: datetime, until: datetime, *, examples: int, advance: Callable[[int], object]) -> Report:
        """Judge all messages decided from `since` on and before `until`, by what was known then.

        `advance` is called with the number of messages done since the last call. Messages whose content was erased
        are counted as unreadable. Memory stays the same however many there are.
        """
        report = Report(most_examples=examples)
        after: store.Place | None = None
        while rows := await self._read_page(since, until, after):
            for row in rows:
                await self._judge(row, report)
            advance(len(rows))
            after = (rows[-1].decided_at, rows[-1].message_id)
        return report

    async def _read_page(self, since: datetime, until: datetime, after: store.Place | None) -> Sequence[DecisionRow]:
        async with self.database.reading() as session:
            return await store.list_decisions(session, since, until, after, _PAGE)

    async def _judge(self, row: DecisionRow, report: Report) -> None:
        try:
            content = await self.blobs.open_content(SealedContent.model_validate(row.content))
        except (SealError, BlobNotFound):
            report.unreadable += 1
            return
        message = MessageFacts.model_validate(row.message)
        addressing = Addressing.model_validate(row.addressing)
        async with self.database.reading() as session:
            known = await recall(session, self.blobs, message, content, addressing, row.decided_at)
        candidate = build_candidate(message, content, addressing.seller_language, known)
        decision = self.rules.judge(candidate, CONTEXT.validate_python(row.context))
        report.add(row.message_id, _recall(row, content), _sum_up(decision))


def _recall(row: DecisionRow, content: Content) -> Outcome:
    """Return a decision as it was taken, with the words that it was about."""
    findings = [FindingFacts.model_validate(finding) for finding in row.findings]
    words = {
        "subject": content.subject,
        "text": content.text,
        "html": content.html or "",
        "quoted_text": content.quoted_text,
        "quoted_html": content.quoted_html,
    }
    blocking: dict[str, str] = {}
    for finding in findings:
        if finding.severity is Severity.BLOCK:
            excerpt = words.get(finding.field, "")[finding.start : finding.end][:EXCERPT_LENGTH]
            blocking.setdefault(finding.rule, excerpt)
    return Outcome(row.verdict, blocking, frozenset(finding.rule for finding in findings))


def _sum_up(decision: Decision) -> Outcome:
    blocking: dict[str, str] = {}
    for finding in decision.findings:
        if finding.severity is Severity.BLOCK:
            blocking.setdefault(finding.rule, finding.excerpt)
    rules = frozenset(finding.rule for finding in decision.findings)
    return Outcome(Verdict(decision.verdict), blocking, rules)
