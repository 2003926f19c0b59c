"""What can go wrong with sender addresses, foreseen."""

from http import HTTPStatus

from shared.problems import Conflict, Problem


class TooManyRequests(Problem):
    """A seller asked for so many addresses in a day that the mails would be a nuisance to their owners."""

    slug = "too-many-sender-requests"
    title = "Too many requested addresses"
    status = HTTPStatus.TOO_MANY_REQUESTS


class TooManySenders(Conflict):
    """A seller has as many confirmed addresses as there may be."""

    slug = "too-many-senders"
    title = "Too many sender addresses"
