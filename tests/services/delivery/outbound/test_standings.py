"""The mail that tells a seller of a changed standing."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from services.delivery.outbound.catalogue import LANGUAGES, read_wording
from shared.contracts.policy import StandingChanged
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import DOMAIN, MARKETPLACE, SELLER, Installation, read_box

pytestmark = pytest.mark.req("R-POLICY-7")
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def changed(**changes: object) -> StandingChanged:
    facts = {
        "seller_id": "seller-1",
        "standing": "templates_only",
        "previous": "good",
        "cause": "10 points <in> 30 days",
        "changed_by": "automatic",
        "changed_at": NOW,
        "marketplace": MARKETPLACE,
    }
    return StandingChanged.model_validate(facts | changes)


async def mails(delivery: Installation, count: int = 1) -> list[EmailMessage]:
    def enough() -> list[bytes]:
        found = read_box(delivery.mail_folder / SELLER)
        return found if len(found) >= count else []

    found = await until(enough, f"{count} notices")
    return [message_from_bytes(mail, policy=policy.default) for mail in found]


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("standing", ["good", "templates_only", "suspended"])
async def test_it_says_what_and_why_in_the_sellers_language(
    delivery: Installation, language: str, standing: str
) -> None:
    told = changed(standing=standing)
    await delivery.tell(delivery.seller(language=language))
    await delivery.tell(told, told)
    (mail,) = await mails(delivery)
    words = read_wording(language).standing
    assert mail["Subject"] == words["subject"].replace("{marketplace}", MARKETPLACE.name)
    assert mail["From"].addresses[0].addr_spec == f"no-reply@{DOMAIN}"
    assert mail["Auto-Submitted"] == "auto-generated"
    said = words[standing].replace("{marketplace}", MARKETPLACE.name)
    assert said in part(mail, "plain")
    assert "10 points <in> 30 days" in part(mail, "plain")
    assert "10 points &lt;in&gt; 30 days" in part(mail, "html")
    assert words["elsewhere"] in part(mail, "plain")


async def test_each_change_is_told_once(delivery: Installation) -> None:
    await delivery.tell(delivery.seller())
    await delivery.tell(changed(), changed(), changed(standing="suspended", previous="templates_only"))
    assert len(await mails(delivery, 2)) == 2


async def test_nobody_is_written_to_before_any_order(delivery: Installation) -> None:
    await delivery.tell(delivery.seller())
    await delivery.tell(changed(marketplace=None), changed(standing="suspended"))
    (mail,) = await mails(delivery)
    assert read_wording("it").standing["suspended"].replace("{marketplace}", MARKETPLACE.name) in part(mail, "plain")


def test_the_languages_say_the_same_things() -> None:
    names = set(read_wording("en").standing)
    for language in LANGUAGES:
        words = read_wording(language).standing
        assert set(words) == names
        assert all(words.values())
        assert "{marketplace}" in words["good"]
        assert "{marketplace}" in words["templates_only"]
        assert "{marketplace}" in words["suspended"]
