import pytest

from services.delivery.mail.automation import Automatic, recognise
from services.delivery.mail.parsing import parse
from tests.services.delivery.mail import samples

pytestmark = pytest.mark.req("R-MAIL-4")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (samples.mail("Auto-Submitted: auto-replied"), Automatic.AUTO_REPLY),
        (samples.mail("Auto-Submitted: auto-generated (failure)"), Automatic.AUTO_REPLY),
        (samples.mail("Auto-Submitted: auto-replied; owner-email=x"), Automatic.AUTO_REPLY),
        (samples.mail("Precedence: auto_reply"), Automatic.AUTO_REPLY),
        (samples.mail("X-Autoreply: yes"), Automatic.AUTO_REPLY),
        (samples.mail("X-Autorespond: x"), Automatic.AUTO_REPLY),
        (samples.mail("Precedence: bulk"), Automatic.BULK),
        (samples.mail("Precedence: junk"), Automatic.BULK),
        (samples.mail("Precedence: list"), Automatic.MAILING_LIST),
        (samples.mail("List-Id: <a.b>"), Automatic.MAILING_LIST),
        (samples.mail("List-Unsubscribe: <mailto:x@y>"), Automatic.MAILING_LIST),
        (samples.mail(sender="owner-talk@lists.example"), Automatic.MAILING_LIST),
        (samples.mail(sender="MAILER-DAEMON@mx.example"), Automatic.DELIVERY_REPORT),
        (samples.mail("X-Failed-Recipients: a@b.example"), Automatic.DELIVERY_REPORT),
        (
            samples.mail("Content-Type: multipart/report; report-type=delivery-status; boundary=b"),
            Automatic.DELIVERY_REPORT,
        ),
        (samples.multipart(("Content-Type: message/delivery-status", "Action: failed")), Automatic.DELIVERY_REPORT),
        (samples.multipart(("Content-Type: message/disposition-notification", "x: y")), Automatic.READ_RECEIPT),
        (samples.mail("Subject: Automatic reply: Order 5"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Out of office"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Risposta automatica: Ordine 5"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Fuori ufficio"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Automatische Antwort: Bestellung"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Abwesenheitsnotiz"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Réponse automatique : commande"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Absence du bureau"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Respuesta automática: pedido"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: Fuera de la oficina"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: 自動返信: ご注文"), Automatic.AUTO_REPLY),
        (samples.mail("Subject: 不在通知"), Automatic.AUTO_REPLY),
    ],
)
def test_automatic_mail_is_recognised(raw: bytes, kind: Automatic) -> None:
    assert recognise(parse(raw), "a@b.example") is kind


@pytest.mark.parametrize("sender", ["", "<>"])
def test_the_null_sender_is_never_a_person(sender: str) -> None:
    assert recognise(parse(samples.mail()), sender) is Automatic.NULL_SENDER
    assert recognise(parse(samples.mail("Subject: Out of office")), sender) is Automatic.AUTO_REPLY


@pytest.mark.parametrize(
    "raw",
    [
        samples.mail("Auto-Submitted: no"),
        samples.mail("X-Auto-Response-Suppress: OOF"),
        samples.mail("Precedence: first-class"),
        samples.mail("Subject: Re: Out of office"),
        samples.mail("Subject: Question about an automatic watch"),
        samples.mail("Subject: Automatik-Uhr defekt"),
        samples.mail("Subject: Autoradio kaputt"),
        samples.mail("Subject: Non sono mai in ufficio"),
        samples.mail("Subject: Undeliverable? My parcel did not come"),
        samples.mail("X-Mailer: Thunderbird", sender="postmann@b.example"),
        samples.mail("Subject: 自動車の部品"),
    ],
)
def test_a_person_is_never_taken_for_a_machine(raw: bytes) -> None:
    assert recognise(parse(raw), samples.REAL) is None
    assert recognise(parse(raw), None) is None
