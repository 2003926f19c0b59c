"""Orders while a sender records: nobody waits for anybody."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.delivery.app import MIGRATIONS
from services.delivery.models import QueueAction, QueuedMail
from services.delivery.operations import service, store
from services.delivery.operations.domain import Order, Ruling, Wanted
from shared import migrations
from shared.contracts.delivery import MessageDeferred, MessageDelivered
from tests.infrastructure.smtp import FarSide, Step
from tests.services.delivery.installation import Installation, describe_message

HOLD = Order(QueueAction.HOLD, "operator first", "")


@pytest.mark.req("R-MAIL-4")
@pytest.mark.postgres
async def test_a_mail_that_is_being_recorded_is_passed_over(tmp_path: Path, postgres_url: str) -> None:
    installation = Installation(tmp_path, postgres_url)
    await migrations.upgrade(installation.database, MIGRATIONS)
    async with installation.running() as delivery:
        told = [await delivery.approve(describe_message()) for _ in range(2)]
        await delivery.tell(*told)
        # The queue's own worker has a mail in hand, too, until it has told what became of it.
        await delivery.hear(MessageDelivered, 2)
        first, second = (one.message.message_id for one in told)
        now = datetime.now(UTC)
        async with asyncio.timeout(10), delivery.database.transaction() as recording:
            mail = await recording.get(QueuedMail, first, with_for_update=True)
            assert mail is not None
            async with delivery.database.transaction() as session:
                rulings = await service.change_named(session, [first, second], HOLD, now)
            async with delivery.database.transaction() as session:
                swept = await service.sweep(session, Wanted(), None, 10, HOLD, now)
        assert rulings[first] is Ruling.BUSY
        assert rulings[second] is Ruling.SETTLED
        assert swept.changed == 0
        async with delivery.database.reading() as session:
            assert await store.list_changes(session, first, 10) == []


@pytest.mark.req("R-MAIL-4")
async def test_a_repeated_retry_changes_nothing_and_is_audited_once(tmp_path: Path, far_side: FarSide) -> None:
    far_side.script(Step.RCPT, "451 4.2.2 later")
    relay = f"{far_side.url}?starttls=never"
    retry = Order(QueueAction.RETRY, "operator first", "")
    async with Installation(tmp_path, smtp_relay=relay, delivery_first_retry_seconds=3600).running() as delivery:
        told = await delivery.approve(describe_message())
        await delivery.tell(told)
        await delivery.hear(MessageDeferred)
        queue_id = told.message.message_id
        async with delivery.database.transaction() as session:
            rulings = [
                (await service.change_named(session, [queue_id], retry, datetime.now(UTC)))[queue_id] for _ in range(2)
            ]
            audited = await store.list_changes(session, queue_id, 10)
    assert rulings == [Ruling.CHANGED, Ruling.UNCHANGED]
    assert len(audited) == 1
