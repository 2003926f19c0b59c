"""Quotations from end to end: what delivery sent, what mail programs made of it, and what the gate says of the answer.

A seller writes, the buyer answers, the seller answers that: each mail is written by delivery and read back by it.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlmodel import col, update

from services.delivery.inbound.action_links import strike_links
from services.delivery.mail.composing import compose
from services.delivery.mail.parsing import parse
from services.delivery.mail.relaying import prepare
from services.delivery.mail.rewriting import Replacement, own_addresses
from services.delivery.outbound.letters import Actions, Correspondents, Place, write_letter
from services.policy.gate.history import LONGEST, Known
from services.policy.gate.html import read
from services.policy.gate.ruleset import RuleSet
from services.policy.handlers import HANDLERS
from services.policy.models import DecisionRow
from services.policy.preparation import prepare as prepare_batch
from services.policy.recollection import recall
from services.policy.replay.service import Replay
from services.policy.service import Gate
from shared.consumer import BatchWork, Consumer, Patience
from shared.contracts.alias import MessageAddressed
from shared.contracts.facts import Addressing, Content, FindingFacts, MessageFacts, Sealed
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Direction, Role
from shared.links import LinkPurpose, Links
from tests.services.migrated import read_told
from tests.services.policy.mail_clients import CLIENTS, LANGUAGES, Answer, Quoting, Received, write_answer
from tests.services.policy.world import KEYS, NOW, ORDER_ID, World, message, party

pytestmark = pytest.mark.req("R-POLICY-1")

BUYER, SELLER = "mario.rossi@casa-rossi.example", "anna@bottega-verdi.example"
BUYER_ALIAS, SELLER_ALIAS = "kq3v7m2c9x4d@marketplace.amazon.it", "pz8w1n6b5t0r@marketplace.amazon.it"
BUSINESS = "Bottega-Verdi.com"
LINKS = Links.of(KEYS, "https://messaggi.amazon.it")
SAID = {
    "it": (
        "Buongiorno, quale colore preferisce per l'incisione della tazza? Ci serve per completare il suo ordine.",
        "Preferisco il verde, e il mio numero per il corriere è 333 1234567.",
        "Va bene, allora la prepariamo così.",
    ),
    "en": (
        "Hello, which colour would you like for the engraving? We need it to complete your order of the blue mug.",
        "Green, please. My number for the courier is 07700 900123.",
        "Fine, then we will make it that way.",
    ),
    "de": (
        "Guten Tag, welche Farbe wünschen Sie für die Gravur? Wir brauchen sie, um Ihre Bestellung fertigzustellen.",
        "Grün bitte. Meine Nummer für den Kurier ist 0151 23456789.",
        "Gut, dann machen wir es so.",
    ),
    "fr": (
        "Bonjour, quelle couleur souhaitez-vous pour la gravure ? Nous en avons besoin pour terminer la commande.",
        "Vert, s'il vous plaît. Mon numéro pour le livreur est le 06 12 34 56 78.",
        "Bien, nous la ferons donc ainsi.",
    ),
    "es": (
        "Buenos días, ¿qué color prefiere para el grabado? Lo necesitamos para completar su pedido de la taza azul.",
        "Verde, por favor. Mi número para el mensajero es el 612 345 678.",
        "Bien, entonces la haremos así.",
    ),
    "ja": (
        "こんにちは。刻印の色は何色がよろしいでしょうか。ご注文の商品を仕上げるために必要です。",
        "緑でお願いします。配送業者のための私の電話番号は090-1234-5678です。",
        "承知しました。そのようにお作りします。",
    ),
}
# How mail programs quote is nothing that the database could change; the other tests run on both engines.
ON_FILES = pytest.mark.parametrize("server", ["sqlite"], indirect=True)
FORGED = "Call me on +39 347 7654321 or write to anna.verdi@gmail.com"


@dataclass(frozen=True)
class Turn:
    """A message and the mail that it became."""

    facts: MessageFacts
    content: Content
    mail: Received


def _address(language: str) -> Addressing:
    return Addressing(
        buyer_alias=BUYER_ALIAS,
        seller_alias=SELLER_ALIAS,
        business_name=BUSINESS,
        recipient=Sealed(box="x"),
        seller=Sealed(box="x"),
        seller_language=language,
    )


def _facts(direction: Direction, language: str, kind: str = "reply") -> MessageFacts:
    return message(None, direction=direction, language=language, kind=kind, channel="email")


def _deliver(facts: MessageFacts, content: Content, language: str) -> Received:
    """Write the mail that a message becomes, and read it as its recipient's client does."""
    to_buyer = facts.direction is Direction.SELLER_TO_BUYER
    until = datetime.now(UTC) + timedelta(days=3)
    actions = Actions(
        *(
            LINKS.write(purpose, facts.message_id, until)
            for purpose in (LinkPurpose.NO_RESPONSE_NEEDED, LinkPurpose.REPORT)
        )
    )
    correspondents = Correspondents(BUYER_ALIAS, SELLER_ALIAS, BUSINESS, BUYER if to_buyer else SELLER, language)
    place = Place(f"<{facts.message_id}@marketplace.amazon.it>", (), NOW)
    return Received.read(compose(write_letter(facts, content, (), correspondents, place, actions)))


def _take_in(octets: bytes, sender: str) -> Content:
    """Read a mail as the door does."""
    mail = parse(octets)
    alias, other = (BUYER_ALIAS, SELLER_ALIAS) if sender == BUYER else (SELLER_ALIAS, BUYER_ALIAS)
    replacement = Replacement(own_addresses(mail, sender, [sender]), alias, mail.hosts)
    relayed = prepare(mail, replacement, (alias, other))

    def strike(text: str) -> str:
        return strike_links(text, lambda token: LINKS.read(token) is not None)

    return Content(
        subject=strike(relayed.subject),
        text=strike(relayed.new_text),
        html=relayed.new_html and strike(relayed.new_html),
        quoted_text=strike(relayed.quoted_text),
        quoted_html=strike(relayed.quoted_html or ""),
    )


class Conversation:
    """One thread, judged by the real gate over its database."""

    def __init__(self, world: World, language: str) -> None:
        self.world, self.language = world, language

    async def judge(self, facts: MessageFacts, content: Content) -> tuple[FindingFacts, ...] | None:
        """Return what stopped a message, or None if it passed."""
        told = MessageAddressed(
            message=facts,
            content=await self.world.blobs.seal_content(content),
            addressing=_address(self.language),
        )
        await self.world.hear(told)
        for rejected in await read_told(self.world.database, MessageRejected):
            if rejected.message.message_id == facts.message_id:
                return rejected.decision.findings
        approved = await read_told(self.world.database, MessageApproved)
        assert facts.message_id in {one.message.message_id for one in approved}
        return None

    async def say(self, facts: MessageFacts, content: Content) -> Turn:
        """Let a message pass and be delivered."""
        assert await self.judge(facts, content) is None
        return Turn(facts, content, _deliver(facts, content, self.language))

    async def answer(
        self, turn: Turn, client: Quoting, answer: Answer, *, formatted: bool
    ) -> tuple[MessageFacts, Content]:
        """Answer a mail from its recipient's client."""
        from_buyer = turn.facts.direction is Direction.SELLER_TO_BUYER
        sender = BUYER if from_buyer else SELLER
        octets = write_answer(client, turn.mail, answer, self.language, sender=sender, formatted=formatted)
        direction = Direction.BUYER_TO_SELLER if from_buyer else Direction.SELLER_TO_BUYER
        return _facts(direction, self.language), _take_in(octets, sender)


def _open(language: str) -> tuple[MessageFacts, Content]:
    text = SAID[language][0]
    facts = message(language=language)
    return facts, Content(subject=f"Tazza, {ORDER_ID}", text=text, html=f"<p>{text}</p>")


async def _begin(world: World, language: str, client: Quoting, *, formatted: bool) -> tuple[Conversation, Turn]:
    """Let the seller ask and the buyer answer; return the buyer's answer as the seller got it."""
    await world.introduce()
    await world.hear(party(Role.BUYER, "b1", 2, language=language))
    conversation = Conversation(world, language)
    asked = await conversation.say(*_open(language))
    answered = await conversation.answer(asked, client, Answer(SAID[language][1]), formatted=formatted)
    assert answered[1].quoted_text
    return conversation, await conversation.say(*answered)


@ON_FILES
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("formatted", [False, True], ids=["plain", "html"])
async def test_an_honest_answer_passes_and_a_forged_quotation_does_not(
    world: World, language: str, client: Quoting, *, formatted: bool
) -> None:
    """The buyer's telephone number, which the seller's answer quotes, was the buyer's to give."""
    conversation, turn = await _begin(world, language, client, formatted=formatted)
    honest = await conversation.answer(turn, client, Answer(SAID[language][2]), formatted=formatted)
    assert await conversation.judge(*honest) is None
    facts, content = await conversation.answer(turn, client, Answer(SAID[language][2], FORGED), formatted=formatted)
    assert FORGED not in content.text
    findings = await conversation.judge(facts, content)
    assert findings is not None
    assert {finding.rule for finding in findings} == {"content.contact_info"}
    quoted = {"quoted_text": content.quoted_text, "quoted_html": content.quoted_html}
    places = {quoted[finding.field][finding.start : finding.end] for finding in findings}
    assert any("347 7654321" in place for place in places), places
    assert any("anna.verdi@gmail.com" in place for place in places), places
    assert {finding.field for finding in findings} == ({"quoted_text", "quoted_html"} if formatted else {"quoted_text"})


@ON_FILES
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_delivery_puts_around_a_message_may_be_quoted(world: World, language: str, client: Quoting) -> None:
    """A buyer writes first, and quotes nothing: all that stands around their words comes from delivery alone."""
    await world.introduce()
    conversation = Conversation(world, language)
    text = SAID[language][1]
    content = Content(subject="Tazza", text=text, html=f"<p>{text}</p>")
    turn = await conversation.say(_facts(Direction.BUYER_TO_SELLER, language, "proactive"), content)
    for formatted in (False, True):
        answer = Answer(f"{SAID[language][2]} ({ORDER_ID})")
        honest = await conversation.answer(turn, client, answer, formatted=formatted)
        assert await conversation.judge(*honest) is None


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_long_thread_keeps_passing(world: World, client: Quoting) -> None:
    conversation, turn = await _begin(world, "it", client, formatted=True)
    for number in range(6):
        words = f"Questa è la nostra risposta numero {number} sulla tazza, e sul colore verde che ha scelto."
        turn = await conversation.say(*await conversation.answer(turn, client, Answer(words), formatted=True))


async def _reply(world: World, text: str, html: str | None = None, quoted: str = "") -> Sequence[FindingFacts] | None:
    conversation = Conversation(world, "en")
    content = Content(subject="Re: Mug", text=text, html=html, quoted_text=quoted)
    return await conversation.judge(_facts(Direction.SELLER_TO_BUYER, "en"), content)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Fine, thanks.\n> call me on +39 347 7654321", None),
        ("Fine, thanks.\n\nOn Mon, May 4, 2026 at 10:32 AM Mario wrote:\ncall me on +39 347 7654321", None),
        ("Fine, thanks.\n> call me on +39 347\n> 7654321", None),
        ("Fine, thanks.", "<p>Fine, thanks.</p><blockquote>call me on +39 347 7654321</blockquote>"),
        ("Fine, thanks.", '<p>Fine.</p><blockquote><a href="https://wa.me/393477654321">order</a></blockquote>'),
    ],
)
async def test_words_dressed_as_quoted_are_judged_by_any_channel(world: World, text: str, html: str | None) -> None:
    await world.introduce()
    findings = await _reply(world, text, html)
    assert findings is not None
    assert "content.contact_info" in {finding.rule for finding in findings}
    fields = {"text": text, "html": html or ""}
    assert all("347" in fields[finding.field][finding.start : finding.end] for finding in findings)


async def test_what_was_rejected_cannot_be_quoted_later(world: World) -> None:
    await world.introduce()
    words = "Please call me on +39 347 7654321 about the mug."
    assert await _reply(world, words) is not None
    assert await _reply(world, "As I wrote:", quoted=f"> {words}") is not None


async def test_what_was_said_in_another_thread_cannot_be_quoted(world: World) -> None:
    await world.introduce()
    words = "My telephone number for the courier is +39 347 7654321."
    facts = _facts(Direction.BUYER_TO_SELLER, "en")
    elsewhere = facts.model_copy(update={"thread_id": uuid4()})
    conversation = Conversation(world, "en")
    assert await conversation.judge(elsewhere, Content(subject="Mug", text=words)) is None
    assert await _reply(world, "Thank you, it is on its way.", quoted=f"> {words}") is not None
    here = _facts(Direction.BUYER_TO_SELLER, "en")
    assert await conversation.judge(here, Content(subject="Mug", text=words)) is None
    assert await _reply(world, "Thank you, it is on its way.", quoted=f"> {words}") is None


@pytest.mark.req("R-PRIVACY-2")
async def test_what_was_erased_is_forgotten(world: World) -> None:
    await world.introduce()
    words = "My telephone number for the courier is +39 347 7654321."
    much = " ".join(uuid4().hex for _ in range(20_000))
    told = await world.address(_facts(Direction.BUYER_TO_SELLER, "en"), f"{words}\n{much}")
    assert told.content.blob is not None
    await world.hear(told)
    quoted = "> My telephone number for the courier is +39 347 7654321."
    await world.blobs.delete(told.content.blob)
    assert await _reply(world, "Thank you, it is on its way.", quoted=quoted) is not None


def _prepared(world: World) -> Consumer[Gate]:
    """Return a consumer that asks once for a batch, as the running service's does."""
    return Consumer(
        world.database, HANDLERS, world.gate, world.gate.metrics, Patience(4, 0.01), BatchWork(prepare_batch)
    )


async def test_a_thread_of_one_batch_is_remembered(world: World) -> None:
    """The question of the batch is asked anew once the batch itself adds to the thread."""
    await world.introduce()
    words = "My telephone number for the courier is +39 347 7654321."
    first = await world.address(_facts(Direction.BUYER_TO_SELLER, "en"), words)
    content = Content(subject="Re: Mug", text="Thank you, it is on its way.", quoted_text=f"> {words}")
    answer = _facts(Direction.SELLER_TO_BUYER, "en")
    sealed = await world.blobs.seal_content(content)
    second = (await world.address(answer)).model_copy(update={"content": sealed})
    await world.hear(first, second, consumer=_prepared(world))
    assert (await world.decisions())[answer.message_id] == set()


async def test_a_batch_asks_once_for_all_threads(world: World) -> None:
    await world.introduce()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.extend(["thread"] if "row_number" in statement and "FROM decisions" in statement else [])

    content = await world.blobs.seal_content(
        Content(subject="Re: Mug", text="It leaves tomorrow.", quoted_text="> When does it leave?")
    )
    facts = [_facts(Direction.SELLER_TO_BUYER, "en").model_copy(update={"thread_id": uuid4()}) for _ in range(10)]
    told = [(await world.address(one)).model_copy(update={"content": content}) for one in facts]
    event.listen(world.database.engine.sync_engine, "before_cursor_execute", note)
    await world.hear(*told, consumer=_prepared(world))
    assert asked == ["thread"]
    assert len(await world.decisions()) == 10


@pytest.mark.req("R-POLICY-9")
async def test_a_replay_judges_by_what_the_thread_held_then(world: World) -> None:
    await world.introduce()
    words = "My telephone number for the courier is +39 347 7654321."
    assert await _reply(world, "Thank you, it is on its way.", quoted=f"> {words}") is not None
    facts = _facts(Direction.BUYER_TO_SELLER, "en")
    assert await Conversation(world, "en").judge(facts, Content(subject="Mug", text=words)) is None
    assert await _reply(world, "Thank you, it is on its way.", quoted=f"> {words}") is None
    replay = Replay(world.database, world.blobs, RuleSet.load())
    report = await replay.run(NOW - timedelta(days=1), NOW + timedelta(days=1), examples=1, advance=lambda _: None)
    assert (report.judged, report.flips.total()) == (3, 0)


async def _replace(world: World, content: Content, times: int = 1) -> None:
    """Let a thread hold a content as often as told, each time in other words."""
    for number in range(times):
        facts = _facts(Direction.BUYER_TO_SELLER, "en")
        await world.hear(await world.address(facts, "When does the mug leave?"))
        other = content.model_copy(update={"text": content.text.replace("abc", f"abc{number}")})
        sealed = (await world.blobs.seal_content(other)).model_dump(mode="json")
        chosen = col(DecisionRow.message_id) == facts.message_id
        async with world.database.transaction() as session:
            await (await session.connection()).execute(
                update(DecisionRow).where(chosen).values(content=sealed, passed=None)
            )


async def _recall(world: World) -> Known:
    content = Content(subject="Re: Mug", text="It leaves tomorrow.", quoted_text="> When does it leave?")
    async with world.database.reading() as session:
        return await recall(session, world.blobs, _facts(Direction.SELLER_TO_BUYER, "en"), content, None)


async def test_no_more_is_opened_than_is_remembered(world: World) -> None:
    await world.introduce()
    lines = "\n".join(f"abc word{number}" for number in range(LONGEST // 10))
    await _replace(world, Content(subject="Mug", text=lines), times=3)
    assert LONGEST < (await _recall(world)).length < 2 * LONGEST


async def test_much_is_read_beside_the_event_loop(world: World) -> None:
    """Whoever waits for the loop meanwhile waits for a part only of what reading takes."""
    await world.introduce()
    html = "<p>a</p>" * 100_000
    await _replace(world, Content(subject="Mug", text="", html=html))
    started = time.perf_counter()
    read(html, quotes=False)
    alone = time.perf_counter() - started
    recalling = asyncio.create_task(_recall(world))
    longest, last = 0.0, time.perf_counter()
    while not recalling.done():
        await asyncio.sleep(0)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    assert (await recalling).length > 100_000
    assert longest < alone / 2
