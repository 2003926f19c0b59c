"""Use cases of the queue: take approved messages and notices in, record what became of each attempt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.mail.threading import message_identifier
from services.delivery.metrics import DeliveryMetrics
from services.delivery.models import MailKind, Party, QueuedMail, QueueState
from services.delivery.outbound import store
from services.delivery.outbound.composition import ADDRESS, ANCESTRY, NOTICE, REFERENCES
from services.delivery.outbound.confirmations import Confirmation
from services.delivery.outbound.domain import Outcome, Verdict, domain_of, plan_retry
from services.delivery.outbound.notices import Cause, Notice, Reason, identify_notice, pick_reasons
from services.delivery.outbound.standings import StandingNotice, identify_standing_notice
from services.delivery.outbound.updates import UpdateNotice
from services.delivery.threads.service import Sent, Threads
from shared import tracing
from shared.blobs import BlobStore
from shared.consumer import NotYetKnown
from shared.contracts.delivery import MessageBounced, MessageDeferred, MessageDelivered
from shared.contracts.facts import Addressing, MessageFacts, SealedContent
from shared.contracts.gateway import SenderRequested
from shared.contracts.policy import MessageApproved, MessageRejected, StandingChanged
from shared.contracts.vocabulary import Role
from shared.crypto import KeyRing
from shared.outbox import emit

WITHDRAWN = "550 5.7.1 Stopped by an operator of the marketplace"
_WAKING = "queue_waking"


@dataclass(frozen=True, slots=True)
class Retries:
    """How long a mail that nobody takes is tried: the first pause, and the whole time."""

    first: timedelta
    give_up: timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a claimed mail, and how it ended."""

    queue_id: UUID
    claim: UUID
    outcome: Outcome
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a mail of ours is for, and which version of them must be known before it is written."""

    role: Role
    party_id: str
    version: int


@dataclass(frozen=True, slots=True)
class _About:
    """The message that a mail carries, or is about."""

    message: MessageFacts
    addressing: Addressing
    content: SealedContent


@dataclass(frozen=True, slots=True)
class _Post:
    """What is queued, whatever its kind: whom it goes to, its place among the mails there, and what it is about."""

    kind: MailKind
    recipient_box: str
    sent: Sent
    about: _About | None = None
    notice_box: str | None = None


@dataclass(frozen=True)
class Queue:
    """The outbound queue. `wake` is called after a commit that put a mail in."""

    keys: KeyRing
    blobs: BlobStore
    threads: Threads
    metrics: DeliveryMetrics
    retries: Retries
    wake: Callable[[], None]

    async def enqueue_message(self, session: AsyncSession, told: MessageApproved) -> None:
        """Queue an approved message; its Message-ID is fixed from here on."""
        # A large content lies in the blob store, and nothing is fetched inside a transaction.
        subject = (await self.blobs.open_content(told.content)).subject if told.content.box else None
        sent = await self.threads.place_outgoing(session, told.message, subject, datetime.now(UTC))
        if sent is None:
            return
        about = _About(told.message, told.addressing, told.content)
        post = _Post(MailKind.MESSAGE, told.addressing.recipient.box, sent, about)
        self._add(session, told.message.message_id, told.message.message_id, post)

    async def notify_rejected(self, session: AsyncSession, told: MessageRejected) -> None:
        """Queue the notice that tells a message's writer why it did not pass (R-MAIL-9)."""
        if told.message.sender_role is Role.BUYER and not await self._find_writer(session, told.message):
            raise NotYetKnown("the buyer's address for a notice")
        reasons = pick_reasons(told.decision.findings)
        await self._notify(session, Cause.REJECTED, _About(told.message, told.addressing, told.content), reasons)

    async def ask_sender(self, session: AsyncSession, told: SenderRequested) -> None:
        """Queue the mail that asks the owner of an address whether a seller may write from it (R-MAIL-2)."""
        confirmation = Confirmation(
            request_id=told.request_id,
            business_name=told.business_name,
            language=told.language,
            marketplace=told.marketplace,
            expires_at=told.expires_at,
        )
        await self._add_own(session, told.request_id, MailKind.CONFIRMATION, told.address.box, confirmation)

    async def notify_standing(self, session: AsyncSession, told: StandingChanged) -> None:
        """Queue the mail that tells a seller of a changed standing (R-POLICY-7). Before any order there is none."""
        seller = await store.get_party(session, Role.SELLER, told.seller_id)
        if told.marketplace is None:
            return
        if seller is None:
            raise NotYetKnown("the seller's address for a notice")
        notice = StandingNotice(
            standing=told.standing, cause=told.cause, language=seller.language, marketplace=told.marketplace
        )
        await self._add_own(session, identify_standing_notice(told), MailKind.STANDING, seller.address_box, notice)

    async def tell_update(
        self, session: AsyncSession, reader: Reader, queue_id: UUID, write: Callable[[str], UpdateNotice]
    ) -> None:
        """Queue a mail of ours about an order (R-ORDER-3, R-ORDER-5); `write` is given its reader's language."""
        party = await store.get_party(session, reader.role, reader.party_id)
        if party is None or party.version < reader.version:
            raise NotYetKnown("the reader of a mail about an order")
        await self._add_own(session, queue_id, MailKind.UPDATE, party.address_box, write(party.language))

    async def record(self, session: AsyncSession, attempts: Sequence[Attempt]) -> None:
        """Record attempts and tell of them. Those whose claim went to somebody else meanwhile are passed over."""
        claims = [(attempt.queue_id, attempt.claim) for attempt in attempts]
        mails = await store.list_claimed(session, claims) if claims else {}
        for attempt in attempts:
            if mail := mails.get(attempt.queue_id):
                await self._settle(session, mail, attempt)

    async def bounce(self, session: AsyncSession, message_id: UUID, reply: str) -> bool:
        """Bounce a message that a report says will never arrive, delivered or not; False if that is known already."""
        mail = await store.find_message(session, message_id)
        if mail is None or mail.state is QueueState.BOUNCED:
            return False
        await self._give_up(session, mail, datetime.now(UTC), reply)
        return True

    async def withdraw(self, session: AsyncSession, message_id: UUID) -> bool:
        """Stop a message that an operator blocked (R-POLICY-10); False if it has arrived, or bounced, already.

        Raises `NotYetKnown` while it is being sent: how that ends says whether there is still something to stop. A
        claim past its time is that of a sender that died; should it live after all, what it records is passed over.
        """
        mail = await store.find_message(session, message_id)
        if mail is None:
            return True
        if mail.state in (QueueState.DELIVERED, QueueState.BOUNCED):
            return False
        now = datetime.now(UTC)
        if mail.claim is not None and mail.due_at > now:
            raise NotYetKnown("how the attempt in hand ends")
        mail.claim = None
        mail.state, mail.settled_at, mail.last_reply = QueueState.BOUNCED, now, WITHDRAWN
        message = _facts(mail)
        emit(session, MessageBounced(message=message, bounced_at=now, attempt=mail.attempts, reply=WITHDRAWN))
        return True

    async def _settle(self, session: AsyncSession, mail: QueuedMail, attempt: Attempt) -> None:
        now = datetime.now(UTC)
        outcome = attempt.outcome
        first_trouble = not mail.last_reply
        mail.attempts += 1
        mail.claim = None
        mail.last_reply = outcome.reply
        self.metrics.attempts.labels(mail.kind, outcome.verdict).inc()
        if outcome.verdict is Verdict.DELIVERED:
            self._deliver(session, mail, now)
            return
        again = None
        if outcome.verdict is not Verdict.BOUNCED:
            again = plan_retry(
                mail.queued_at, mail.attempts, now, first=self.retries.first, give_up=self.retries.give_up
            )
        if again is None:
            await self._give_up(session, mail, now, outcome.reply)
            return
        if attempt.retry_after is not None:
            again = min(again, now + attempt.retry_after)
        mail.due_at = again
        # While the next hop is down each mail comes up often; its waiting is told once.
        if outcome.verdict is Verdict.DEFERRED or first_trouble:
            self._defer(session, mail, now)

    def _deliver(self, session: AsyncSession, mail: QueuedMail, now: datetime) -> None:
        mail.state = QueueState.DELIVERED
        mail.settled_at = now
        if mail.kind is MailKind.MESSAGE:
            emit(
                session,
                MessageDelivered(message=_facts(mail), delivered_at=now, attempt=mail.attempts, reply=mail.last_reply),
            )

    def _defer(self, session: AsyncSession, mail: QueuedMail, now: datetime) -> None:
        if mail.kind is MailKind.MESSAGE:
            emit(
                session,
                MessageDeferred(
                    message=_facts(mail),
                    deferred_at=now,
                    next_attempt_at=mail.due_at,
                    attempt=mail.attempts,
                    reply=mail.last_reply,
                ),
            )

    async def _give_up(self, session: AsyncSession, mail: QueuedMail, now: datetime, reply: str) -> None:
        """Settle a mail as bounced, and tell the writer of a message; a notice that bounces ends here (R-MAIL-4)."""
        mail.state = QueueState.BOUNCED
        mail.claim = None
        mail.settled_at = now
        mail.last_reply = reply
        if mail.kind is not MailKind.MESSAGE:
            return
        message = _facts(mail)
        emit(session, MessageBounced(message=message, bounced_at=now, attempt=mail.attempts, reply=reply))
        addressing = Addressing.model_validate_json(mail.addressing or "")
        content = SealedContent.model_validate_json(mail.content or "")
        await self._notify(session, Cause.BOUNCED, _About(message, addressing, content), ())

    async def _notify(self, session: AsyncSession, cause: Cause, about: _About, reasons: tuple[Reason, ...]) -> None:
        message, addressing = about.message, about.addressing
        party = await self._find_writer(session, message)
        to_seller = message.sender_role is Role.SELLER
        if party is not None and not party.bounce_notices:
            return
        recipient_box = addressing.seller.box if to_seller else party and party.address_box
        if not recipient_box:
            return
        language = addressing.seller_language if to_seller or party is None else party.language
        notice = Notice(cause=cause, to=message.sender_role, language=language, reasons=reasons)
        queue_id = identify_notice(message.message_id, cause)
        if await store.get_mail(session, queue_id) is not None:
            return
        identifier = message_identifier(queue_id, message.marketplace.alias_domain)
        answered = await self.threads.name_for_writer(session, message.message_id)
        sent = Sent(identifier, (answered,) if answered else ())
        notice_box = self.keys.seal(notice.model_dump_json().encode(), NOTICE)
        self._add(session, queue_id, message.message_id, _Post(MailKind.NOTICE, recipient_box, sent, about, notice_box))

    async def _find_writer(self, session: AsyncSession, message: MessageFacts) -> Party | None:
        role = message.sender_role
        return await store.get_party(session, role, message.seller_id if role is Role.SELLER else message.buyer_id)

    async def _add_own(
        self,
        session: AsyncSession,
        queue_id: UUID,
        kind: MailKind,
        recipient_box: str,
        notice: Confirmation | StandingNotice | UpdateNotice,
    ) -> None:
        """Queue a mail of ours that is about no message, once."""
        if await store.get_mail(session, queue_id) is not None:
            return
        sent = Sent(message_identifier(queue_id, notice.marketplace.alias_domain), ())
        notice_box = self.keys.seal(notice.model_dump_json().encode(), NOTICE)
        self._add(session, queue_id, queue_id, _Post(kind, recipient_box, sent, notice_box=notice_box))

    def _add(self, session: AsyncSession, queue_id: UUID, subject_id: UUID, post: _Post) -> None:
        now = datetime.now(UTC)
        about = post.about
        recipient = self.keys.open_text(post.recipient_box, ADDRESS)
        mail = QueuedMail(
            queue_id=queue_id,
            kind=post.kind,
            message_id=subject_id,
            facts=about.message.model_dump_json() if about else None,
            addressing=about.addressing.model_dump_json() if about else None,
            content=about.content.model_dump_json() if about else None,
            recipient_box=post.recipient_box,
            destination=self.keys.hash_text("destination", domain_of(recipient)),
            notice_box=post.notice_box,
            ancestry_box=self.keys.seal(REFERENCES.dump_json(post.sent.references), ANCESTRY),
            traceparent=tracing.current_traceparent(),
            identifier=post.sent.identifier,
            state=QueueState.WAITING,
            queued_at=now,
            due_at=now,
        )
        session.add(mail)
        if not session.info.get(_WAKING):
            session.info[_WAKING] = True
            event.listen(session.sync_session, "after_commit", lambda _: self.wake(), once=True)


def _facts(mail: QueuedMail) -> MessageFacts:
    return MessageFacts.model_validate_json(mail.facts or "")
