"""What apps are given: how it looks, how long it is good, what it allows. Pure but for the random source."""

import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

from services.gateway.access.domain import SCOPES_BY_ROLE, CallerRole, Scope, hash_secret

ACCESS_LIFETIME = timedelta(hours=1)
CODE_LIFETIME = timedelta(minutes=5)
# An app works as its seller, but cannot let other apps in.
APP_SCOPES = SCOPES_BY_ROLE[CallerRole.SELLER] - {Scope.APPS_READ, Scope.APPS_WRITE}
# What clients of the Selling Partner API ask for in an app's own name.
OWN_SCOPES = frozenset(
    {
        "sellingpartnerapi::notifications",
        "sellingpartnerapi::migration",
        "sellingpartnerapi::client_credential:rotation",
    }
)
_SECRET_BYTES = 32
_NOBODYS_HASH = "0" * 64


class Credential(StrEnum):
    """The kinds of secrets; each begins with its own letters, so that a leaked one is recognised."""

    CLIENT_SECRET = "trm_app_"  # noqa: S105 - how client secrets begin
    CODE = "trm_code_"
    REFRESH_TOKEN = "Atzr|"  # noqa: S105 - how refresh tokens begin
    ACCESS_TOKEN = "Atza|"  # noqa: S105 - how access tokens begin


class GrantType(StrEnum):
    """What an app shows to get an access token (RFC 6749, 4.1.3, 4.4.2, 6)."""

    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a word of RFC 6749
    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"


def make_credential(kind: Credential) -> str:
    """Return a new secret of a kind: its letters and 256 random bits."""
    return kind + secrets.token_urlsafe(_SECRET_BYTES)


def is_secret_of(secret: str, secret_hash: str | None) -> bool:
    """Whether a secret is the one of this hash; takes as long for a wrong one, and where there is none to compare."""
    return hmac.compare_digest(hash_secret(secret), secret_hash or _NOBODYS_HASH)


def choose_app_scopes(wanted: frozenset[Scope]) -> frozenset[Scope]:
    """Return the scopes of an authorisation; raises `ValueError` naming what no app can have."""
    if beyond := wanted - APP_SCOPES:
        raise ValueError(f"an app cannot have {', '.join(sorted(beyond))}")
    return wanted


def narrow_scopes(granted: Collection[str], wanted: str | None) -> frozenset[str]:
    """Return what a token gets of what is granted: all, or the space-separated wanted (RFC 6749, 3.3 and 6).

    Raises `ValueError` where that goes beyond it.
    """
    asked = frozenset((wanted or "").split())
    if asked - frozenset(granted):
        raise ValueError("beyond what is granted")
    return asked or frozenset(granted)
