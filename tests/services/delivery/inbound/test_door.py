"""The SMTP door, on its socket: who may write where, what is refused in words, what is never lost."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy import text
from sqlmodel import select

from services.delivery.models import Intake, IntakeOutcome
from shared.contracts.alias import AliasRetired
from shared.contracts.delivery import MailReceived
from shared.contracts.facts import Content
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import (
    BUYER,
    BUYER_ALIAS,
    SELLER,
    SELLER_ALIAS,
    STAFF,
    THREAD,
    Installation,
    write_mail,
)

pytestmark = pytest.mark.req("R-ALIAS-5", "R-MAIL-2")

STRANGER = "someone@elsewhere.example"
# Too large for its row: it lies in a file.
LARGE = "Una riga dopo l'altra.\r\n" * 1000


@pytest.fixture
async def open_pair(delivery: Installation) -> Installation:
    """Give a service that knows both parties and their aliases."""
    await delivery.introduce()
    await delivery.tell(await delivery.approve())
    return delivery


async def _refusal(
    delivery: Installation, sender: str, recipient: str, content: bytes | None = None
) -> tuple[int, str]:
    try:
        await delivery.send(sender, recipient, content or write_mail(sender, recipient))
    except aiosmtplib.SMTPRecipientsRefused as error:
        return error.recipients[0].code, error.recipients[0].message
    except aiosmtplib.SMTPResponseException as error:
        return error.code, error.message
    pytest.fail("the mail was taken")


async def _intake(delivery: Installation) -> list[Intake]:
    async with delivery.database.reading() as session:
        return list((await session.exec(select(Intake))).all())


async def test_unknown_retired_and_foreign_aliases_get_one_answer(open_pair: Installation) -> None:
    unknown = await _refusal(open_pair, BUYER, "nobody12345@marketplace.amazon.it")
    foreign = await _refusal(open_pair, BUYER, BUYER_ALIAS)
    elsewhere = await _refusal(open_pair, BUYER, STRANGER)
    await open_pair.tell(AliasRetired(thread_id=THREAD, buyer_alias=BUYER_ALIAS, seller_alias=SELLER_ALIAS))
    retired = await _refusal(open_pair, BUYER, SELLER_ALIAS)
    assert unknown == foreign == elsewhere == retired == (550, "5.1.1 No such address here")


async def test_who_is_not_the_counterpart_hears_how_to_add_the_address(open_pair: Installation) -> None:
    code, sentence = await _refusal(open_pair, "new-staff@bottega-verdi.example", BUYER_ALIAS)
    assert code == 550
    assert sentence.startswith("5.7.1 ")
    assert "adds it" in sentence
    assert "same mail again" in sentence


async def test_an_added_address_may_write_at_once(open_pair: Installation) -> None:
    newcomer = "new-staff@bottega-verdi.example"
    await _refusal(open_pair, newcomer, BUYER_ALIAS)
    await open_pair.tell(open_pair.seller(2, SELLER, newcomer))
    await open_pair.send(newcomer, BUYER_ALIAS, write_mail(newcomer, BUYER_ALIAS))
    assert (await _refusal(open_pair, STAFF, BUYER_ALIAS))[0] == 550


async def test_an_older_state_of_a_party_changes_nothing(open_pair: Installation) -> None:
    await open_pair.tell(open_pair.seller(5, SELLER), open_pair.seller(4, STRANGER))
    assert (await _refusal(open_pair, STRANGER, BUYER_ALIAS))[0] == 550
    await open_pair.send(SELLER, BUYER_ALIAS, write_mail(SELLER, BUYER_ALIAS))


async def test_the_from_address_must_be_the_counterparts_too(open_pair: Installation) -> None:
    code, sentence = await _refusal(open_pair, BUYER, SELLER_ALIAS, write_mail(STRANGER, SELLER_ALIAS))
    assert (code, sentence[:5]) == (550, "5.7.1")
    two = write_mail(f"{BUYER}>, <{STRANGER}", SELLER_ALIAS)
    assert (await _refusal(open_pair, BUYER, SELLER_ALIAS, two))[0] == 550
    assert await _intake(open_pair) == []


async def test_an_alias_whose_writer_is_not_known_yet_is_a_temporary_matter(delivery: Installation) -> None:
    await delivery.tell(await delivery.approve())
    assert (await _refusal(delivery, BUYER, SELLER_ALIAS))[0] == 451
    await delivery.introduce()
    await delivery.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS))


async def test_one_good_and_one_bad_recipient_are_answered_apart(open_pair: Installation) -> None:
    async with open_pair.client() as client:
        refused, reply = await client.sendmail(
            BUYER, [SELLER_ALIAS, "nobody12345@marketplace.amazon.it"], write_mail(BUYER, SELLER_ALIAS)
        )
    assert {address: code for address, (code, _) in refused.items()} == {"nobody12345@marketplace.amazon.it": 550}
    assert reply.startswith("2.0.0")
    await open_pair.hear(MailReceived)


async def test_aliases_are_found_whatever_their_case(open_pair: Installation) -> None:
    await open_pair.send(BUYER.upper(), SELLER_ALIAS.upper(), write_mail(BUYER.title(), SELLER_ALIAS))
    await open_pair.hear(MailReceived)


@pytest.mark.req("R-MAIL-3")
async def test_the_same_mail_again_is_taken_and_nothing_happens_twice(open_pair: Installation) -> None:
    mail = write_mail(BUYER, SELLER_ALIAS)
    for _ in range(3):
        assert (await open_pair.send(BUYER, SELLER_ALIAS, mail)).startswith("2.0.0")
    await open_pair.send(STAFF, BUYER_ALIAS, write_mail(STAFF, BUYER_ALIAS))
    await open_pair.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS, text="Un'altra.\r\n"))
    await open_pair.hear(MailReceived, 3)
    assert len(await _intake(open_pair)) == 3


@pytest.mark.req("R-MAIL-3")
async def test_a_large_mail_that_comes_again_leaves_no_second_file(open_pair: Installation) -> None:
    mail = write_mail(BUYER, SELLER_ALIAS, LARGE)
    for _ in range(3):
        assert (await open_pair.send(BUYER, SELLER_ALIAS, mail)).startswith("2.0.0")
    raw = list((open_pair.settings.data_dir / "blobs" / "raw").rglob("*"))
    assert len([path for path in raw if path.is_file()]) == 1


@pytest.mark.req("R-MAIL-3")
async def test_the_same_mail_at_the_same_time_is_one(open_pair: Installation) -> None:
    mail = write_mail(BUYER, SELLER_ALIAS)
    replies = await asyncio.gather(*(open_pair.send(BUYER, SELLER_ALIAS, mail) for _ in range(8)))
    assert all(reply.startswith("2.0.0") for reply in replies)
    assert len(await _intake(open_pair)) == 1


@pytest.mark.req("R-MAIL-3")
async def test_trouble_with_the_database_is_temporary_and_passes_by_itself(open_pair: Installation) -> None:
    mail = write_mail(BUYER, SELLER_ALIAS)
    for table in ("aliases", "intake"):
        await _rename(open_pair, table, f"{table}_away")
        assert (await _refusal(open_pair, BUYER, SELLER_ALIAS, mail)) == (
            451,
            "4.3.0 Temporary trouble on our side; please try again later",
        )
        await _rename(open_pair, f"{table}_away", table)
    await open_pair.send(BUYER, SELLER_ALIAS, mail)
    assert len(await open_pair.hear(MailReceived)) == 1


@pytest.mark.req("R-MAIL-3")
async def test_trouble_with_the_blob_store_is_temporary(open_pair: Installation) -> None:
    raw = open_pair.settings.data_dir / "blobs" / "raw"
    raw.parent.mkdir(exist_ok=True)
    raw.write_text("in the way")
    mail = write_mail(BUYER, SELLER_ALIAS, LARGE)
    assert (await _refusal(open_pair, BUYER, SELLER_ALIAS, mail))[0] == 451
    raw.unlink()
    await open_pair.send(BUYER, SELLER_ALIAS, mail)


async def _rename(delivery: Installation, old: str, new: str) -> None:
    async with delivery.database.transaction() as session:
        await (await session.connection()).execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


@pytest.mark.req("R-MAIL-4")
@pytest.mark.parametrize(
    ("sender", "fields", "detail"),
    [
        (BUYER, {"auto_submitted": "auto-replied"}, "auto_reply"),
        (BUYER, {"precedence": "bulk"}, "bulk"),
        (BUYER, {"list_id": "<news.example>"}, "mailing_list"),
        ("", {}, "null_sender"),
        (BUYER, {"subject": "Risposta automatica: Il tuo ordine"}, "auto_reply"),
    ],
)
async def test_automatic_mail_is_recorded_and_goes_nowhere(
    open_pair: Installation, sender: str, fields: dict[str, str], detail: str
) -> None:
    await open_pair.send(sender, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS, **fields))
    await open_pair.send(STAFF, BUYER_ALIAS, write_mail(STAFF, BUYER_ALIAS))
    (received,) = await open_pair.hear(MailReceived)
    assert received.direction == "seller_to_buyer"
    automatic = [row for row in await _intake(open_pair) if row.outcome is IntakeOutcome.AUTOMATIC]
    assert [row.detail for row in automatic] == [detail]


@pytest.mark.req("R-MAIL-1")
@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"content_type": 'multipart/signed; boundary="b"; protocol="application/pgp-signature"'}, "Signed"),
        ({"cc": STRANGER}, "recipients"),
        ({"content_type": "text/calendar; method=REQUEST"}, "Calendar"),
    ],
)
async def test_what_must_be_refused_is_refused_in_words(
    open_pair: Installation, fields: dict[str, str], word: str
) -> None:
    mail = write_mail(BUYER, SELLER_ALIAS, "--b\r\n\r\nCiao\r\n--b--\r\n", **fields)
    code, sentence = await _refusal(open_pair, BUYER, SELLER_ALIAS, mail)
    assert 500 <= code < 600
    assert word in sentence
    assert STRANGER not in sentence
    assert await _intake(open_pair) == []


@pytest.mark.req("R-MAIL-6")
async def test_a_bad_attachment_is_named(open_pair: Installation) -> None:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n"
        '--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="fattura.pdf"\r\n\r\n'
        "MZ this is a program\r\n--b--\r\n"
    )
    mail = write_mail(BUYER, SELLER_ALIAS, body, content_type='multipart/mixed; boundary="b"')
    code, sentence = await _refusal(open_pair, BUYER, SELLER_ALIAS, mail)
    assert 500 <= code < 600
    assert "fattura.pdf" in sentence


@pytest.mark.req("R-MAIL-6")
async def test_a_good_attachment_is_kept_sealed_and_whole(open_pair: Installation) -> None:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nEcco.\r\n"
        '--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="nota.txt"\r\n\r\n'
        f"Scrivi a {BUYER}\r\n--b--\r\n"
    )
    await open_pair.send(
        BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS, body, content_type='multipart/mixed; boundary="b"')
    )
    content = await _received(open_pair)
    (attachment,) = content.attachments
    assert attachment.name == "nota.txt"
    assert (await open_pair.blobs.get(attachment.blob)).strip() == f"Scrivi a {BUYER_ALIAS}".encode()


async def _received(delivery: Installation) -> Content:
    (received,) = await delivery.hear(MailReceived)
    return await delivery.blobs.open_content(received.content)


@pytest.mark.req("R-MAIL-1")
async def test_lines_of_any_length_dots_and_pipelined_commands_arrive_unchanged(open_pair: Installation) -> None:
    long_line = "parola " * 9000
    mail = write_mail(BUYER, SELLER_ALIAS, f".inizio\r\n..due\r\n{long_line}fine\r\n.")
    reader, writer = await asyncio.open_connection("127.0.0.1", open_pair.port)
    stuffed = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:]
    writer.write(
        b"EHLO client.example\r\n"
        + f"MAIL FROM:<{BUYER}>\r\nRCPT TO:<{SELLER_ALIAS}>\r\nDATA\r\n".encode()
        + stuffed
        + b"\r\n.\r\nNOOP\r\nQUIT\r\n"
    )
    said = (await reader.read()).decode()
    writer.close()
    codes = [line[:3] for line in said.splitlines() if line[3:4] == " "]
    assert codes == ["220", "250", "250", "250", "354", "250", "250", "221"]
    assert (await _received(open_pair)).text == f".inizio\n..due\n{long_line}fine\n."


async def test_a_dot_between_bare_line_feeds_ends_no_mail(open_pair: Installation) -> None:
    """What ends a mail for one server and not for another smuggles a second one."""
    mail = write_mail(BUYER, SELLER_ALIAS, "uno\n.\nMAIL FROM:<x@y.example>\r\ndue\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", open_pair.port)
    writer.write(
        b"EHLO client.example\r\n"
        + f"MAIL FROM:<{BUYER}>\r\nRCPT TO:<{SELLER_ALIAS}>\r\nDATA\r\n".encode()
        + mail
        + b".\r\nQUIT\r\n"
    )
    said = (await reader.read()).decode()
    writer.close()
    assert [line[:3] for line in said.splitlines() if line[3:4] == " "] == [
        "220",
        "250",
        "250",
        "250",
        "354",
        "250",
        "221",
    ]
    assert "due" in (await _received(open_pair)).text


@pytest.mark.req("R-MAIL-6")
async def test_a_mail_over_the_announced_size_is_refused_and_the_connection_lives(tmp_path: Path) -> None:
    async with Installation(tmp_path, smtp_message_bytes=1024 * 1024).running() as delivery:
        await delivery.introduce()
        await delivery.tell(await delivery.approve())
        async with delivery.client() as client:
            await client.ehlo()
            assert client.esmtp_extensions["size"] == str(1024 * 1024)
            await client.mail(BUYER)
            await client.rcpt(SELLER_ALIAS)
            with pytest.raises(aiosmtplib.SMTPDataError) as refused:
                await client.data(write_mail(BUYER, SELLER_ALIAS, "x" * 100 + "\r\n") + b"y\r\n" * 400_000)
            assert (refused.value.code, refused.value.message[:5]) == (552, "5.3.4")
            await client.sendmail(BUYER, [SELLER_ALIAS], write_mail(BUYER, SELLER_ALIAS))
        assert len(await delivery.hear(MailReceived)) == 1


async def test_a_mail_without_a_single_line_is_answered(open_pair: Installation) -> None:
    async with open_pair.client() as client:
        await client.ehlo()
        await client.mail("")
        await client.rcpt(SELLER_ALIAS)
        assert (await client.execute_command(b"DATA")).code == 354
        assert (await client.execute_command(b".")).code == 250
        assert (await client.noop()).code == 250


async def test_too_many_recipients_and_connections(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"smtp_recipients": 1, "smtp_connections": 2, "smtp_connections_per_client": 2}
    async with Installation(tmp_path, **settings).running() as delivery:
        await delivery.introduce()
        await delivery.tell(await delivery.approve())
        async with delivery.client() as client:
            await client.ehlo()
            await client.mail(BUYER)
            await client.rcpt(SELLER_ALIAS)
            with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
                await client.rcpt(SELLER_ALIAS)
            assert refused.value.code == 452
            async with delivery.client():
                with pytest.raises(aiosmtplib.SMTPConnectResponseError) as turned_away:
                    async with delivery.client():
                        pass
                assert turned_away.value.code == 421
        await until(lambda: not delivery.app.state.door.conversations, "the connections to end")
        async with delivery.client() as client:
            assert (await client.noop()).code == 250


async def test_who_guesses_addresses_is_hung_up_on(open_pair: Installation) -> None:
    async with open_pair.client() as client:
        await client.ehlo()
        await client.mail(BUYER)

        async def guess() -> None:
            for number in range(100):
                with pytest.raises(aiosmtplib.SMTPRecipientRefused):
                    await client.rcpt(f"guess{number:07}@marketplace.amazon.it")

        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await guess()


async def test_no_relaying_and_no_authentication_is_offered(open_pair: Installation) -> None:
    assert (await _refusal(open_pair, STRANGER, "other@elsewhere.example"))[0] == 550
    async with open_pair.client() as client:
        await client.ehlo()
        assert "auth" not in client.esmtp_extensions
        assert {"8bitmime", "smtputf8", "pipelining"} <= client.esmtp_extensions.keys()


@pytest.fixture
async def encrypting(tmp_path: Path, certificate: tuple[Path, Path]) -> AsyncIterator[Installation]:
    """Give a service whose door has a certificate."""
    settings: dict[str, Any] = {"smtp_tls_certificate": certificate[0], "smtp_tls_key": certificate[1]}
    async with Installation(tmp_path, **settings).running() as installation:
        yield installation


async def test_starttls(encrypting: Installation, certificate: tuple[Path, Path]) -> None:
    await encrypting.introduce()
    await encrypting.tell(await encrypting.approve())
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    async with encrypting.client() as client:
        await client.ehlo()
        await client.starttls(server_hostname="localhost", tls_context=trust)
        await client.sendmail(BUYER, [SELLER_ALIAS], write_mail(BUYER, SELLER_ALIAS))
    await encrypting.hear(MailReceived)


async def test_half_a_certificate_is_a_configuration_error(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="TRAMITE_SMTP_TLS_KEY"):
        async with Installation(tmp_path, smtp_tls_certificate=certificate[0]).running():
            pass


async def test_proxy_protocol(tmp_path: Path) -> None:
    async with Installation(tmp_path, smtp_proxy_protocol=True).running() as delivery:
        reader, writer = await asyncio.open_connection("127.0.0.1", delivery.port)
        writer.write(b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 25\r\nQUIT\r\n")
        assert (await reader.read()).startswith(b"220 ")
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", delivery.port)
        writer.write(b"EHLO client.example\r\n")
        assert await reader.read() == b""
        writer.close()


@pytest.mark.req("R-MAIL-3")
async def test_a_stop_answers_for_the_mail_in_hand_and_turns_the_others_away(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    async with installation.running() as delivery:
        await delivery.introduce()
        await delivery.tell(await delivery.approve())
        idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", delivery.port)
        await idle_reader.readline()
        reader, writer = await asyncio.open_connection("127.0.0.1", delivery.port)
        writer.write(f"EHLO c.example\r\nMAIL FROM:<{BUYER}>\r\nRCPT TO:<{SELLER_ALIAS}>\r\nDATA\r\n".encode())
        while not (await reader.readline()).startswith(b"354"):
            pass
        # The service is stopping by now; what comes next was in hand before.
        finishing = asyncio.create_task(_finish(reader, writer, write_mail(BUYER, SELLER_ALIAS)))
    said = await finishing
    assert said.startswith(b"250 ")
    assert (await idle_reader.read()).startswith(b"421 ")
    idle_writer.close()


async def _finish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mail: bytes) -> bytes:
    writer.write(mail + b"\r\n.\r\n")
    said = await reader.readline()
    writer.close()
    return said


@pytest.mark.req("R-ALIAS-6")
async def test_no_address_stands_in_the_database_nor_in_the_logs(
    open_pair: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    await open_pair.send(BUYER, SELLER_ALIAS, write_mail(BUYER, SELLER_ALIAS))
    await open_pair.hear(MailReceived)
    kept = b"".join(path.read_bytes() for path in open_pair.settings.data_dir.rglob("delivery.db*"))
    kept += b"".join(record.value for record in open_pair.told)
    kept += b"".join(path.read_bytes() for path in (open_pair.settings.data_dir / "blobs").rglob("*") if path.is_file())
    captured = capsys.readouterr()
    for secret in ("mario.rossi", "casa-rossi", "bottega-verdi"):
        assert secret.encode() not in kept
        assert secret not in captured.out + captured.err
