"""An operator's block reaches the queue: what waits is stopped, its writer told; what has left is not called back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from services.delivery.models import QueueState
from services.delivery.outbound import store
from services.delivery.outbound.service import WITHDRAWN
from shared.contracts.delivery import MessageBounced, MessageDeferred, MessageDelivered
from shared.contracts.facts import MessageFacts, OverrideFacts
from shared.contracts.policy import MessageRejected
from tests.infrastructure.smtp import FarSide, Step
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import BUYER, SELLER, Installation, describe_message

pytestmark = pytest.mark.req("R-POLICY-10")


@pytest.fixture
async def patient(tmp_path: Path, far_side: FarSide) -> AsyncIterator[Installation]:
    """Give a running service that tries a deferred mail again only after an hour."""
    relay = f"{far_side.url}?starttls=never"
    async with Installation(tmp_path, smtp_relay=relay, delivery_first_retry_seconds=3600).running() as installation:
        yield installation


async def _defer(patient: Installation, far_side: FarSide) -> MessageFacts:
    """Return a message that was approved, and put off by the far side for now."""
    far_side.script(Step.RCPT, "451 4.2.2 later")
    message = describe_message()
    await patient.tell(await patient.approve(message))
    await patient.hear(MessageDeferred)
    return message


async def _block(installation: Installation, message: MessageFacts) -> MessageRejected:
    rejected = await installation.reject(message)
    override = OverrideFacts(by="operator 1", overridden_at=datetime.now(UTC))
    return rejected.model_copy(update={"decision": rejected.decision.model_copy(update={"override": override})})


async def _find_state(installation: Installation, message: MessageFacts) -> QueueState:
    async with installation.database.reading() as session:
        mail = await store.get_mail(session, message.message_id)
    assert mail is not None
    return mail.state


async def test_stops_what_waits_and_tells_the_writer(patient: Installation, far_side: FarSide) -> None:
    message = await _defer(patient, far_side)
    await patient.tell(await _block(patient, message))
    (bounced,) = await patient.hear(MessageBounced)
    assert bounced.message == message
    assert bounced.reply == WITHDRAWN
    assert await _find_state(patient, message) is QueueState.BOUNCED
    await far_side.wait_for(lambda mail: mail.recipients == (SELLER,))
    assert not [mail for mail in far_side.mails if BUYER in mail.recipients]


async def test_says_nothing_of_what_has_arrived(patient: Installation, far_side: FarSide) -> None:
    message = describe_message()
    await patient.tell(await patient.approve(message))
    await patient.hear(MessageDelivered)
    await patient.tell(await _block(patient, message))
    assert await _find_state(patient, message) is QueueState.DELIVERED
    assert patient.heard(MessageBounced) == []
    assert len(far_side.mails) == 1


async def test_waits_for_the_attempt_in_hand(patient: Installation, far_side: FarSide) -> None:
    """How the attempt ends says whether there is still something to stop: here there is."""
    message = await _defer(patient, far_side)
    async with patient.database.transaction() as session:
        mail = await store.get_mail(session, message.message_id)
        assert mail is not None
        mail.claim, mail.due_at = uuid4(), datetime.now(UTC) + timedelta(hours=1)
    with capture_logs() as logged:
        blocking = asyncio.create_task(patient.tell(await _block(patient, message)))
        await until(lambda: any("attempt in hand" in str(line.get("cause")) for line in logged), "a try in vain")
    async with patient.database.transaction() as session:
        mail = await store.get_mail(session, message.message_id)
        assert mail is not None
        assert mail.state is QueueState.WAITING
        mail.claim = None
    await blocking
    await until(lambda: bool(patient.heard(MessageBounced)), "the block to take hold")


async def test_does_not_wait_for_a_sender_that_died(patient: Installation, far_side: FarSide) -> None:
    """A held mail is not claimed anew, so nothing but time ends the claim of an attempt that nobody records."""
    message = await _defer(patient, far_side)
    async with patient.database.transaction() as session:
        mail = await store.get_mail(session, message.message_id)
        assert mail is not None
        mail.state, mail.claim, mail.due_at = QueueState.HELD, uuid4(), datetime.now(UTC)
    await patient.tell(await _block(patient, message))
    (bounced,) = await patient.hear(MessageBounced)
    assert bounced.reply == WITHDRAWN
    async with patient.database.reading() as session:
        mail = await store.get_mail(session, message.message_id)
    assert mail is not None
    assert (mail.state, mail.claim) == (QueueState.BOUNCED, None)


@pytest.mark.parametrize("state", [QueueState.WAITING, QueueState.HELD])
async def test_what_a_crash_left_claimed_is_released_held_or_not(
    patient: Installation, far_side: FarSide, state: QueueState
) -> None:
    message = await _defer(patient, far_side)
    now = datetime.now(UTC)
    async with patient.database.transaction() as session:
        mail = await store.get_mail(session, message.message_id)
        assert mail is not None
        mail.state, mail.claim, mail.due_at = state, uuid4(), now + timedelta(hours=1)
        await session.flush()
        assert await store.release_claims(session, now) == 1
        await session.refresh(mail)
        released = mail.model_dump(include={"state", "claim", "due_at"})
        assert released == {"state": state, "claim": None, "due_at": now}


async def test_tells_the_writer_of_a_message_that_never_was_queued(patient: Installation, far_side: FarSide) -> None:
    await patient.tell(await _block(patient, describe_message()))
    await far_side.wait_for(lambda mail: mail.recipients == (SELLER,))
    assert patient.heard(MessageBounced) == []
