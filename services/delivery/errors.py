"""What can go wrong in delivery, foreseen."""

from http import HTTPStatus

from shared.problems import Conflict, NotFound, Problem


class Refused(Exception):  # noqa: N818 - says what is the case
    """A mail or a recipient is not taken; `reply` is the SMTP answer, `outcome` the word for the measures."""

    def __init__(self, reply: str, outcome: str) -> None:
        super().__init__(outcome)
        self.reply = reply
        self.outcome = outcome


class NoSuchMail(NotFound):
    """The queue holds no mail with this id."""

    slug = "no-such-mail"
    title = "No such mail"


class MailSettled(Conflict):
    """The mail was sent or given up already; nothing can be retried, held or released."""

    slug = "mail-settled"
    title = "The mail is settled"


class MailBusy(Conflict):
    """Somebody records an attempt at the mail at this moment."""

    slug = "mail-busy"
    title = "The mail is being recorded"


class ContentUnavailable(Problem):
    """The content of the message cannot be opened: destroyed, or sealed under a key that is not at hand."""

    slug = "content-unavailable"
    title = "Content unavailable"
    status = HTTPStatus.GONE
