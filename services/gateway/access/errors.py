"""What can be wrong with a caller."""

from shared.problems import Forbidden, Unauthenticated


class TokenRefused(Unauthenticated):
    """No token, or one that is unknown, expired or revoked; which of these is not said."""

    def __init__(self) -> None:
        super().__init__("Send `Authorization: Bearer trm_…` with a token that is valid now.")


class ScopeMissing(Forbidden):
    """The token is not good for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs a token with the scope {scope}.", scope=scope)


class RoleMissing(Forbidden):
    """This is for callers of another role."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        super().__init__(f"This is for callers of the role {' or '.join(roles)}.", roles=list(roles))
