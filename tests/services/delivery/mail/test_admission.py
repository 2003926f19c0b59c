import pytest

from services.delivery.mail import admission
from services.delivery.mail.parsing import parse
from services.delivery.mail.refusal import Refusal
from tests.services.delivery.mail import samples

pytestmark = pytest.mark.req("R-MAIL-1")


def refusal_of(raw: bytes) -> Refusal:
    with pytest.raises(Refusal) as refused:
        admission.admit(parse(raw), {samples.COUNTERPART})
    return refused.value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (samples.multipart(("Content-Type: text/plain", "x"), subtype="signed"), "signed_or_encrypted"),
        (samples.mail(body="-----BEGIN PGP SIGNED MESSAGE-----\n"), "signed_or_encrypted"),
        (samples.multipart(("Content-Type: text/calendar", "x")), "calendar_invitation"),
        (samples.multipart(("Content-Type: application/ms-tnef", "x")), "outlook_format"),
        (samples.multipart(("Content-Type: message/rfc822", "From: a@b\n\nx")), "attached_message"),
        (samples.multipart(("Content-Type: text/vcard", "x")), "business_card"),
        (samples.mail("Content-Type: message/partial"), "partial_message"),
        (samples.mail("Content-Type: message/external-body"), "external_content"),
        (samples.multipart(("Content-Type: text/rfc822-headers", "x")), "report"),
        (samples.mail("Cc: friend@third.example"), "further_recipients"),
        (samples.mail("Bcc: friend@third.example"), "further_recipients"),
        (samples.mail(to=f"{samples.COUNTERPART}, {samples.REAL}"), "further_recipients"),
        (samples.mail("Reply-To: " + ", ".join(f"a{n}@b.example" for n in range(50))), "too_many_writers"),
        (samples.mail("Subject: ", body=" \n "), "empty"),
    ],
)
def test_what_may_not_pass_is_refused_in_words(raw: bytes, reason: str) -> None:
    refused = refusal_of(raw)
    assert refused.reason == reason
    assert refused.reply.startswith(("550 5.7.1 ", "554 5.6."))
    assert "third.example" not in refused.reply
    assert samples.REAL not in refused.reply
    assert refused.sentence.endswith(".")


@pytest.mark.parametrize(
    "raw",
    [
        samples.mail(to=samples.COUNTERPART.upper()),
        samples.mail(to="undisclosed-recipients:;"),
        samples.mail("Subject: only a subject", body=""),
    ],
)
def test_an_ordinary_mail_is_admitted(raw: bytes) -> None:
    admission.admit(parse(raw), {samples.COUNTERPART})


def test_a_reply_is_one_ascii_line() -> None:
    reply = Refusal("x", "5.3.4", "Grüße\r\n250 OK " + "y" * 600).reply
    assert reply.startswith("552 5.3.4 Gr??e 250 OK yyy")
    assert reply.isascii()
    assert "\n" not in reply
    assert len(reply) <= 500
