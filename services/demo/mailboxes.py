"""Where mail arrives, as its reader sees it."""

import email
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol

Matches = Callable[[EmailMessage], bool]


class Mailboxes(Protocol):
    """The mailboxes of everybody the demo writes to."""

    def list_mails(self, address: str) -> Sequence[EmailMessage]:
        """Return the mails of a mailbox, in no particular order; none for one that does not exist yet."""


class MaildirMailboxes:
    """Mailboxes in a folder, one Maildir each, as the delivery service writes them without a relay."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list_mails(self, address: str) -> Sequence[EmailMessage]:
        """See `Mailboxes.list_mails`."""
        files = [path for part in ("new", "cur") for path in (self._root / address / part).glob("*")]
        return [read_mail(path.read_bytes()) for path in files]


def read_mail(content: bytes) -> EmailMessage:
    """Parse a mail."""
    return email.message_from_bytes(content, policy=SMTP)


def read_text(mail: EmailMessage) -> str:
    """Return what a reader of plain text sees."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""
