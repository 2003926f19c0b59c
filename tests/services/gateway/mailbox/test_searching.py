"""Threads found by words of their messages, of which the database holds hashes alone."""

import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text as sql
from structlog.testing import capture_logs

from services.gateway.access.domain import Caller, CallerRole, Scope
from services.gateway.mailbox import store
from services.gateway.mailbox.listing import ThreadFilter, list_threads
from services.gateway.mailbox.searching import hash_keyword
from shared.contracts.facts import AttachmentContent, Content, SealedContent
from shared.contracts.vocabulary import Direction, identify_thread
from shared.problems import Invalid
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import (
    BUYER,
    BUYER_ADDRESS,
    MARKETPLACE,
    ORDER,
    OTHER_BUYER,
    OTHER_ORDER,
    OTHER_SELLER,
    SELLER,
    THREAD,
    approved,
    mail,
    order_body,
    rejected,
    saying,
)

pytestmark = pytest.mark.req("R-INBOX-1")
TO_SELLER, TO_BUYER = Direction.BUYER_TO_SELLER, Direction.SELLER_TO_BUYER
SECOND_ORDER = "111-0000003-0000003"
SECOND = identify_thread(MARKETPLACE, SELLER, OTHER_BUYER)
KANJI = "".join(map(chr, range(0x4E00, 0x4E20)))
FOREIGN = identify_thread(MARKETPLACE, OTHER_SELLER, OTHER_BUYER)


async def found(running: Running, keyword: str, who: str = SELLER, **params: str) -> list[UUID]:
    page = await running.world.ok(who, "GET", "/v1/threads", params={"keyword": keyword, **params})
    return [UUID(item["id"]) for item in page["items"]]


async def finds(running: Running, keyword: str, who: str = SELLER) -> bool:
    return THREAD in await found(running, keyword, who)


async def test_words_of_subject_text_html_and_attachments_are_found(anywhere: Running) -> None:
    part = AttachmentContent(blob="x", name="Fotografía_rota.jpg", media_type="image/jpeg", size=9)
    content = Content(
        subject="Problème de livraison",
        text="La TAZZA è arrivata rotta. 届いた箱が壊れていました。",
        html="<p>La tazza <b>è</b> mo<i>rta</i></p>",
        quoted_text="Scritto prima",
        attachments=(part,),
    )
    message = await anywhere.receive(content, TO_SELLER)
    assert await finds(anywhere, "tazza", BUYER)
    assert not await finds(anywhere, "tazza")
    await anywhere.approve(message)
    for keyword in (
        "tazza",
        "Tazza ROTTA",
        "rotta tazza",
        "e arrivata",
        "PROBLEME",
        "livraison tazza",
        "fotografia",
        "fotografía_rota.jpg",
        "morta",
        "箱が壊れ",
        "箱 届いた",
    ):
        assert await finds(anywhere, keyword), keyword
        assert await finds(anywhere, keyword, "operator"), keyword
    for keyword in ("taz", "tazze", "tazza verde", "scritto", "壊れ箱", "mo", "br"):
        assert not await finds(anywhere, keyword), keyword


async def test_words_of_a_seller_s_own_message_are_found(running: Running) -> None:
    await running.world.send(subject="Colore", text="Quale preferisce?", html="<p>Verde</p>")
    for keyword in ("colore preferisce", "verde"):
        assert await finds(running, keyword)
    assert not await finds(running, "colore", BUYER)


async def test_all_words_stand_in_one_message(running: Running) -> None:
    for text in ("prima parola", "seconda frase"):
        await running.world.send(text=text)
    assert await finds(running, "frase seconda")
    assert not await finds(running, "prima frase")


async def test_keywords_go_with_other_filters_and_each_finds_their_own(anywhere: Running) -> None:
    world = anywhere.world
    await world.ok("operator", "PUT", f"/v1/orders/{SECOND_ORDER}", order_body(buyer_id=OTHER_BUYER))
    for order_id, seller in ((ORDER, SELLER), (SECOND_ORDER, SELLER), (OTHER_ORDER, OTHER_SELLER)):
        await anywhere.approve(await world.send(seller, order_id=order_id, text="Colore della tazza?"))
    assert await found(anywhere, "tazza colore") == [SECOND, THREAD]
    assert await found(anywhere, "tazza", order_id=ORDER) == [THREAD]
    assert await found(anywhere, "tazza", unread="true") == []
    assert await found(anywhere, "tazza", OTHER_SELLER) == [FOREIGN]
    assert await found(anywhere, "tazza", BUYER) == [THREAD]
    assert await found(anywhere, "tazza", OTHER_BUYER) == [FOREIGN, SECOND]
    assert await found(anywhere, "tazza", "operator") == [FOREIGN, SECOND, THREAD]
    assert await found(anywhere, "tazza", "operator", order_id=OTHER_ORDER) == [FOREIGN]
    assert await found(anywhere, "tazza", "operator", marketplace_id="other") == []
    first = await world.ok(SELLER, "GET", "/v1/threads", params={"keyword": "tazza", "limit": "1"})
    params = {"keyword": "tazza", "limit": "1", "cursor": first["next"]}
    rest = await world.ok(SELLER, "GET", "/v1/threads", params=params)
    assert [UUID(page["items"][0]["id"]) for page in (first, rest)] == [SECOND, THREAD]
    assert rest["next"] is None


async def test_a_rejected_message_is_found_by_its_author_alone(anywhere: Running) -> None:
    await anywhere.approve(await anywhere.world.send())
    message = await anywhere.receive(saying("Chiamami presto"), TO_SELLER)
    await anywhere.tell(rejected(message))
    assert await finds(anywhere, "chiamami", BUYER)
    assert not await finds(anywhere, "chiamami")


async def test_each_side_finds_the_form_that_it_reads(anywhere: Running) -> None:
    message = await anywhere.receive(saying("Scrivimi su telegramma domani"), TO_SELLER)
    seal = anywhere.gateway.blobs.seal_content
    await anywhere.tell(approved(message, await seal(saying("Scrivimi qui domani"))))
    for keyword, by_author, by_reader in (("telegramma", True, False), ("qui", False, True), ("domani", True, True)):
        assert await finds(anywhere, keyword, BUYER) is by_author, keyword
        assert await finds(anywhere, keyword, "operator") is by_author, keyword
        assert await finds(anywhere, keyword) is by_reader, keyword
    await anywhere.tell(approved(message, await seal(saying("Scrivimi altrove domani"))))
    assert await finds(anywhere, "altrove")
    assert not await finds(anywhere, "qui")


async def test_what_passed_but_cannot_be_opened_is_not_found(running: Running) -> None:
    message = await running.receive(saying("Scrivimi domani"), TO_SELLER)
    came_in = await running.came_in(message)
    await running.tell(approved(message, came_in.model_copy(update={"box": "1.k1.broken.broken"})))
    assert await finds(running, "domani", BUYER)
    assert not await finds(running, "domani")


@pytest.mark.req("R-PRIVACY-2")
async def test_a_message_passes_while_the_blob_store_is_away(running: Running, tmp_path: Path) -> None:
    message = await running.receive(saying("Scrivimi domani"), TO_SELLER)
    sealed = await running.gateway.blobs.seal_content(saying(f"Rispondimi {'presto ' * 30_000}"))
    place = locate(sealed, tmp_path)
    place.unlink()
    place.parent.rmdir()
    place.parent.write_text("no folder any more")
    with capture_logs() as lines:
        await running.tell(approved(message, sealed))
    lost = {"event": "search.not_read", "log_level": "warning", "message": str(message), "error": "GenericError"}
    assert lost in lines
    assert "presto" not in str(lines)
    assert await found(running, "domani", BUYER, status="approved") == [THREAD]
    assert not await finds(running, "domani")


async def test_a_message_passes_while_the_blob_store_does_not_answer(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.mailbox.searching._OPEN_SECONDS", 0.05)
    message = await running.receive(saying("Scrivimi domani"), TO_SELLER)
    sealed = await running.gateway.blobs.seal_content(saying(f"Rispondimi {'presto ' * 30_000}"))
    place = locate(sealed, tmp_path)
    place.unlink()
    # Who opens it waits for somebody to write.
    os.mkfifo(place)
    try:
        await running.tell(approved(message, sealed))
    finally:
        os.close(os.open(place, os.O_RDWR | os.O_NONBLOCK))
    assert await found(running, "domani", BUYER, status="approved") == [THREAD]
    assert not await finds(running, "presto")


async def test_a_deleted_message_is_not_found_until_another_says_the_same(anywhere: Running) -> None:
    await anywhere.approve(await anywhere.receive(saying("Vorrei un reso"), TO_SELLER))
    assert await finds(anywhere, "reso")
    await anywhere.world.ok(SELLER, "PATCH", f"/v1/threads/{THREAD}", {"deleted": True})
    assert not await finds(anywhere, "reso")
    await anywhere.approve(await anywhere.receive(saying("Ancora io"), TO_SELLER))
    assert not await finds(anywhere, "reso")
    assert await finds(anywhere, "ancora")
    assert await finds(anywhere, "reso", BUYER)


@pytest.mark.req("R-PRIVACY-2")
async def test_what_was_erased_is_not_found(anywhere: Running) -> None:
    erased = await anywhere.receive(saying("Buonasera"), TO_SELLER)
    assert await finds(anywhere, "buonasera", BUYER)
    async with anywhere.gateway.database.transaction() as session:
        message = await store.lock_message(session, erased)
        assert message is not None
        message.content_box = None
    assert not await finds(anywhere, "buonasera", BUYER)


@pytest.mark.req("R-PRIVACY-2", "R-ALIAS-6")
async def test_the_database_holds_no_words_and_addresses_cannot_be_found(running: Running) -> None:
    message = await running.receive(saying(f"Zanzibar, {BUYER_ADDRESS}"), TO_SELLER)
    await running.approve(message)
    for keyword in ("mario rossi", "mario", "posta"):
        assert not await finds(running, keyword)
    second = await running.receive(saying("Zanzibar"), TO_SELLER)
    query = sql("SELECT message_id, words FROM message_words")
    async with running.gateway.database.reading() as session:
        rows = {UUID(str(row[0])): row[1] for row in await (await session.connection()).execute(query)}
    assert b"anzibar" not in b"".join(rows.values()).lower()
    assert set(cut(rows[second])) == set(cut(rows[message]))


async def test_equal_words_of_two_sellers_have_nothing_in_common(running: Running) -> None:
    content = saying("Vorrei un reso")
    await running.receive(content, TO_SELLER)
    world = running.world
    await running.approve(await world.send(OTHER_SELLER, order_id=OTHER_ORDER, subject="Domanda", text=content.text))
    async with running.gateway.database.reading() as session:
        rows = (await (await session.connection()).execute(sql("SELECT words FROM message_words"))).scalars().all()
    one, other = map(cut, rows)
    assert len(one) == len(other) == 4
    assert not set(one) & set(other)
    assert one == sorted(one)


async def test_a_long_message_is_found_by_its_words(running: Running) -> None:
    body = " ".join(f"parola{number}" for number in range(1500))
    message = await running.receive(saying(f"{body} {'x ' * 10_000}"), TO_SELLER)
    await running.approve(message)
    assert await finds(running, "parola0 parola1499")
    assert not await finds(running, "parola1500")


async def test_a_search_over_too_many_sellers_asks_to_be_narrowed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = running.world
    monkeypatch.setattr("services.gateway.mailbox.threads_api._MOST_SELLERS", 1)
    await running.approve(await world.send(text="Colore?"))
    await running.approve(await world.send(OTHER_SELLER, order_id=OTHER_ORDER, text="Colore?"))
    answer = await world.call("operator", "GET", "/v1/threads", params={"keyword": "colore"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "keyword"
    assert await found(running, "colore", "operator", order_id=ORDER) == [THREAD]


@pytest.mark.parametrize(("longest", "more"), [(" ".join(map(str, range(30))), " 30"), (KANJI[:31], KANJI[31])])
async def test_a_keyword_of_too_many_words_asks_to_leave_some_out(running: Running, longest: str, more: str) -> None:
    await running.approve(await running.world.send(text=longest))
    assert await finds(running, longest)
    for who in (SELLER, "operator"):
        answer = await running.world.call(who, "GET", "/v1/threads", params={"keyword": longest + more})
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert error["field"] == "keyword"
        assert "30" in error["message"]
        assert "leave some out" in error["message"]


async def test_words_for_each_of_many_sellers_are_bounded(anywhere: Running) -> None:
    """As many as are allowed can be searched for, on either database."""
    await anywhere.approve(await anywhere.world.send(text="0 1 2 3 4 5 6 7 8 9"))
    keys, sellers = anywhere.gateway.keys, [SELLER, *(f"other-{number}" for number in range(199))]
    ten = " ".join(map(str, range(10)))
    operator = Caller(CallerRole.OPERATOR, None, frozenset(Scope))
    async with anywhere.gateway.database.reading() as session:
        wanted = ThreadFilter(said=hash_keyword(keys, sellers, ten))
        threads = await list_threads(session, operator, wanted, None, 10)
    assert [thread.thread_id for thread in threads] == [THREAD]
    with pytest.raises(Invalid, match=r"10 words at most while it searches threads with 200 sellers; .* narrow"):
        hash_keyword(keys, sellers, f"{ten} 10")


async def test_a_mail_that_comes_twice_in_one_batch_is_kept_once(anywhere: Running) -> None:
    event = mail(uuid4(), await anywhere.gateway.blobs.seal_content(saying("Una volta")), TO_SELLER)
    await anywhere.tell(event, event, approved(event.mail_id, event.content), approved(event.mail_id, event.content))
    assert await finds(anywhere, "una volta")


def locate(sealed: SealedContent, folder: Path) -> Path:
    """Return where a content lies that is too long for an event."""
    assert sealed.blob is not None
    [place] = folder.rglob(sealed.blob)
    return place


def cut(packed: bytes) -> list[bytes]:
    return [packed[start : start + 5] for start in range(0, len(packed), 5)]


@pytest.mark.parametrize(("keyword", "told"), [("a", "at least 2 characters"), ("a" * 101, "at most 100 characters")])
async def test_a_keyword_of_another_length_is_told_so(running: Running, keyword: str, told: str) -> None:
    answer = await running.world.call(SELLER, "GET", "/v1/threads", params={"keyword": keyword})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "query.keyword"
    assert told in error["message"]
