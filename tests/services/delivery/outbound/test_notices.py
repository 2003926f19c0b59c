"""What a writer is told when a message did not arrive (R-MAIL-9)."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from services.delivery.mail.composing import compose
from services.delivery.outbound.catalogue import LANGUAGES, choose_language, read_wording
from services.delivery.outbound.letters import Place
from services.delivery.outbound.notices import (
    Addressee,
    Cause,
    Notice,
    Reason,
    identify_notice,
    pick_reasons,
    write_notice,
)
from shared.contracts.delivery import MailReceived, MessageDelivered
from shared.contracts.facts import FindingFacts
from shared.contracts.vocabulary import Channel, Direction, Kind, Role, Severity
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import (
    BUYER,
    BUYER_ALIAS,
    FINDING,
    ORDER,
    SELLER,
    STAFF,
    Installation,
    describe_message,
    read_box,
    write_mail,
)

pytestmark = pytest.mark.req("R-MAIL-9")

PLACE = Place("<n@marketplace.amazon.it>", (), datetime(2026, 5, 5, tzinfo=UTC))
# One word of each language's notice that no other language has, and its form of the important tag.
SIGNS = {
    "de": ("weitergeleitet", "[Wichtig]"),
    "en": ("passed on", "[Important]"),
    "es": ("transmitido", "[Importante]"),
    "fr": ("transmis", "[Important]"),
    "it": ("inoltrato", "[Importante]"),
    "ja": ("転送されませんでした", "[重要]"),
}


async def _read_notice(delivery: Installation, address: str) -> EmailMessage:
    folder = delivery.mail_folder / address
    (raw,) = await until(lambda: read_box(folder), f"a mail at {address}")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_rejected_seller_hears_why_and_how_to_reach_the_buyer(delivery: Installation) -> None:
    await delivery.tell(await delivery.reject())
    notice = await _read_notice(delivery, SELLER)
    body = notice.get_body(("plain",))
    formatted = notice.get_body(("html",))
    assert body is not None
    assert formatted is not None
    for part in (body.get_content(), formatted.get_content()):
        assert FINDING.message in part
        assert FINDING.advice in part
        assert "[Importante]" in part
        assert "Uno sconto per te" in part
        assert "5 maggio 2026" in part
    assert ORDER in notice["Subject"]
    assert notice["Auto-Submitted"] == "auto-generated"
    assert BUYER not in notice.as_string()


async def test_a_rejected_buyer_hears_it_too(delivery: Installation) -> None:
    rejected = await delivery.reject(describe_message(Direction.BUYER_TO_SELLER))
    await delivery.introduce()
    await delivery.tell(rejected)
    body = (await _read_notice(delivery, BUYER)).get_body(("plain",))
    assert body is not None
    assert FINDING.message in body.get_content()
    assert "[Importante]" not in body.get_content()


async def test_a_rejection_that_comes_before_the_buyer_waits_for_them(delivery: Installation) -> None:
    rejected = await delivery.reject(describe_message(Direction.BUYER_TO_SELLER))
    await delivery.tell(rejected, delivery.buyer())
    await _read_notice(delivery, BUYER)


async def test_a_rejection_told_twice_is_one_notice(delivery: Installation) -> None:
    rejected = await delivery.reject()
    await delivery.tell(rejected)
    await delivery.tell(rejected)
    await delivery.tell(await delivery.approve())
    await delivery.hear(MessageDelivered)
    await _read_notice(delivery, SELLER)


async def test_who_switched_notices_off_gets_none(delivery: Installation) -> None:
    await delivery.tell(delivery.seller(notices=False))
    await delivery.tell(await delivery.reject())
    await delivery.tell(await delivery.approve(describe_message(Direction.BUYER_TO_SELLER, kind=Kind.REPLY)))
    await delivery.hear(MessageDelivered)
    (mail,) = read_box(delivery.mail_folder / SELLER)
    assert b"Auto-Submitted" not in mail


async def test_a_notice_answers_the_mail_it_is_about(delivery: Installation) -> None:
    await delivery.introduce()
    await delivery.tell(await delivery.approve())
    own = "<own-1@mail.bottega-verdi.example>"
    await delivery.send(STAFF, BUYER_ALIAS, write_mail(STAFF, BUYER_ALIAS, message_id=own))
    (received,) = await delivery.hear(MailReceived)
    message = describe_message(message_id=received.mail_id, channel=Channel.EMAIL)
    await delivery.tell(await delivery.reject(message))
    notice = await _read_notice(delivery, SELLER)
    assert notice["In-Reply-To"] == own


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("to", list(Role))
def test_each_language_tells_everything(language: str, cause: Cause, to: Role) -> None:
    reasons = (Reason(message="Because <b>.", advice="Then & so."),)
    notice = Notice(cause=cause, to=to, language=language, reasons=reasons)
    mail = write_notice(notice, describe_message(), Addressee("a@b.example", "Subject {x}"), PLACE)
    assert mail.automatic
    assert "Because <b>." in mail.text
    assert "Because &lt;b&gt;." in (mail.html or "")
    assert "Then & so." in mail.text
    assert "Subject {x}" in mail.text
    assert ORDER in mail.subject
    assert "{" not in mail.text.replace("{x}", "")
    assert (SIGNS[language][1] in mail.text) == (to is Role.SELLER)
    assert (SIGNS[language][0] in mail.text) == (cause is Cause.REJECTED)
    assert compose(mail).endswith(b"\r\n")


def test_all_languages_have_the_same_phrases() -> None:
    assert set(LANGUAGES) == set(SIGNS)
    english = read_wording("en")
    for language in LANGUAGES:
        words = read_wording(language)
        assert words.letter.keys() == english.letter.keys()
        assert words.notice.keys() == english.notice.keys()
        assert all(words.letter.values())
        assert all(words.notice.values())


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(("de-AT",), "de"), (("pt_BR", "fr_FR"), "fr"), (("xx",), "en"), ((), "en"), (("JA",), "ja")],
)
def test_language_falls_back(wanted: tuple[str, ...], chosen: str) -> None:
    assert choose_language(*wanted) == chosen


def test_a_message_without_order_or_known_time_zone_is_told_of_all_the_same() -> None:
    message = describe_message(order_id=None)
    strange = message.model_copy(
        update={"marketplace": message.marketplace.model_copy(update={"time_zone": "No/Where"})}
    )
    mail = write_notice(
        Notice(cause=Cause.BOUNCED, to=Role.SELLER, language="en"), strange, Addressee("a@b.example", ""), PLACE
    )
    assert mail.subject == "Your message was not delivered"
    assert "May 4, 2026" in mail.text
    assert "Subject of your message" not in mail.text


def test_reasons_are_those_that_blocked_each_once_and_few() -> None:
    flags = [FINDING.model_copy(update={"severity": Severity.FLAG, "message": "a flag"})]
    many = [FINDING.model_copy(update={"message": f"no {number}"}) for number in range(30)]
    findings: list[FindingFacts] = [FINDING, FINDING, *flags, *many]
    reasons = pick_reasons(tuple(findings))
    assert len(reasons) == 10
    assert [reason.message for reason in reasons[:2]] == [FINDING.message, "no 0"]
    assert all(reason.message != "a flag" for reason in reasons)


def test_each_cause_has_one_notice_for_ever() -> None:
    message_id = describe_message().message_id
    assert identify_notice(message_id, Cause.BOUNCED) == identify_notice(message_id, Cause.BOUNCED)
    assert identify_notice(message_id, Cause.BOUNCED) != identify_notice(message_id, Cause.REJECTED)
