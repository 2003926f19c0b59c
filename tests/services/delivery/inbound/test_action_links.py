"""The links in a seller's mail stay the seller's: an answer that quotes them loses them on the way."""

import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.inbound.action_links import strike_links
from shared.contracts.delivery import MailReceived
from shared.contracts.facts import Content
from shared.contracts.vocabulary import Direction
from shared.links import TOKEN_LETTERS
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import (
    BUYER_ALIAS,
    SELLER,
    Installation,
    describe_message,
    read_box,
    write_mail,
)

pytestmark = pytest.mark.req("R-MAIL-7", "R-MAIL-1")

TOKEN = "a2" * (TOKEN_LETTERS // 2)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"> Report: https://m.example/links/{TOKEN}\n> x", "> Report: \n> x"),
        (f"a <https://m.example/links/{TOKEN.upper()}> b", "a <> b"),
        (f'<a href="https://m.example/links/{TOKEN}?x=1">Report</a>', '<a href="">Report</a>'),
        (f"https://safe.example/?url=https%3A%2F%2Fm.example%2Flinks%2F{TOKEN}&d=1 x", " x"),
        (f"https://m.example/links/{TOKEN}https://m.example/links/{TOKEN}", ""),
        (f"https://m.example/links/{TOKEN}Report <b>", "Report <b>"),
        (f"https://m.example/links/{TOKEN[:-1]} stays", f"https://m.example/links/{TOKEN[:-1]} stays"),
        ("https://m.example/links/about stays", "https://m.example/links/about stays"),
    ],
)
def test_only_whole_addresses_with_a_token_go(text: str, left: str) -> None:
    assert strike_links(text, lambda _: True) == left


def test_what_merely_looks_alike_stays() -> None:
    text = f"https://m.example/links/{TOKEN}"
    assert strike_links(text, lambda _: False) == text


@given(st.text(), st.text())
def test_a_token_never_survives_and_text_without_one_stays(before: str, after: str) -> None:
    struck = strike_links(f"{before}https://m.example/links/{TOKEN} {after}", lambda _: True)
    assert TOKEN not in struck
    assert struck.endswith(f" {after}")
    assert strike_links(before, lambda _: True) == before


def test_hostile_lengths_take_no_longer() -> None:
    text = ("x" * 5000 + f"links/{TOKEN}") * 100
    assert TOKEN not in strike_links(text, lambda _: True)


@pytest.mark.parametrize("form", ["plain", "html"])
async def test_an_answer_that_quotes_the_sellers_mail_carries_no_link_to_the_buyer(
    delivery: Installation, form: str
) -> None:
    await delivery.introduce()
    question = Content(subject="Domanda", text="Quando arriva?", html="<p>Quando arriva?</p>")
    message = describe_message(Direction.BUYER_TO_SELLER, message_id=uuid4())
    await delivery.tell(await delivery.approve(message, question))
    (mail,) = await until(lambda: read_box(delivery.mail_folder / SELLER), "the seller's mail")
    decoded = mail.decode().replace("=\r\n", "").replace("=3D", "=")
    links = re.findall(rf"{re.escape(delivery.settings.public_url)}/links/[a-z2-7]{{{TOKEN_LETTERS}}}", decoded)
    assert len(set(links)) == 2
    if form == "plain":
        text = "Domani.\r\n\r\nIl giorno x, y ha scritto:\r\n" + "".join(f"> Report: {link}\r\n" for link in links)
        answer = write_mail(SELLER, BUYER_ALIAS, text)
    else:
        quoted = "".join(f'<a href="{link}">Report</a> {link}' for link in links)
        text = f"<p>Domani.</p><blockquote>{quoted}</blockquote>\r\n"
        answer = write_mail(SELLER, BUYER_ALIAS, text, content_type="text/html; charset=utf-8")
    await delivery.send(SELLER, BUYER_ALIAS, answer)
    (received,) = await delivery.hear(MailReceived)
    content = (await delivery.blobs.open_content(received.content)).model_dump_json()
    assert "Domani" in content
    assert "Report" in content
    assert "links/" not in content
