"""What can be wrong with a message."""

from http import HTTPStatus

from shared.problems import Conflict, Forbidden, NotFound


class UnknownTarget(NotFound):
    """What a body points at is not there, or not the caller's."""

    def __init__(self, field: str, what: str) -> None:
        message = f"no {what} of yours has this id"
        super().__init__(f"{field}: {message}.", errors=[{"field": field, "message": message}])


class KeyReused(Conflict):
    """The idempotency key belongs to a request that asked for something else."""

    slug = "idempotency-key-reused"
    title = "Idempotency key reused"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was sent with another body; use a new key for a new message.",
            errors=[{"field": "Idempotency-Key", "message": "was used with another body"}],
        )


class NotYours(Forbidden):
    """Only who got a message can say what it needs."""

    slug = "own-message"
