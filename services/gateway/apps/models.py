"""Tables of apps. Of every secret only the hash is kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

from services.gateway.base import Base
from shared.db import UtcDateTime

_LIVE = text("revoked_at IS NULL")


class App(Base, table=True):
    """A registered app."""

    __tablename__ = "apps"

    client_id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200)
    secret_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Authorisation(Base, table=True):
    """That an app may act for a seller; one is live for each pair, revoked ones stay to be read."""

    __tablename__ = "app_authorisations"
    __table_args__ = (
        Index(
            "uq_app_authorisations_live",
            "client_id",
            "seller_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_app_authorisations_app", "client_id", "created_at", "authorisation_id"),
        Index("ix_app_authorisations_seller", "seller_id", "client_id"),
    )

    authorisation_id: UUID = Field(primary_key=True)
    client_id: str = Field(max_length=64)
    seller_id: str = Field(max_length=64)
    scopes: list[str] = Field(sa_type=JSON)
    refresh_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Code(Base, table=True):
    """A seller's word, good once and for minutes, that an app turns into an authorisation."""

    __tablename__ = "app_codes"
    __table_args__ = (Index("ix_app_codes_pair", "client_id", "seller_id"),)

    code_hash: str = Field(primary_key=True, max_length=64)
    client_id: str = Field(max_length=64)
    seller_id: str = Field(max_length=64)
    scopes: list[str] = Field(sa_type=JSON)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    authorisation_id: UUID | None = Field(default=None, description="What it was turned into")


class AccessToken(Base, table=True):
    """An access token; without an authorisation it stands for the app itself."""

    __tablename__ = "app_tokens"
    __table_args__ = (Index("ix_app_tokens_grant", "client_id", "authorisation_id", "issued_at"),)

    token_hash: str = Field(primary_key=True, max_length=64)
    client_id: str = Field(max_length=64)
    authorisation_id: UUID | None = Field(default=None)
    scopes: list[str] = Field(sa_type=JSON)
    issued_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
