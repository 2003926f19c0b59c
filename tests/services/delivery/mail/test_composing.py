import dataclasses
import re
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.mail import composing
from services.delivery.mail.composing import OutgoingMail, OutgoingPart
from services.delivery.mail.parsing import parse
from tests.services.delivery.mail.samples import ALIAS, MOMENT

pytestmark = pytest.mark.req("R-MAIL-1", "R-MAIL-5")

PICTURE = OutgoingPart("Bild ä.png", "image/png", b"\x89PNG", "old@host.secret.example")
FILE = OutgoingPart("Rechnung \u2013 5.pdf", "application/pdf", b"%PDF-1.4\n")
MAIL = OutgoingMail(
    from_name="Bücher & Söhne, GmbH",
    from_address=ALIAS,
    to_address="buyer@post.example",
    subject="Ihre Bestellung \u2013 123-1234567-1234567",
    text="Hallo\n\nGrüße",
    message_id="<0123@marketplace.example.it>",
    date=MOMENT,
    html='<p>Hallo <img src="cid:old@host.secret.example" alt="b"></p>',
    inline_images=(PICTURE,),
    attachments=(FILE,),
    in_reply_to="<p@marketplace.example.it>",
    references=("<g@marketplace.example.it>", "<p@marketplace.example.it>"),
    language="de",
)
ALLOWED = {
    "date",
    "from",
    "to",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
    "reply-to",
    "auto-submitted",
    "content-language",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
}


def test_all_that_was_given_reads_back() -> None:
    mail = parse(composing.compose(MAIL))
    assert mail.author is not None
    assert (mail.author.name, mail.author.address) == (MAIL.from_name, ALIAS)
    assert mail.subject == MAIL.subject
    assert mail.text == MAIL.text
    assert mail.message_id == MAIL.message_id
    assert mail.in_reply_to == (MAIL.in_reply_to,)
    assert mail.references == MAIL.references
    assert mail.date == MOMENT
    assert [(part.name, part.content) for part in mail.inline_images] == [(PICTURE.name, PICTURE.content)]
    assert [(part.name, part.media_type, part.content) for part in mail.attachments] == [
        (FILE.name, FILE.media_type, FILE.content)
    ]


def test_the_library_reads_it_without_a_defect() -> None:
    message = message_from_bytes(composing.compose(MAIL), policy=policy.default)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert not [defect for part in message.walk() for defect in part.defects]
    assert message["subject"] == MAIL.subject


def test_only_allowed_fields_and_no_foreign_host() -> None:
    octets = composing.compose(dataclasses.replace(MAIL, automatic=True, reply_to=ALIAS))
    names = {name.lower() for name in message_from_bytes(octets).keys()}  # noqa: SIM118 - a message is no mapping
    assert names <= ALLOWED
    assert b"secret" not in octets
    assert b"Auto-Submitted: auto-generated" in octets


def test_a_persons_mail_is_not_marked_automatic() -> None:
    assert b"Auto-Submitted" not in composing.compose(MAIL)


def test_the_same_mail_has_the_same_octets() -> None:
    assert composing.compose(MAIL) == composing.compose(MAIL)
    assert composing.compose(MAIL) != composing.compose(
        dataclasses.replace(MAIL, message_id="<2@marketplace.example.it>")
    )


def test_a_picture_without_a_part_leaves_its_description() -> None:
    mail = parse(composing.compose(dataclasses.replace(MAIL, inline_images=())))
    assert mail.html is not None
    assert "cid:" not in mail.html
    assert "<p>Hallo b</p>" in mail.html


def test_plain_text_stays_a_single_part() -> None:
    octets = composing.compose(dataclasses.replace(MAIL, html=None, inline_images=(), attachments=()))
    assert b"multipart" not in octets


def test_references_are_bounded_and_keep_the_first() -> None:
    many = tuple(f"<{number}@marketplace.example.it>" for number in range(200))
    mail = parse(composing.compose(dataclasses.replace(MAIL, references=many)))
    assert mail.references == (many[0], *many[-19:])


@pytest.mark.parametrize(("address", "needed"), [("a@b.example", False), ("jörg@b.example", True)])
def test_smtputf8_is_asked_for_only_where_needed(address: str, needed: bool) -> None:  # noqa: FBT001 - a table's column
    assert composing.needs_smtputf8(dataclasses.replace(MAIL, to_address=address)) is needed


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


@given(_TEXT, _TEXT, _TEXT, st.lists(_TEXT, max_size=3))
def test_any_text_survives_on_lines_that_any_hop_takes(subject: str, name: str, text: str, files: list[str]) -> None:
    parts = tuple(OutgoingPart(file, "text/plain", text.encode()) for file in files)
    mail = dataclasses.replace(
        MAIL, subject=subject, from_name=name, text=text, html=None, inline_images=(), attachments=parts
    )
    octets = composing.compose(mail)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", octets)
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    read = parse(octets)
    assert read.text == text.removeprefix("\ufeff")
    assert read.subject.split() == subject.split()
    assert [part.name.split() for part in read.attachments] == [file.split() for file in files]
