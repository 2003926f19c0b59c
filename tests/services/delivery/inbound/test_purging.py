"""Mails are forgotten by age, and nothing younger is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from services.delivery.inbound.purging import purge_intake
from services.delivery.models import Intake, QueuedMail, QueueState
from services.delivery.outbound.dispatch import purge_queue
from shared.contracts.delivery import MailReceived, MessageDelivered
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import BUYER, SELLER_ALIAS, Installation, describe_message, write_mail

pytestmark = pytest.mark.req("R-PRIVACY-1", "R-PRIVACY-2")

BODY = (
    "--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n"
    '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="nota.txt"\r\n\r\nx\r\n--b--\r\n'
)


# What stands before the first part nobody shows, but it makes the mail too large for its row.
LARGE = "Preamble.\r\n" * 2000


async def deliver(delivery: Installation, days: int, state: QueueState | None = None) -> UUID:
    """Let a message have been delivered so many days ago; or wait since then, where a `state` is given."""
    message = describe_message()
    count = len(delivery.heard(MessageDelivered)) + 1
    await delivery.tell(await delivery.approve(message))
    await delivery.hear(MessageDelivered, count)
    then = datetime.now(UTC) - timedelta(days=days)
    changes = {"settled_at": then} if state is None else {"settled_at": None, "queued_at": then, "state": state}
    async with delivery.database.transaction() as session:
        await session.exec(update(QueuedMail).where(col(QueuedMail.message_id) == message.message_id).values(changes))
    return message.message_id


async def receive(delivery: Installation, days: int, filling: str = "") -> None:
    """Let mails have come in so many days ago: one more now, and all that are there."""
    count = len(delivery.heard(MailReceived)) + 1
    mail = write_mail(BUYER, SELLER_ALIAS, filling + BODY, content_type='multipart/mixed; boundary="b"')
    await delivery.send(BUYER, SELLER_ALIAS, mail)
    await delivery.hear(MailReceived, count)
    async with delivery.database.transaction() as session:
        await session.exec(update(Intake).values(received_at=datetime.now(UTC) - timedelta(days=days)))


async def fill(delivery: Installation, days: int, filling: str = "") -> None:
    """Let a mail have gone out and one have come in."""
    await delivery.introduce()
    await deliver(delivery, days)
    await receive(delivery, days, filling)


def blobs(delivery: Installation) -> tuple[int, int]:
    """Return how many mails as they came in, and how many attachments, are kept as files."""
    root = delivery.settings.data_dir / "blobs"
    raw, parts = (sum(path.is_file() for path in (root / kind).rglob("*")) for kind in ("raw", "attachment"))
    return raw, parts


async def look(delivery: Installation) -> list[Intake]:
    async with delivery.database.reading() as session:
        return list((await session.exec(select(Intake))).all())


async def queued(delivery: Installation) -> set[UUID]:
    async with delivery.database.reading() as session:
        return set((await session.exec(select(QueuedMail.message_id))).all())


@pytest.mark.parametrize(
    ("attachment_days", "days", "raw", "parts"),
    [(0, 31, 0, 1), (0, 29, 1, 1), (10, 9, 1, 1), (10, 11, 1, 0), (10, 31, 0, 0), (40, 31, 0, 1)],
)
async def test_what_is_old_enough_goes(
    delivery: Installation, attachment_days: int, days: int, raw: int, parts: int
) -> None:
    await fill(delivery, days, LARGE)
    assert blobs(delivery) == (1, 1)
    assert not await purge_intake(delivery.database, delivery.blobs, 30, attachment_days)
    assert blobs(delivery) == (raw, parts)
    (row,) = await look(delivery)
    assert (row.raw_blob is not None, row.parts_kept) == (bool(raw), bool(parts))


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
async def test_a_small_mail_lies_in_its_row_and_goes_as_well(delivery: Installation, days: int, kept: bool) -> None:  # noqa: FBT001  # what the case expects
    await fill(delivery, days)
    (row,) = await look(delivery)
    assert (row.raw_box is not None, row.raw_blob, blobs(delivery)) == (True, None, (0, 1))
    await purge_intake(delivery.database, delivery.blobs, 30, 0)
    (row,) = await look(delivery)
    assert (row.raw_box is not None) is kept


@pytest.mark.parametrize(("raw_days", "attachment_days"), [(30, 0), (60, 30)])
async def test_many_go_a_few_at_a_time(
    delivery: Installation, monkeypatch: pytest.MonkeyPatch, raw_days: int, attachment_days: int
) -> None:
    monkeypatch.setattr("services.delivery.inbound.purging._PURGED_AT_ONCE", 1)
    await fill(delivery, 31)
    await receive(delivery, 31)
    for left in (1, 0):
        assert await purge_intake(delivery.database, delivery.blobs, raw_days, attachment_days)
        rows = await look(delivery)
        assert sum(row.parts_kept if attachment_days else row.raw_box is not None for row in rows) == left
    assert not await purge_intake(delivery.database, delivery.blobs, raw_days, attachment_days)


async def test_settled_mails_leave_the_queue_and_others_stay(delivery: Installation) -> None:
    old, young = await deliver(delivery, 6), await deliver(delivery, 4)
    held = await deliver(delivery, 6, QueueState.HELD)
    assert await queued(delivery) == {old, young, held}
    await purge_queue(delivery.database, 5)
    assert await queued(delivery) == {young, held}


@pytest.mark.parametrize(("days", "raw"), [(11, 1), (31, 0)])
async def test_a_service_forgets_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, raw: int
) -> None:
    installation = Installation(
        tmp_path, raw_mail_days=30, attachment_days=10, retention_days=5, delivery_report_days=10
    )
    async with installation.running() as delivery:
        await fill(delivery, days, LARGE)
        reported = await deliver(delivery, 9)
    monkeypatch.setattr("shared.runtime._FIRST_PURGE_SECONDS", 0)
    async with installation.running() as delivery:

        async def is_done() -> bool:
            return blobs(delivery) == (raw, 0) and await queued(delivery) == {reported}

        await until(is_done, "what is old to go")
