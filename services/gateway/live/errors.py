"""What can go wrong with streams."""

from http import HTTPStatus

from shared.problems import Problem


class TooManyStreams(Problem):
    """The caller has as many streams open as one caller may."""

    slug = "too-many-streams"
    title = "Too many open streams"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, limit: int) -> None:
        super().__init__(f"You have {limit} streams open already; close one first.", limit=limit)
