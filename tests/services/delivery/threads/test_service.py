"""What a mail answers, when clients say it in different ways or not at all."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.delivery.threads.service import Incoming, Threads
from shared.contracts.vocabulary import Direction, Kind, Role
from tests.services.delivery.installation import DOMAIN, THREAD, Installation, describe_message

pytestmark = pytest.mark.req("R-MAIL-1")

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def _incoming(
    ancestors: list[str],
    *,
    subject: str = "Altro",
    identifier: str | None = None,
    writer: Role = Role.BUYER,
    thread: UUID = THREAD,
) -> Incoming:
    return Incoming(uuid4(), thread, writer, identifier, ancestors, subject, NOW)


async def _note(delivery: Installation, mail: Incoming) -> UUID | None:
    async with delivery.database.transaction() as session:
        (answered,) = await Threads(delivery.keys).note_incoming(session, [mail])
        return answered


async def _send(
    delivery: Installation,
    subject: str | None = "Il tuo ordine",
    *,
    direction: Direction = Direction.SELLER_TO_BUYER,
    kind: Kind = Kind.PROACTIVE,
    minutes: int = 0,
    message_id: UUID | None = None,
) -> tuple[UUID, tuple[str, ...]]:
    message = describe_message(direction, kind=kind, message_id=message_id)
    async with delivery.database.transaction() as session:
        moment = NOW + timedelta(minutes=minutes)
        sent = await Threads(delivery.keys).place_outgoing(session, message, subject, moment)
    assert sent is not None
    assert sent.identifier == f"<{message.message_id.hex}@{DOMAIN}>"
    return message.message_id, sent.references


async def test_the_nearest_known_identifier_counts(delivery: Installation) -> None:
    first, _ = await _send(delivery)
    second, _ = await _send(delivery)
    ancestors = ["<unknown@x.example>", f"<{second.hex}@{DOMAIN}>", f"<{first.hex}@{DOMAIN}>"]
    assert await _note(delivery, _incoming(ancestors)) == second


async def test_an_answer_to_ones_own_copy_finds_the_thread(delivery: Installation) -> None:
    own = _incoming([], identifier="<mine@mail.example>")
    await _note(delivery, own)
    assert await _note(delivery, _incoming(["<mine@mail.example>"])) == own.message_id


async def test_without_identifiers_the_subject_tells(delivery: Installation) -> None:
    await _send(delivery, "Domanda", minutes=0)
    latest, _ = await _send(delivery, "Domanda", minutes=1)
    await _send(delivery, "Altra cosa", minutes=2)
    await _send(delivery, "Domanda", direction=Direction.BUYER_TO_SELLER, minutes=3)
    assert await _note(delivery, _incoming([], subject="R: AW: domanda")) == latest
    assert await _note(delivery, _incoming([], subject="Tutt'altro")) is None


async def test_identifiers_of_other_threads_mean_nothing_here(delivery: Installation) -> None:
    first, _ = await _send(delivery)
    assert await _note(delivery, _incoming([f"<{first.hex}@{DOMAIN}>"], thread=uuid4())) is None


async def test_the_same_identifier_twice_keeps_its_first_meaning(delivery: Installation) -> None:
    first = _incoming([], identifier="<same@mail.example>")
    await _note(delivery, first)
    await _note(delivery, _incoming([], identifier="<same@mail.example>"))
    assert await _note(delivery, _incoming(["<same@mail.example>"])) == first.message_id


async def test_a_reply_by_api_answers_the_other_sides_latest(delivery: Installation) -> None:
    mail = _incoming([], identifier="<buyers@mail.example>")
    await _note(delivery, mail)
    _, before = await _send(delivery, "Il tuo ordine", kind=Kind.REPLY)
    assert before == ()
    await _send(delivery, "x", direction=Direction.BUYER_TO_SELLER, kind=Kind.REPLY, message_id=mail.message_id)
    _, references = await _send(delivery, "y", kind=Kind.REPLY, minutes=1)
    assert references == ("<buyers@mail.example>",)


async def test_a_message_with_a_known_subject_follows_its_predecessor(delivery: Installation) -> None:
    first, _ = await _send(delivery, "Domanda")
    _, references = await _send(delivery, "Domanda", minutes=1)
    assert references == (f"<{first.hex}@{DOMAIN}>",)
    _, alone = await _send(delivery, None, minutes=2)
    assert alone == ()


async def test_placing_a_message_again_changes_nothing(delivery: Installation) -> None:
    message = describe_message()
    for expected in (True, False):
        async with delivery.database.transaction() as session:
            sent = await Threads(delivery.keys).place_outgoing(session, message, "Domanda", NOW)
        assert (sent is not None) == expected


async def test_mails_of_one_batch_may_answer_each_other(delivery: Installation) -> None:
    first = _incoming([], identifier="<1@mail.example>")
    second = _incoming(["<1@mail.example>"], identifier="<2@mail.example>")
    async with delivery.database.transaction() as session:
        assert await Threads(delivery.keys).note_incoming(session, [first, second]) == [None, first.message_id]
