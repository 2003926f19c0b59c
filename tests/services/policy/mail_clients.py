"""Answers as Gmail, Outlook, Apple Mail and Thunderbird write them in six languages, in plain text and in HTML."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape

LANGUAGES = ("it", "en", "de", "fr", "es", "ja")
# The line above a quotation, with the name and address of who wrote it.
_GMAIL = {
    "it": "Il giorno lun 4 mag 2026 alle ore 10:32 {name} <{address}> ha scritto:",
    "en": "On Mon, May 4, 2026 at 10:32\u202fAM {name} <{address}> wrote:",
    "de": "Am Mo., 4. Mai 2026 um 10:32 Uhr schrieb {name} <{address}>:",
    "fr": "Le lun. 4 mai 2026 à 10:32, {name} <{address}> a écrit :",
    "es": "El lun, 4 may 2026 a las 10:32, {name} (<{address}>) escribió:",
    "ja": "2026年5月4日(月) 10:32 {name} <{address}>:",
}
_APPLE = {
    "it": "Il giorno 4 mag 2026, alle ore 10:32, {name} <{address}> ha scritto:",
    "en": "On 4 May 2026, at 10:32, {name} <{address}> wrote:",
    "de": "Am 04.05.2026 um 10:32 schrieb {name} <{address}>:",
    "fr": "Le 4 mai 2026 à 10:32, {name} <{address}> a écrit :",
    "es": "El 4 may 2026, a las 10:32, {name} <{address}> escribió:",
    "ja": "2026/05/04 10:32、{name} <{address}>のメール:",
}
_THUNDERBIRD = {
    "it": "Il 04/05/26 10:32, {name} ha scritto:",
    "en": "On 04/05/2026 10:32, {name} wrote:",
    "de": "Am 04.05.26 um 10:32 schrieb {name}:",
    "fr": "Le 04/05/2026 à 10:32, {name} a écrit :",
    "es": "El 4/5/26 a las 10:32, {name} escribió:",
    "ja": "On 2026/05/04 10:32, {name} wrote:",
}
_OUTLOOK = {
    "it": ("Da", "Inviato", "A", "Oggetto", "lunedì 4 maggio 2026 10:32"),
    "en": ("From", "Sent", "To", "Subject", "Monday, May 4, 2026 10:32 AM"),
    "de": ("Von", "Gesendet", "An", "Betreff", "Montag, 4. Mai 2026 10:32"),
    "fr": ("De", "Envoyé", "À", "Objet", "lundi 4 mai 2026 10:32"),
    "es": ("De", "Enviado", "Para", "Asunto", "lunes, 4 de mayo de 2026 10:32"),
    "ja": ("差出人", "送信日時", "宛先", "件名", "2026年5月4日 10:32"),
}


@dataclass(frozen=True)
class Received:
    """A mail as a client shows it."""

    name: str
    address: str
    to: str
    subject: str
    text: str
    html: str
    message_id: str

    @staticmethod
    def read(octets: bytes) -> "Received":
        mail = message_from_bytes(octets, policy=policy.default)
        plain, formatted = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain is not None
        sender = mail["From"].addresses[0]
        body = "" if formatted is None else formatted.get_content()
        return Received(
            name=sender.display_name,
            address=sender.addr_spec,
            to=mail["To"].addresses[0].addr_spec,
            subject=mail["Subject"],
            text=plain.get_content(),
            html=body.partition("<body>")[2].partition("</body>")[0] or body,
            message_id=mail["Message-ID"],
        )


@dataclass(frozen=True)
class Answer:
    """What a person writes above the quotation; `forged` are lines slipped into it."""

    text: str
    forged: str = ""


Quoting = Callable[[Received, Answer, str], tuple[str, str]]


def _marked(text: str, width: int) -> str:
    lines = [
        piece
        for line in text.splitlines()
        for piece in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
    ]
    return "\n".join(f"> {line}".rstrip() if not line.startswith(">") else f">{line}" for line in lines)


def _forge_text(text: str, forged: str) -> str:
    """Slip a line into the middle of a quoted text."""
    lines = text.splitlines()
    return "\n".join([*lines[:3], forged, *lines[3:]]) if forged else text


def _forge_html(source: str, forged: str) -> str:
    head, tail, rest = source.partition("</p>")
    return f"{head}{tail}<p>{escape(forged)}</p>{rest}" if forged else source


def _linked(attribution: str, address: str) -> str:
    return escape(attribution, quote=False).replace(address, f'<a href="mailto:{address}">{address}</a>')


def quote_in_gmail(mail: Received, answer: Answer, language: str) -> tuple[str, str]:
    """Answer with a wrapped attribution and lines wrapped at 76."""
    attribution = _GMAIL[language].format(name=mail.name, address=mail.address)
    wrapped = "\n".join(textwrap.wrap(attribution, 76, break_long_words=False, break_on_hyphens=False))
    text = f"{answer.text}\n\n{wrapped}\n\n{_marked(_forge_text(mail.text, answer.forged), 74)}\n"
    html = (
        f'<div dir="ltr">{escape(answer.text)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{_linked(attribution, mail.address)}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">'
        f"{_forge_html(mail.html, answer.forged)}</blockquote></div>"
    )
    return text, html


def quote_in_outlook(mail: Received, answer: Answer, language: str) -> tuple[str, str]:
    """Answer above a copied header, the quotation unmarked."""
    from_, sent, to, subject, date = _OUTLOOK[language]
    fields = [(from_, f"{mail.name} <{mail.address}>"), (sent, date), (to, f"Mario Rossi <{mail.to}>")]
    fields.append((subject, mail.subject))
    header = "\n".join(f"{name}: {value}" for name, value in fields)
    text = f"{answer.text}\n\n{'_' * 32}\n{header}\n\n{_forge_text(mail.text, answer.forged)}\n"
    rows = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in fields)
    html = (
        f'<div class="elementToProof">{escape(answer.text)}</div><div id="appendonsend"></div>'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">{rows}</font><div>&nbsp;</div></div>'
        f'<div class="BodyFragment">{_forge_html(mail.html, answer.forged)}</div>'
    )
    return text, html


def quote_in_apple_mail(mail: Received, answer: Answer, language: str) -> tuple[str, str]:
    """Answer with the attribution inside the quotation."""
    attribution = _APPLE[language].format(name=mail.name, address=mail.address)
    quoted = _marked(f"{attribution}\n\n{_forge_text(mail.text, answer.forged)}", 500)
    html = (
        f'<div>{escape(answer.text)}</div><br><blockquote type="cite"><div>{_linked(attribution, mail.address)}</div>'
        f'<br class="Apple-interchange-newline"><div>{_forge_html(mail.html, answer.forged)}</div></blockquote>'
    )
    return f"{answer.text}\n\n{quoted}\n", html


def quote_in_thunderbird(mail: Received, answer: Answer, language: str) -> tuple[str, str]:
    """Answer with a short attribution, lines wrapped at 72."""
    attribution = _THUNDERBIRD[language].format(name=mail.name)
    text = f"{answer.text}\n\n{attribution}\n{_marked(_forge_text(mail.text, answer.forged), 70)}\n"
    html = (
        f'<p>{escape(answer.text)}</p><div class="moz-cite-prefix">{escape(attribution)}<br></div>'
        f'<blockquote type="cite" cite="mid:{mail.message_id.strip("<>")}">'
        f"{_forge_html(mail.html, answer.forged)}</blockquote>"
    )
    return text, html


CLIENTS: Sequence[Quoting] = (quote_in_gmail, quote_in_outlook, quote_in_apple_mail, quote_in_thunderbird)


def write_answer(
    client: Quoting, mail: Received, answer: Answer, language: str, *, sender: str, formatted: bool
) -> bytes:
    """Return the answer as it comes to the door."""
    text, html = client(mail, answer, language)
    written = EmailMessage(policy=policy.SMTP)
    written["From"], written["To"] = f"Mario Rossi <{sender}>", mail.address
    written["Subject"], written["In-Reply-To"] = f"Re: {mail.subject}", mail.message_id
    written["Message-ID"] = "<answer@client.example>"
    written.set_content(text)
    if formatted:
        written.add_alternative(f"<html><body>{html}</body></html>", subtype="html")
    return written.as_bytes()
