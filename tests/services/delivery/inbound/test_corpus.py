"""Every mail of the corpus through the door, in both directions: taken, or refused for good in words."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import aiosmtplib
import pytest
from sqlalchemy import func, select
from sqlmodel import col

from services.delivery.models import Intake, IntakeOutcome
from shared.contracts.delivery import MailReceived
from tests.services.delivery.installation import BUYER, BUYER_ALIAS, SELLER_ALIAS, STAFF, Installation
from tests.services.delivery.mail import corpus

# What each line does, other tests show; counting lines of so many mails takes twice the time.
pytestmark = [
    pytest.mark.req("R-MAIL-1", "R-MAIL-3"),
    corpus.needs_corpus,
    pytest.mark.timeout(600),
    pytest.mark.no_cover,
]

_ADDRESS_FIELDS = re.compile(
    rb"^(?:from|to|cc|bcc|sender|reply-to)[ \t]*:.*(?:\r?\n[ \t].*)*\r?\n", re.IGNORECASE | re.MULTILINE
)
_FOR_GOOD = re.compile(r"5\.\d{1,3}\.\d{1,3} [A-Z].{10,}")


def _readdress(raw: bytes, sender: str, recipient: str) -> bytes:
    """Make it a mail from this sender to this recipient; everything else stays as it is."""
    end = re.search(rb"\r?\n\r?\n", raw)
    header, rest = (raw[: end.start() + 2], raw[end.start() + 2 :]) if end else (raw, b"")
    kept = _ADDRESS_FIELDS.sub(b"", header)
    return f"From: <{sender}>\r\nTo: <{recipient}>\r\n".encode() + kept + rest


async def _bring(client: aiosmtplib.SMTP, sender: str, recipient: str, raw: bytes) -> str:
    try:
        await client.sendmail(sender, [recipient], _readdress(raw, sender, recipient))
    except aiosmtplib.SMTPDataError as error:
        good = 500 <= error.code < 600 and _FOR_GOOD.fullmatch(error.message)
        return "refused" if good else f"refused badly: {error.code} {error.message}"
    return "taken"


async def _count_received(delivery: Installation) -> int:
    query = select(func.count()).where(col(Intake.outcome) == IntakeOutcome.RECEIVED)
    async with delivery.database.reading() as session:
        return await session.scalar(query) or 0


async def test_every_mail_is_taken_or_refused_in_words(
    delivery: Installation, record_property: Callable[[str, object], None]
) -> None:
    await delivery.introduce()
    await delivery.tell(await delivery.approve())
    counts: Counter[str] = Counter()
    mails: list[Path] = corpus.paths()
    async with delivery.client() as client:
        for path in mails:
            raw = path.read_bytes()
            for sender, recipient in ((BUYER, SELLER_ALIAS), (STAFF, BUYER_ALIAS)):
                counts[await _bring(client, sender, recipient, raw)] += 1
    persons = await _count_received(delivery)
    record_property("mail corpus", f"through the door: {dict(counts)}, of which {persons} a person's")
    assert counts["taken"] + counts["refused"] == 2 * len(mails)
    assert persons > len(mails)
    # 250 promises a row and an event in one commit; the relay tells the event only afterwards.
    told = await delivery.hear(MailReceived, persons)
    assert len({event.mail_id for event in told}) == len(told) == persons
