"""The queue's worker against a real relay: nothing lost, nothing twice, whatever fails and wherever it stops."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.delivery.bounces.domain import BounceAddresses
from services.delivery.metrics import DeliveryMetrics
from services.delivery.models import QueueState
from services.delivery.operations.domain import Wanted
from services.delivery.operations.store import list_mails
from services.delivery.outbound import store
from services.delivery.outbound.composition import Composer
from services.delivery.outbound.dispatch import RelayGate
from services.delivery.outbound.domain import Outcome, Verdict
from services.delivery.outbound.signing import Signer
from services.delivery.outbound.smtp import RelayAddress, SmtpTransport
from shared.contracts.delivery import MessageBounced, MessageDeferred, MessageDelivered
from shared.contracts.facts import Content
from shared.contracts.vocabulary import Direction, Kind
from shared.links import Links
from tests.infrastructure.smtp import FarSide, Loss, Step
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import BUYER, SELLER, Installation, describe_message

pytestmark = pytest.mark.req("R-MAIL-3", "R-MAIL-4")


def _identifiers(far_side: FarSide) -> list[str]:
    return [str(mail.message["Message-ID"]) for mail in far_side.mails]


async def test_many_messages_go_out_once_each(relaying: Installation, far_side: FarSide) -> None:
    messages = [describe_message() for _ in range(60)]
    await relaying.tell(*[await relaying.approve(message) for message in messages])
    await relaying.hear(MessageDelivered, 60)
    assert sorted(_identifiers(far_side)) == sorted(f"<{m.message_id.hex}@marketplace.amazon.it>" for m in messages)
    assert len(far_side.conversations) <= relaying.settings.delivery_connections


async def test_an_approval_told_twice_is_one_mail(relaying: Installation, far_side: FarSide) -> None:
    approved = await relaying.approve()
    await relaying.tell(approved)
    await relaying.tell(approved)
    await relaying.hear(MessageDelivered)
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered, 2)
    assert len(far_side.mails) == 2


async def test_greylisting_delays_and_does_not_lose(relaying: Installation, far_side: FarSide) -> None:
    far_side.greylisting = True
    await relaying.tell(await relaying.approve())
    (delivered,) = await relaying.hear(MessageDelivered)
    (deferred,) = relaying.heard(MessageDeferred)
    assert delivered.attempt == 2
    assert deferred.attempt == 1
    assert deferred.reply.startswith("451 4.7.1")
    assert deferred.next_attempt_at > deferred.deferred_at
    assert len(far_side.mails) == 1


async def test_a_refusal_for_good_is_told_and_the_writer_gets_a_notice(
    relaying: Installation, far_side: FarSide
) -> None:
    far_side.script(Step.RCPT, f"550 5.1.1 <{BUYER}> unknown")
    message = describe_message()
    await relaying.tell(await relaying.approve(message, Content(subject="La fattura", text="Ecco.")))
    (bounced,) = await relaying.hear(MessageBounced)
    assert bounced.message == message
    assert bounced.reply.startswith("550 5.1.1")
    assert BUYER not in bounced.reply
    notice = await far_side.wait_for(lambda mail: mail.recipients == (SELLER,))
    assert notice.sender == "<>"
    assert notice.message["Auto-Submitted"] == "auto-generated"
    assert "La fattura" in str(notice.message.get_body(("plain",)))
    assert relaying.heard(MessageDelivered) == []


async def test_a_notice_that_bounces_ends_there(relaying: Installation, far_side: FarSide) -> None:
    far_side.always(Step.RCPT, "550 5.1.1 nobody here")
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageBounced)
    await until(lambda: _settled(relaying, QueueState.BOUNCED, 2), "message and notice to be given up")
    assert len(relaying.heard(MessageBounced)) == 1


async def _settled(installation: Installation, state: QueueState, count: int) -> bool:
    async with installation.database.reading() as session:
        return len(await list_mails(session, Wanted((state,)), None, 200)) == count


async def test_five_days_of_trouble_end_in_a_bounce(tmp_path: Path, far_side: FarSide) -> None:
    """The clock stands still in tests, so the queue's is turned back: the mail is five days old."""
    far_side.always(Step.RCPT, "451 4.2.2 mailbox full")
    async with Installation(tmp_path, smtp_relay=far_side.url).running() as installation:
        message = describe_message()
        await installation.tell(await installation.approve(message))
        await installation.hear(MessageDeferred)
        async with installation.database.transaction() as session:
            long_ago = datetime.now(UTC) - timedelta(days=5)
            mail = await store.get_mail(session, message.message_id)
            assert mail is not None
            mail.queued_at = long_ago
        (bounced,) = await installation.hear(MessageBounced)
        assert bounced.reply.startswith("451 4.2.2")


async def test_a_relay_that_is_down_holds_everything_back_and_the_queue_drains_after(
    tmp_path: Path, far_side: FarSide
) -> None:
    await far_side.stop()
    async with Installation(tmp_path, smtp_relay=far_side.url).running() as installation:
        await installation.tell(*[await installation.approve() for _ in range(40)])
        await installation.hear(MessageDeferred)
        metrics = installation.app.state.door.metrics
        assert metrics.registry.get_sample_value("tramite_mail_relay_unreachable") == 1
        await far_side.start()
        await installation.hear(MessageDelivered, 40)
        assert metrics.registry.get_sample_value("tramite_mail_relay_unreachable") == 0
    assert len(set(_identifiers(far_side))) == len(far_side.mails) == 40


async def test_when_only_the_answer_is_lost_the_repeat_has_the_same_message_id(
    relaying: Installation, far_side: FarSide
) -> None:
    far_side.script(Step.DATA, Loss.REPLY)
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered)
    first, second = far_side.mails
    assert first.content == second.content
    assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_one_recipient_that_is_slow_delays_nobody_else(relaying: Installation, far_side: FarSide) -> None:
    hold = far_side.hold(Step.RCPT)
    await relaying.tell(await relaying.approve())
    await hold.reached.wait()
    await relaying.tell(*[await relaying.approve() for _ in range(20)])
    await relaying.hear(MessageDelivered, 20)
    hold.release()
    await relaying.hear(MessageDelivered, 21)


async def test_content_that_is_gone_is_a_bounce_and_stops_nobody(relaying: Installation) -> None:
    gone = await relaying.approve(content=Content(subject="x", text="y" * 200_000))
    assert gone.content.blob is not None
    await relaying.blobs.delete(gone.content.blob)
    await relaying.tell(gone, await relaying.approve())
    await relaying.hear(MessageDelivered)
    (bounced,) = await relaying.hear(MessageBounced)
    assert bounced.message == gone.message


async def test_a_stop_finishes_and_records_what_was_begun(tmp_path: Path, far_side: FarSide) -> None:
    installation = Installation(tmp_path, smtp_relay=far_side.url)
    async with installation.running():
        hold = far_side.hold(Step.DATA)
        await installation.tell(await installation.approve())
        await hold.reached.wait()
        hold.release()
    async with installation.running():
        await installation.hear(MessageDelivered)
    assert len(far_side.mails) == 1


class TestCrashPoints:
    """A process that dies between claim, send and record leaves a claimed mail behind, sent or not."""

    async def _queue(self, installation: Installation) -> UUID:
        """Queue one message while the relay is away, and stop."""
        async with installation.running():
            message = describe_message(Direction.BUYER_TO_SELLER, kind=Kind.REPLY)
            await installation.tell(await installation.approve(message))
            await installation.hear(MessageDeferred)
        return message.message_id

    async def _claim(self, installation: Installation) -> None:
        """Claim as the worker does, and die."""
        now = datetime.now(UTC)
        async with installation.database.transaction() as session:
            soon = now + timedelta(hours=1)
            assert len(await store.claim_due(session, soon, store.Claim(uuid4(), soon, 10, 10), {})) == 1

    async def test_after_the_claim(self, tmp_path: Path, far_side: FarSide) -> None:
        installation = Installation(tmp_path, smtp_relay=far_side.url)
        await far_side.stop()
        await self._queue(installation)
        await self._claim(installation)
        await far_side.start()
        async with installation.running():
            await installation.hear(MessageDelivered)
        assert len(far_side.mails) == 1

    async def test_after_sending_before_recording(self, tmp_path: Path, far_side: FarSide) -> None:
        installation = Installation(tmp_path, smtp_relay=far_side.url)
        await far_side.stop()
        message_id = await self._queue(installation)
        await self._claim(installation)
        await far_side.start()
        await self._send(installation, message_id, far_side.url)
        async with installation.running():
            await installation.hear(MessageDelivered)
        assert len(set(_identifiers(far_side))) == 1
        assert len({mail.content for mail in far_side.mails}) == 1

    async def test_after_sending_to_a_maildir(self, tmp_path: Path, far_side: FarSide) -> None:
        away = Installation(tmp_path, smtp_relay=far_side.url)
        await far_side.stop()
        await self._queue(away)
        async with Installation(tmp_path).running() as installation:
            await installation.hear(MessageDelivered)
        await self._reopen(installation)
        async with installation.running():
            await installation.hear(MessageDelivered, 2)
        assert len(list((installation.mail_folder / SELLER / "new").iterdir())) == 1

    async def _send(self, installation: Installation, message_id: UUID, url: str) -> None:
        """Send as the worker does, and die before recording it."""
        composer = Composer(
            installation.keys,
            installation.blobs,
            BounceAddresses.of(installation.keys, installation.settings.delivery_report_days),
            Links.of(installation.keys, installation.settings.public_url),
            installation.settings.link_days,
            Signer({}),
        )
        transport = SmtpTransport(RelayAddress.parse(url), local_hostname="x.example", answer_seconds=10)
        async with installation.database.reading() as session:
            mail = await store.get_mail(session, message_id)
        assert mail is not None
        assert (await transport.send(await composer.compose(mail))).verdict is Verdict.DELIVERED
        await transport.close()

    async def _reopen(self, installation: Installation) -> None:
        """Make the database say what it said before the outcome was recorded."""
        async with installation.database.transaction() as session:
            statement = text("UPDATE queue SET state = 'waiting', claim = :claim, settled_at = NULL")
            await (await session.connection()).execute(statement, {"claim": uuid4().hex})


async def test_settled_mails_are_forgotten_after_their_time(relaying: Installation) -> None:
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered)
    async with relaying.database.transaction() as session:
        assert await store.purge_settled(session, datetime.now(UTC), 1) == 0
        assert await store.purge_settled(session, datetime.now(UTC) + timedelta(days=2), 1) == 1


async def test_a_claim_that_went_to_somebody_else_is_not_recorded(relaying: Installation, far_side: FarSide) -> None:
    hold = far_side.hold(Step.DATA)
    message = describe_message()
    await relaying.tell(await relaying.approve(message))
    await hold.reached.wait()
    async with relaying.database.transaction() as session:
        mail = await store.get_mail(session, message.message_id)
        assert mail is not None
        mail.claim = uuid4()
        mail.due_at = datetime.now(UTC)
    await relaying.hear(MessageDelivered)
    hold.release()
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered, 2)
    assert len(relaying.heard(MessageDelivered)) == 2


def test_the_gate_lets_one_probe_through_until_the_relay_answers() -> None:
    gate = RelayGate(DeliveryMetrics())
    assert gate.admits(10, sending=False) == 10
    pause = gate.note(Outcome(Verdict.UNREACHABLE, ""))
    assert pause is not None
    assert timedelta(0) < pause < timedelta(seconds=1)
    assert gate.admits(10, sending=False) == 0
    assert gate.note(Outcome(Verdict.BOUNCED, "")) is None
    assert gate.admits(10, sending=True) == 10


@pytest.mark.postgres
async def test_two_instances_share_a_queue_on_postgresql(tmp_path: Path, far_side: FarSide, postgres_url: str) -> None:
    settings: dict[str, Any] = {"smtp_relay": far_side.url, "delivery_connections": 3}
    one = Installation(tmp_path, postgres_url, **settings)
    two = Installation(tmp_path, postgres_url, **settings)
    async with one.running(), two.running():
        await one.tell(*[await one.approve() for _ in range(40)])
        await until(lambda: len(one.told) + len(two.told) >= 40, "40 messages to be told as delivered")
    assert len(set(_identifiers(far_side))) == len(far_side.mails) == 40


async def test_one_slow_domain_leaves_room_for_the_others(tmp_path: Path, far_side: FarSide) -> None:
    settings: dict[str, Any] = {"delivery_connections": 4, "delivery_connections_per_domain": 2}
    async with Installation(
        tmp_path, smtp_relay=f"{far_side.url}?starttls=never", **settings
    ).running() as installation:
        holds = [far_side.hold(Step.DATA) for _ in range(2)]
        slow = [await installation.approve(recipient=f"a{number}@slow.example") for number in range(6)]
        await installation.tell(*slow)
        for hold in holds:
            await hold.reached.wait()
        await installation.tell(await installation.approve(recipient="b@fast.example"))
        await installation.hear(MessageDelivered)
        assert [mail.recipients for mail in far_side.mails] == [("b@fast.example",)]
        assert len(far_side.conversations) <= 3
        for hold in holds:
            hold.release()
        await installation.hear(MessageDelivered, 7)
    assert len(set(_identifiers(far_side))) == 7
