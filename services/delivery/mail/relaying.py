"""A mail made ready for the other side: admitted, sanitised, rewritten, its files inspected and scrubbed."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.delivery.mail import admission, html, quotation, rewriting
from services.delivery.mail.bodies import Attached
from services.delivery.mail.composing import OutgoingPart
from services.delivery.mail.parsing import IncomingMail
from services.delivery.mail.refusal import Refusal
from services.delivery.mail.rewriting import Replacement
from shared import attachments

# What a file's trouble is to an SMTP client (RFC 3463).
_CODES = {attachments.Problem.TOO_LARGE: "5.3.4", attachments.Problem.BOMB: "5.3.4"}


@dataclass(frozen=True, slots=True)
class RelayedContent:
    """What a counterpart may see. ``text`` and ``html`` are whole; ``new_*`` and ``quoted_*`` are their two parts.

    ``html`` is sanitised and rewritten, nothing where the mail brought none. Its images
    have Content-IDs of our own, since those of a client name its host.
    """

    subject: str
    text: str
    html: str | None
    new_text: str
    quoted_text: str
    new_html: str | None
    quoted_html: str | None
    inline_images: tuple[OutgoingPart, ...]
    attachments: tuple[OutgoingPart, ...]


def _check_part(part: Attached, replacement: Replacement, *, inline: bool) -> OutgoingPart:
    facts = attachments.inspect(part.name, part.media_type, part.content)
    sentence = attachments.explain(facts)
    if sentence is None and inline and not facts.media_type.startswith("image/"):
        sentence = f'The attachment "{facts.name}" is shown as a picture but is none.'
    if sentence is not None:
        problem = facts.problems[0] if facts.problems else attachments.Problem.TYPE_MISMATCH
        raise Refusal(
            f"attachment_{problem}",
            _CODES.get(problem, "5.7.1"),
            f"{sentence} Please send the message again without it.",
        )
    try:
        content = attachments.scrub(part.content, facts.media_type)
    except ValueError as error:
        raise Refusal(
            "attachment_malformed", "5.7.1", f'The attachment "{facts.name}" is damaged. Please send it again.'
        ) from error
    if rewriting.names_writer(attachments.read_texts(content, facts.media_type), replacement):
        raise Refusal(
            "attachment_address",
            "5.7.1",
            f'The attachment "{facts.name}" contains your e-mail address, which the other side does not get to see. '
            "Please take it out and send the message again.",
        )
    return OutgoingPart(facts.name, facts.media_type, content, part.content_id)


def _check_size(text: str, formatted: str | None, parts: Collection[OutgoingPart]) -> None:
    octets = len(text.encode()) + len((formatted or "").encode()) + sum(len(part.content) for part in parts)
    if octets > attachments.MAX_MESSAGE_OCTETS:
        raise Refusal(
            "too_large", "5.3.4", "The message is larger than 10 MB. Please send it with smaller attachments."
        )


def prepare(mail: IncomingMail, replacement: Replacement, allowed_recipients: Collection[str]) -> RelayedContent:
    """Make a person's mail ready for the counterpart (R-MAIL-1, R-MAIL-5, R-MAIL-6), or refuse it with a ``Refusal``.

    Automatic mail is recognised before (``automation.recognise``); whether the text may pass is the gate's to say.
    """
    admission.admit(mail, allowed_recipients)
    names = {it.content_id: f"image{number}" for number, it in enumerate(mail.inline_images, 1) if it.content_id}
    clean = None if mail.html is None else html.rename_images(html.sanitise(mail.html), names)
    images = tuple(replace(it, content_id=names.get(it.content_id or "")) for it in mail.inline_images)
    rewritten = rewriting.rewrite_mail(replace(mail, inline_images=images), replacement, clean)
    pictures = tuple(_check_part(part, replacement, inline=True) for part in rewritten.inline_images)
    files = tuple(_check_part(part, replacement, inline=False) for part in rewritten.attachments)
    _check_size(rewritten.text, rewritten.html, [*pictures, *files])
    text = quotation.split_text(rewritten.text)
    formatted = None if rewritten.html is None else quotation.split_html(rewritten.html)
    return RelayedContent(
        subject=rewritten.subject,
        text=rewritten.text,
        html=rewritten.html,
        new_text=text.new,
        quoted_text=text.quoted,
        new_html=formatted.new if formatted else None,
        quoted_html=formatted.quoted if formatted else None,
        inline_images=pictures,
        attachments=files,
    )
