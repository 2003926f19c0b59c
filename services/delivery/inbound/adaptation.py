"""From a mail as it came in to content that may be shown to the other side (R-MAIL-1, R-MAIL-5, R-MAIL-6). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from services.delivery.mail import html, markup
from services.delivery.mail.bodies import Attached
from services.delivery.mail.parsing import IncomingMail
from services.delivery.mail.quotation import Split, split_html, split_text
from services.delivery.mail.refusal import Refusal
from services.delivery.mail.rewriting import Replacement, rewrite_mail
from shared.attachments import MAX_MESSAGE_OCTETS, explain, inspect, scrub

_IMAGE_SOURCE = re.compile(r'\bsrc="[^"]*"')


@dataclass(frozen=True, slots=True)
class Part:
    """A file that may pass, without its author's traces; `content_id` is our own name for an image in the text."""

    name: str
    media_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Adapted:
    """What of a mail goes on: the new text and the history it quotes, in both forms, and its files."""

    subject: str
    text: Split
    html: Split | None
    parts: tuple[Part, ...]


def adapt(mail: IncomingMail, writer_addresses: frozenset[str], writer_alias: str) -> Adapted:
    """Return what the counterpart may see of `mail`; raises `Refusal` for a file that may not pass.

    Every trace of `writer_addresses`, and of the hosts that the mail names, gives way to `writer_alias`.
    """
    names = {image.content_id: f"image{number}" for number, image in enumerate(mail.inline_images, start=1)}
    known = {old: new for old, new in names.items() if old is not None}
    clean = None if mail.html is None else _rename_images(html.sanitise(mail.html, known), known)
    images = tuple(replace(image, content_id=names[image.content_id]) for image in mail.inline_images)
    replacement = Replacement(writer_addresses, writer_alias, mail.hosts)
    shown = rewrite_mail(replace(mail, inline_images=images), replacement, clean)
    parts = tuple(_check(part) for part in (*shown.inline_images, *shown.attachments))
    if sum(len(part.content) for part in parts) > MAX_MESSAGE_OCTETS:
        raise Refusal(
            "too_large", "5.3.4", "The message is larger than 10 MB; please send it with smaller attachments."
        )
    split = None if shown.html is None else split_html(shown.html)
    return Adapted(shown.subject, split_text(shown.text), split, parts)


def _check(part: Attached) -> Part:
    facts = inspect(part.name, part.media_type, part.content)
    if sentence := explain(facts):
        raise Refusal(f"attachment_{facts.problems[0]}", "5.7.1", sentence)
    return Part(facts.name, facts.media_type, scrub(part.content, facts.media_type), part.content_id)


def _rename_images(fragment: str, names: Mapping[str, str]) -> str:
    """Give the images in sanitised HTML our own names: those of the sender's client name its host."""
    pieces: list[str] = []
    for token in markup.read_tokens(fragment):
        piece = fragment[token.start : token.end]
        if token.name == "img":
            name = names.get(html.image_cid(token) or "")
            if name is None:
                piece = escape(token.attribute("alt") or "", quote=False)
            else:
                piece = _IMAGE_SOURCE.sub(f'src="cid:{quote(name)}"', piece, count=1)
        pieces.append(piece)
    return "".join(pieces)
