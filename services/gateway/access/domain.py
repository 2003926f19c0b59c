"""Roles, scopes, and which caller may see what. Pure but for the random source of `make_secret`."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

TOKEN_PREFIX = "trm_"  # noqa: S105 - what tokens begin with, so that leaked ones are recognised
_SECRET_BYTES = 32


class CallerRole(StrEnum):
    """In whose name a caller acts."""

    OPERATOR = "operator"
    SELLER = "seller"
    BUYER = "buyer"


class Scope(StrEnum):
    """What a token is good for."""

    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ORDERS_CONFIRM = "orders:confirm"
    PARTIES_READ = "parties:read"
    PARTIES_WRITE = "parties:write"
    METRICS_READ = "metrics:read"
    POLICY_READ = "policy:read"
    POLICY_WRITE = "policy:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    APPS_READ = "apps:read"
    APPS_WRITE = "apps:write"
    MAIL_READ = "mail:read"
    MAIL_WRITE = "mail:write"


SCOPES_BY_ROLE: Mapping[CallerRole, frozenset[Scope]] = {
    CallerRole.OPERATOR: frozenset(Scope),
    CallerRole.SELLER: frozenset(
        {
            Scope.MESSAGES_READ,
            Scope.MESSAGES_WRITE,
            Scope.ORDERS_READ,
            Scope.ORDERS_CONFIRM,
            Scope.PARTIES_READ,
            Scope.PARTIES_WRITE,
            Scope.METRICS_READ,
            Scope.POLICY_READ,
            Scope.APPS_READ,
            Scope.APPS_WRITE,
        }
    ),
    CallerRole.BUYER: frozenset(
        {Scope.MESSAGES_READ, Scope.MESSAGES_WRITE, Scope.ORDERS_READ, Scope.PARTIES_READ, Scope.PARTIES_WRITE}
    ),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: an operator (no subject), or one seller or buyer; `token_id` is None for the first operator's.

    `app` is the client id of the app that acts for the seller; `token_id` is then that of the authorisation.
    """

    role: CallerRole
    subject: str | None
    scopes: frozenset[Scope]
    token_id: UUID | None = None
    app: str | None = None

    @property
    def seller_id(self) -> str | None:
        """The seller that the caller is, or None."""
        return self.subject if self.role is CallerRole.SELLER else None

    @property
    def buyer_id(self) -> str | None:
        """The buyer that the caller is, or None."""
        return self.subject if self.role is CallerRole.BUYER else None

    @property
    def is_operator(self) -> bool:
        """Whether the caller runs the marketplace."""
        return self.role is CallerRole.OPERATOR

    @property
    def name(self) -> str:
        """A name that no other caller has."""
        return f"{self.role}:{self.subject or ''}" if self.app is None else f"app:{self.token_id}"

    @property
    def signature(self) -> str:
        """How an audit names the caller: by role and token, so that each operator is told from the others."""
        return f"{self.role if self.app is None else 'app'} {self.token_id or 'first'}"

    def may_see(self, seller_id: str, buyer_id: str) -> bool:
        """Whether what lies between this seller and this buyer is the caller's to see."""
        return self.is_operator or seller_id == self.seller_id or buyer_id == self.buyer_id


def make_secret() -> str:
    """Return a new token's secret: `trm_` and 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def hash_secret(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256 (it is random, so that no slow hash is needed)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def choose_scopes(role: CallerRole, wanted: frozenset[Scope] | None) -> frozenset[Scope]:
    """Return the scopes of a new token: all its role may have, or the wanted ones.

    Raises `ValueError` naming a scope that the role may not have.
    """
    allowed = SCOPES_BY_ROLE[role]
    if wanted is None:
        return allowed
    if beyond := wanted - allowed:
        raise ValueError(f"a {role} cannot have {', '.join(sorted(beyond))}")
    return wanted


def is_valid(expires_at: datetime | None, revoked_at: datetime | None, now: datetime) -> bool:
    """Whether a token is good at `now`: the moment it expires at is already too late."""
    return revoked_at is None and (expires_at is None or now < expires_at)
