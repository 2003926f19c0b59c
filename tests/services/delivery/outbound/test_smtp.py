"""Sending to a relay, which is a real server: every way in which a conversation can go wrong is an outcome."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.delivery.outbound.domain import Envelope, Verdict
from services.delivery.outbound.smtp import RelayAddress, SmtpTransport
from tests.infrastructure.smtp import FarSide, Loss, Step

pytestmark = pytest.mark.req("R-MAIL-4")

CONTENT = b"Subject: x\r\n\r\n.dot\r\nend\r\n"


def _envelope(recipient: str = "a@b.example", *, smtputf8: bool = False) -> Envelope:
    return Envelope(uuid4(), "b-1@c.example", recipient, "<1@x.example>", CONTENT, smtputf8)


def _transport(url: str, seconds: float = 10, certificates: Path | None = None) -> SmtpTransport:
    return SmtpTransport(
        RelayAddress.parse(url), local_hostname="tramite.example", answer_seconds=seconds, certificates=certificates
    )


@pytest.fixture
async def transport(far_side: FarSide) -> AsyncIterator[SmtpTransport]:
    """Give a transport to the far side."""
    made = _transport(far_side.url)
    yield made
    await made.close()


async def test_a_mail_arrives_as_it_is_and_connections_are_used_again(
    far_side: FarSide, transport: SmtpTransport
) -> None:
    for _ in range(3):
        assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED
    assert [mail.content for mail in far_side.mails] == [CONTENT] * 3
    assert {(mail.sender, mail.recipients, mail.helo) for mail in far_side.mails} == {
        ("b-1@c.example", ("a@b.example",), "tramite.example")
    }
    assert len(far_side.conversations) == 1


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
@pytest.mark.parametrize(
    ("reply", "verdict"),
    [("451 4.7.1 later", Verdict.DEFERRED), ("550 5.1.1 <a@b.example> unknown", Verdict.BOUNCED)],
)
async def test_refusals_at_each_step_leave_the_connection_usable(
    far_side: FarSide, transport: SmtpTransport, step: Step, reply: str, verdict: Verdict
) -> None:
    far_side.script(step, reply)
    outcome = await transport.send(_envelope())
    assert outcome.verdict is verdict
    assert "a@b" not in outcome.reply
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED
    assert len(far_side.conversations) == 1


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
async def test_a_relay_that_closes_with_421_is_tried_anew(
    far_side: FarSide, transport: SmtpTransport, step: Step
) -> None:
    far_side.script(step, "421 4.3.2 shutting down")
    assert (await transport.send(_envelope())).verdict is Verdict.DEFERRED
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED


@pytest.mark.parametrize("loss", [Loss.CONNECTION, Loss.REPLY])
async def test_a_connection_lost_at_the_end_is_temporary(
    far_side: FarSide, transport: SmtpTransport, loss: Loss
) -> None:
    far_side.script(Step.DATA, loss)
    assert (await transport.send(_envelope())).verdict is Verdict.DEFERRED


async def test_an_idle_connection_that_the_relay_closed_costs_no_attempt(
    far_side: FarSide, transport: SmtpTransport
) -> None:
    await transport.send(_envelope())
    await far_side.stop()
    await far_side.start()
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED


async def test_an_idle_connection_that_says_421_costs_no_attempt(far_side: FarSide, transport: SmtpTransport) -> None:
    await transport.send(_envelope())
    far_side.script(Step.MAIL, "421 4.4.2 idle for too long")
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED


async def test_a_relay_that_does_not_serve_is_unreachable(far_side: FarSide, transport: SmtpTransport) -> None:
    far_side.script(Step.CONNECT, "554 5.3.2 no service")
    assert (await transport.send(_envelope())).verdict is Verdict.UNREACHABLE


async def test_a_relay_from_before_ehlo_is_greeted_as_it_likes(far_side: FarSide, transport: SmtpTransport) -> None:
    far_side.script(Step.EHLO, "502 5.5.1 what is that")
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED


async def test_a_relay_that_is_not_there_is_unreachable(far_side: FarSide, transport: SmtpTransport) -> None:
    await far_side.stop()
    assert (await transport.send(_envelope())).verdict is Verdict.UNREACHABLE


async def test_a_silent_relay_is_waited_for_no_longer_than_set(far_side: FarSide) -> None:
    transport = _transport(far_side.url, seconds=0.05)
    far_side.hold(Step.DATA)
    outcome = await transport.send(_envelope())
    await transport.close()
    assert outcome.verdict is Verdict.DEFERRED
    assert far_side.mails == []


async def test_an_address_beyond_ascii_travels_with_smtputf8(far_side: FarSide, transport: SmtpTransport) -> None:
    assert (await transport.send(_envelope("josé@bücher.example", smtputf8=True))).verdict is Verdict.DELIVERED
    (mail,) = far_side.mails
    assert mail.recipients == ("josé@bücher.example",)
    assert "SMTPUTF8" in mail.mail_options


async def test_the_null_sender_is_sent_as_such(far_side: FarSide, transport: SmtpTransport) -> None:
    await transport.send(Envelope(uuid4(), "", "a@b.example", "<1@x.example>", CONTENT))
    assert [mail.sender for mail in far_side.mails] == ["<>"]


async def test_credentials_without_encryption_are_never_sent(far_side: FarSide) -> None:
    transport = _transport(f"smtp://user:secret@127.0.0.1:{far_side.port}?starttls=always")
    outcome = await transport.send(_envelope())
    await transport.close()
    assert outcome.verdict is Verdict.UNREACHABLE
    assert far_side.mails == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay.example", ("relay.example", 25, None, None, False, None)),
        ("smtp://u%40x:p%3Aw@relay.example:587?starttls=always", ("relay.example", 587, "u@x", "p:w", False, True)),
        ("smtp://127.0.0.1:2526?starttls=never", ("127.0.0.1", 2526, None, None, False, False)),
        ("smtps://relay.example", ("relay.example", 465, None, None, True, False)),
    ],
)
def test_relay_addresses(url: str, expected: tuple[object, ...]) -> None:
    relay = RelayAddress.parse(url)
    assert (relay.host, relay.port, relay.username, relay.password, relay.tls, relay.start_tls) == expected


@pytest.mark.parametrize("url", ["http://relay.example", "smtp://", "smtp://u:secret@relay.example?starttls=maybe"])
def test_a_wrong_relay_address_is_named_without_its_secrets(url: str) -> None:
    with pytest.raises(ValueError, match="TRAMITE_SMTP_RELAY") as error:
        RelayAddress.parse(url)
    assert "secret" not in str(error.value)


@pytest.fixture
async def encrypting(certificate: tuple[Path, Path]) -> AsyncIterator[FarSide]:
    """Give a relay that offers STARTTLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    async with FarSide(tls=context) as relay:
        yield relay


@pytest.mark.parametrize("policy", ["auto", "always"])
async def test_a_relay_that_can_encrypt_is_spoken_to_encrypted(
    encrypting: FarSide, certificate: tuple[Path, Path], policy: str
) -> None:
    transport = _transport(f"{encrypting.url}?starttls={policy}", certificates=certificate[0])
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED
    await transport.close()
    assert [mail.encrypted for mail in encrypting.mails] == [True]


@pytest.mark.parametrize("policy", ["auto", "always"])
async def test_a_relay_with_somebody_elses_certificate_gets_nothing(encrypting: FarSide, policy: str) -> None:
    transport = _transport(f"{encrypting.url}?starttls={policy}")
    assert (await transport.send(_envelope())).verdict is Verdict.UNREACHABLE
    await transport.close()
    assert encrypting.mails == []


async def test_encryption_can_be_left_out_where_it_is_not_wanted(encrypting: FarSide) -> None:
    transport = _transport(f"{encrypting.url}?starttls=never")
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED
    await transport.close()
    assert [mail.encrypted for mail in encrypting.mails] == [False]
