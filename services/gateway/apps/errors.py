"""What can go wrong with apps, foreseen."""

from enum import StrEnum
from http import HTTPStatus

from shared.problems import Conflict, Forbidden


class AppRevoked(Conflict):
    """The app has been revoked, which is for good."""

    slug = "app-revoked"
    title = "The app is revoked"

    def __init__(self) -> None:
        super().__init__("This app is revoked; register it anew.")


class ActsForNobody(Forbidden):
    """An app shows a token of its own name where a seller's is needed."""

    slug = "acts-for-nobody"
    title = "The token acts for no seller"

    def __init__(self) -> None:
        super().__init__("This token acts for no seller. Get one with a seller's refresh token.")


class TokenError(StrEnum):
    """Why no access token is given (RFC 6749, 5.2)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"


class Denied(Exception):  # noqa: N818 - says what happened
    """No access token is given; OAuth has its own form to say why. The description quotes nothing of the request."""

    def __init__(self, error: TokenError, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description

    @property
    def status(self) -> HTTPStatus:
        """The status it is answered with."""
        unknown = self.error is TokenError.INVALID_CLIENT
        return HTTPStatus.UNAUTHORIZED if unknown else HTTPStatus.BAD_REQUEST
