"""What stands around a party's message (R-MAIL-7)."""

from datetime import UTC, datetime
from html import escape

import pytest

from services.delivery.mail.composing import OutgoingMail, OutgoingPart, compose
from services.delivery.outbound.catalogue import LANGUAGES, read_wording
from services.delivery.outbound.letters import Actions, Correspondents, Place, write_letter
from shared.contracts.facts import Content
from shared.contracts.vocabulary import Direction
from tests.services.delivery.installation import BUSINESS, BUYER_ALIAS, ORDER, SELLER_ALIAS, describe_message

pytestmark = pytest.mark.req("R-MAIL-7")

CONTENT = Content(
    subject="Domanda", text="Ciao.", html="<p>Ciao.</p>", quoted_text="> prima", quoted_html="<p>prima</p>"
)
PLACE = Place("<1@marketplace.amazon.it>", ("<a@x.example>", "<b@x.example>"), datetime(2026, 5, 5, tzinfo=UTC))


def _write(
    content: Content = CONTENT,
    direction: Direction = Direction.SELLER_TO_BUYER,
    order_id: str | None = ORDER,
    language: str = "it",
    actions: Actions | None = None,
) -> OutgoingMail:
    message = describe_message(direction, order_id=order_id, language=language)
    correspondents = Correspondents(BUYER_ALIAS, SELLER_ALIAS, BUSINESS, "a@b.example", language)
    parts = [
        OutgoingPart("a.txt", "text/plain", b"x"),
        OutgoingPart("b.png", "image/png", b"y", content_id="image1"),
    ]
    return write_letter(message, content, parts, correspondents, PLACE, actions)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sellers_mail_opens_with_the_business_name_and_shows_the_order(language: str) -> None:
    mail = _write(language=language)
    assert (mail.from_name, mail.from_address) == (BUSINESS, SELLER_ALIAS)
    assert mail.text.startswith(BUSINESS)
    assert ORDER in mail.text.splitlines()[0]
    assert (mail.html or "").startswith(f"<p>{BUSINESS}")
    assert ORDER in mail.subject
    assert "{" not in mail.text + mail.subject + mail.from_name
    assert mail.language == language


@pytest.mark.req("R-MAIL-8")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_buyers_mail_comes_from_their_alias(language: str) -> None:
    mail = _write(direction=Direction.BUYER_TO_SELLER, language=language)
    assert (mail.from_name, mail.from_address) == ("Amazon.it buyer", BUYER_ALIAS)
    assert ORDER in mail.text.splitlines()[0]
    assert BUSINESS not in mail.text


def test_text_history_and_files_are_carried_unchanged() -> None:
    mail = _write()
    assert "\n\nCiao.\n\n" in mail.text
    assert mail.text.endswith("> prima\n")
    assert "<p>Ciao.</p>" in (mail.html or "")
    assert (mail.html or "").endswith("<p>prima</p>")
    assert [part.name for part in mail.attachments] == ["a.txt"]
    assert [part.name for part in mail.inline_images] == ["b.png"]
    assert (mail.in_reply_to, mail.references) == (PLACE.references[-1], PLACE.references)
    assert compose(mail) == compose(_write())


def test_a_subject_that_shows_the_order_stays_as_it_is() -> None:
    assert _write(Content(subject=f"Re: ordine {ORDER}", text="x")).subject == f"Re: ordine {ORDER}"


@pytest.mark.parametrize("order_id", [ORDER, None])
def test_without_a_subject_there_is_one(order_id: str | None) -> None:
    subject = _write(Content(subject="  ", text="x"), order_id=order_id).subject
    assert subject.strip()
    assert (ORDER in subject) == (order_id is not None)


def test_a_plain_message_stays_plain() -> None:
    assert _write(Content(subject="x", text="y")).html is None


def test_names_are_no_markup() -> None:
    message = describe_message()
    correspondents = Correspondents(BUYER_ALIAS, SELLER_ALIAS, "A <b> & C", "a@b.example", "it")
    mail = write_letter(message, CONTENT, [], correspondents, PLACE)
    assert (mail.html or "").startswith("<p>A &lt;b&gt; &amp; C")


ACTIONS = Actions("https://m.example/links/aa?x=1&y=2", "https://m.example/links/bb")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sellers_copy_offers_its_links_in_both_forms_after_the_message(language: str) -> None:
    mail = _write(direction=Direction.BUYER_TO_SELLER, language=language, actions=ACTIONS)
    words = read_wording(language).letter
    for name, link in (("no_response_needed", ACTIONS.no_response_needed), ("report", ACTIONS.report)):
        assert f"{words[name]}: {link}\n" in mail.text
        assert f'<a href="{escape(link)}">{words[name]}</a>' in (mail.html or "")
    assert mail.text.index("Ciao.") < mail.text.index("\n-- \n") < mail.text.index(ACTIONS.report)
    assert mail.text.index(ACTIONS.report) < mail.text.index("> prima")


def test_a_buyer_never_gets_the_sellers_links() -> None:
    mail = _write(actions=ACTIONS)
    assert "/links/" not in mail.text + (mail.html or "")
