from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import reports
from services.delivery.mail.reports import Failure, Outcome, classify
from tests.services.delivery.mail import corpus, report_expectations, samples

pytestmark = pytest.mark.req("R-MAIL-4")

STATUS = """Reporting-MTA: dns; mx.far.example

Original-Recipient: rfc822;buyer@far.example
Final-Recipient: rfc822; internal@far.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1
 no such user
"""


def report(
    action: str = "failed", status: str = "5.1.1", returned: str = "Message-ID: <m@ours.example>\n\nhi"
) -> bytes:
    return samples.multipart(
        ("Content-Type: text/plain", "Sorry."),
        ("Content-Type: message/delivery-status", STATUS.format(action=action, status=status)),
        ("Content-Type: message/rfc822", returned),
        subtype="report",
    )


def test_a_report_by_the_book() -> None:
    found = classify(report())
    assert found == reports.Report(
        Outcome.HARD,
        (Failure("buyer@far.example", Outcome.HARD, "5.1.1", "smtp; 550 5.1.1 no such user"),),
        "5.1.1",
        "<m@ours.example>",
    )


@pytest.mark.parametrize(
    ("action", "status", "outcome"),
    [
        ("failed", "4.4.7", Outcome.HARD),
        ("Failed (bad mailbox)", "5.1.1", Outcome.HARD),
        ("delayed", "4.4.1", Outcome.SOFT),
        ("delivered", "2.0.0", Outcome.DELIVERED),
        ("relayed", "2.0.0", Outcome.DELIVERED),
        ("nonsense", "4.2.2", Outcome.SOFT),
        ("nonsense", "x", Outcome.HARD),
    ],
)
def test_the_action_decides_before_the_status(action: str, status: str, outcome: Outcome) -> None:
    assert classify(report(action, status)).outcome is outcome


@pytest.mark.parametrize(
    ("raw", "identifier"),
    [
        (report(returned="Subject: x\n\nno identifier"), None),
        (
            samples.mail("Subject: failure notice", body="Sorry\n\n--- copy ---\nMessage-Id: <m@ours.example>\n"),
            "<m@ours.example>",
        ),
        (samples.mail("In-Reply-To: <m@ours.example>", "Auto-Submitted: auto-replied"), "<m@ours.example>"),
        (samples.mail("References: <a@b> <m@ours.example>"), "<m@ours.example>"),
        (
            samples.multipart(
                ("Content-Type: message/disposition-notification", "Original-Message-ID: <m@ours.example>"),
                subtype="report",
            ),
            "<m@ours.example>",
        ),
        (samples.mail(), None),
    ],
)
def test_the_message_that_came_back_is_named(raw: bytes, identifier: str | None) -> None:
    assert classify(raw).original_message_id == identifier


@pytest.mark.parametrize(
    ("subject", "body", "outcome"),
    [
        ("Mancata consegna", "Non è stato possibile recapitare il messaggio", Outcome.HARD),
        ("Unzustellbar: Hallo", "Die Nachricht konnte nicht zugestellt werden", Outcome.HARD),
        ("Échec de la remise", "Votre message n'a pas pu être remis", Outcome.HARD),
        ("No se pudo entregar", "El mensaje no ha podido ser entregado", Outcome.HARD),
        ("配信不能", "メールを配信できませんでした", Outcome.HARD),
        ("Delivery delayed: not delivered", "Delivery attempts will continue to be made", Outcome.SOFT),
        ("Out of office", "I am away", Outcome.AUTO_REPLY),
        ("Re: your message", "Thanks, it could not be delivered earlier", Outcome.NONE),
        ("Undeliverable?", "is my parcel lost", Outcome.HARD),
    ],
)
def test_reports_in_free_words(subject: str, body: str, outcome: Outcome) -> None:
    assert classify(samples.mail(f"Subject: {subject}", body=body)).outcome is outcome


# The forms of the old servers, as they were before reports had one.
OLD_FORMS = {
    "qmail": Outcome.HARD,
    "exim": Outcome.HARD,
    "exchange": Outcome.HARD,
    "warning": Outcome.SOFT,
}


@pytest.mark.parametrize("form", OLD_FORMS)
def test_the_forms_of_old_servers(form: str) -> None:
    found = classify((Path(__file__).parent / "fixtures" / f"{form}.eml").read_bytes())
    assert found.outcome is OLD_FORMS[form]
    assert [failure.address for failure in found.failures] == ["buyer@far.example"]
    assert found.original_message_id == "<m@ours.example>"


@given(st.binary(max_size=300))
def test_any_octets_are_classified(raw: bytes) -> None:
    assert isinstance(classify(raw).outcome, Outcome)


@given(
    st.lists(
        st.sampled_from(
            [b"Action: failed\r\n", b"\r\n", b"Final-Recipient: ;;\r\n", b"\xff", b"Status: 9.9\r\n", b"a@b.c "]
        )
    )
)
def test_a_damaged_status_part_is_classified(pieces: list[bytes]) -> None:
    raw = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    assert isinstance(classify(raw + b"".join(pieces)).outcome, Outcome)


@corpus.needs_corpus
def test_the_corpus_of_reports(record_property: Callable[[str, object], None]) -> None:
    files = {path.name: path for path in corpus.paths()}
    table = report_expectations.rows()
    wrong = []
    for name, outcome, recipients in table:
        found = classify(files[name].read_bytes())
        if (found.outcome, {failure.address for failure in found.failures if failure.address}) != (outcome, recipients):
            wrong.append(name)
    right = 100 * (1 - len(wrong) / len(table))
    record_property("mail corpus", f"{len(table)} reports, {right:.1f} % classified right {wrong or ''}")
    assert right >= 97, wrong


@corpus.needs_corpus
def test_ordinary_mail_of_the_corpus_is_no_report() -> None:
    known = {name for name, _, _ in report_expectations.rows()}
    ordinary = [path for path in corpus.paths() if path.name not in known]
    taken = [path.name for path in ordinary if classify(path.read_bytes()).outcome in {Outcome.HARD, Outcome.SOFT}]
    assert len(ordinary) > 250
    assert not taken
