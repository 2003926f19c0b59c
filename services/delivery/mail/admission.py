"""What a readable mail may not contain if it is to pass through an alias."""

from collections.abc import Collection

from services.delivery.mail.parsing import IncomingMail
from services.delivery.mail.refusal import Refusal

MAX_WRITERS = 20

# In the order in which a person would want to hear of them.
_ENCLOSED = (
    (
        "protected",
        "signed_or_encrypted",
        "5.7.1",
        "Signed or encrypted mail cannot pass: the signature names your address. Please send it again without it.",
    ),
    (
        "calendar",
        "calendar_invitation",
        "5.6.1",
        "Calendar invitations cannot pass, since they carry addresses. Please write the date into the text.",
    ),
    (
        "tnef",
        "outlook_format",
        "5.6.1",
        "Your mail program packed the message in its own format (winmail.dat). Please send it as HTML or plain text.",
    ),
    (
        "partial",
        "partial_message",
        "5.6.1",
        "The message came in pieces. Please send it as one, with smaller attachments.",
    ),
    (
        "external",
        "external_content",
        "5.6.1",
        "The message only points to content elsewhere. Please attach the file itself.",
    ),
    (
        "message",
        "attached_message",
        "5.6.1",
        "An attached mail cannot pass, since it carries addresses. Please copy its text into your message.",
    ),
    (
        "vcard",
        "business_card",
        "5.6.1",
        "An attached business card cannot pass, since it carries addresses. Please send the message without it.",
    ),
    ("report", "report", "5.6.1", "Delivery reports and copied mail headers cannot pass."),
    ("receipt", "report", "5.6.1", "Read receipts cannot pass."),
)


def admit(mail: IncomingMail, allowed_recipients: Collection[str]) -> None:
    """Refuse what would reveal an address or cannot be carried unaltered (R-MAIL-1).

    ``allowed_recipients`` are the aliases of this pair; any other recipient in To, Cc or Bcc refuses the mail, since an
    answer to all would reveal it. A mail without text, subject and files is refused as empty.
    """
    for kind, reason, code, sentence in _ENCLOSED:
        if kind in mail.enclosed:
            raise Refusal(reason, code, sentence)
    allowed = {address.lower() for address in allowed_recipients}
    if any(box.address.lower() not in allowed for box in mail.recipients if "@" in box.address):
        raise Refusal(
            "further_recipients",
            "5.7.1",
            "The message has further recipients, who would see each other's address. "
            "Please send it to this address alone.",
        )
    if len(mail.addresses) > MAX_WRITERS:
        raise Refusal(
            "too_many_writers", "5.7.1", "The message names too many senders. Please send it from one address."
        )
    if not (mail.text.strip() or mail.subject or mail.attachments or mail.inline_images):
        raise Refusal("empty", "5.6.0", "The message is empty. Please write something and send it again.")
