"""Mails are forgotten by age, and nothing younger is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select, update

from services.delivery.models import Intake, QueuedMail
from shared.contracts.delivery import MailReceived, MessageDelivered
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import BUYER, SELLER_ALIAS, Installation, write_mail

pytestmark = pytest.mark.req("R-PRIVACY-1", "R-PRIVACY-2")

BODY = (
    "--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n"
    '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="nota.txt"\r\n\r\nx\r\n--b--\r\n'
)


# What stands before the first part nobody shows, but it makes the mail too large for its row.
LARGE = "Preamble.\r\n" * 2000


def blobs(delivery: Installation, folder: str) -> int:
    root = delivery.settings.data_dir / "blobs" / folder
    return sum(path.is_file() for path in root.rglob("*"))


async def age(delivery: Installation, days: int) -> None:
    """Make all that is there so many days older."""
    then = datetime.now(UTC) - timedelta(days=days)
    async with delivery.database.transaction() as session:
        await session.exec(update(Intake).values(received_at=then))
        await session.exec(update(QueuedMail).where(col(QueuedMail.settled_at).is_not(None)).values(settled_at=then))


async def fill(delivery: Installation, filling: str = "") -> None:
    await delivery.introduce()
    await delivery.tell(await delivery.approve())
    await delivery.hear(MessageDelivered)
    mail = write_mail(BUYER, SELLER_ALIAS, filling + BODY, content_type='multipart/mixed; boundary="b"')
    await delivery.send(BUYER, SELLER_ALIAS, mail)
    await delivery.hear(MailReceived)
    await delivery.database.close()


async def look(delivery: Installation) -> list[Intake]:
    async with delivery.database.reading() as session:
        return list((await session.exec(select(Intake))).all())


@pytest.mark.parametrize(
    ("settings", "days", "raw", "parts"),
    [
        ({"raw_mail_days": 30}, 31, 0, 1),
        ({"raw_mail_days": 30}, 29, 1, 1),
        ({"raw_mail_days": 30, "attachment_days": 10}, 11, 1, 0),
        ({"raw_mail_days": 30, "attachment_days": 10}, 31, 0, 0),
    ],
)
async def test_what_is_old_enough_goes_at_the_next_round(
    tmp_path: Path, settings: dict[str, Any], days: int, raw: int, parts: int
) -> None:
    installation = Installation(tmp_path, **settings)
    async with installation.running() as delivery:
        await fill(delivery, LARGE)
        await age(delivery, days)
        assert (blobs(delivery, "raw"), blobs(delivery, "attachment")) == (1, 1)
    async with installation.running() as delivery:
        expected = (raw, parts)
        await until(
            lambda: (blobs(delivery, "raw"), blobs(delivery, "attachment")) == expected, f"{expected} blobs to be kept"
        )

        async def noted() -> bool:
            (row,) = await look(delivery)
            return (row.raw_blob is not None, row.parts_kept) == (bool(raw), bool(parts))

        await until(noted, "the intake to say so")


async def test_settled_mails_leave_the_queue_and_others_stay(tmp_path: Path) -> None:
    installation = Installation(tmp_path, retention_days=5, delivery_report_days=5)
    async with installation.running() as delivery:
        await fill(delivery)
        await age(delivery, 6)
    async with installation.running() as delivery:

        async def gone() -> bool:
            async with delivery.database.reading() as session:
                return not (await session.exec(select(QueuedMail))).all()

        await until(gone, "the queue to forget")


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
async def test_a_small_mail_lies_in_its_row_and_goes_as_well(tmp_path: Path, days: int, kept: bool) -> None:  # noqa: FBT001  # what the case expects
    installation = Installation(tmp_path, raw_mail_days=30)
    async with installation.running() as delivery:
        await fill(delivery)
        await age(delivery, days)
        (row,) = await look(delivery)
        assert (row.raw_box is not None, row.raw_blob, blobs(delivery, "raw")) == (True, None, 0)
    async with installation.running() as delivery:

        async def noted() -> bool:
            (row,) = await look(delivery)
            return (row.raw_box is not None) is kept

        await until(noted, "the next round")
