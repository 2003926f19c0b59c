"""HTTP bodies about apps; those of `POST /auth/o2/token` are OAuth's (RFC 6749)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.access.domain import Scope
from services.gateway.apps.domain import ACCESS_LIFETIME, APP_SCOPES, GrantType
from services.gateway.apps.errors import TokenError
from services.gateway.fields import Answer, Body, Identifier, Name

_Sent = Annotated[str, Field(max_length=2048)] | None


class AppBody(Body):
    """An app to register."""

    name: Name = Field(description="The name that sellers know it by")


class AppAnswer(Answer):
    """An app, without its secret."""

    client_id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


class NewAppAnswer(AppAnswer):
    """An app just registered; the only time that its secret is shown."""

    client_secret: str = Field(description="Keep it, it is shown only now")


class AuthorisationBody(Body):
    """What a seller lets an app do."""

    seller_id: Identifier = Field(description="The seller that the app is to act for")
    scopes: Annotated[frozenset[Scope], Field(min_length=1)] = Field(
        description=f"What it is to be good for, of {', '.join(sorted(APP_SCOPES))}"
    )


class AuthorisationAnswer(Answer):
    """An authorisation, without its refresh token."""

    id: UUID
    client_id: str
    seller_id: str
    scopes: list[Scope]
    created_at: datetime
    revoked_at: datetime | None


class NewAuthorisationAnswer(AuthorisationAnswer):
    """An authorisation just made; the only time that its refresh token is shown."""

    refresh_token: str = Field(description="Keep it, it is shown only now")


class CodeAnswer(Answer):
    """A code just made; the only time that it is shown."""

    code: str = Field(description="Hand it to the app, which turns it into a refresh token, once")
    expires_at: datetime


class TokenRequest(BaseModel):
    """What an app asks the token endpoint; fields that it does not know are ignored (RFC 6749, 3.2)."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    grant_type: _Sent = Field(None, description=f"One of {', '.join(GrantType)}")
    client_id: _Sent = None
    client_secret: _Sent = None
    refresh_token: _Sent = Field(None, description="For `refresh_token`")
    code: _Sent = Field(None, description="For `authorization_code`")
    scope: _Sent = Field(None, description="For `client_credentials`; for the others, less than what is granted")


class GrantAnswer(Answer):
    """An access token just made."""

    access_token: str
    refresh_token: str | None = Field(None, description="Left out where the app acts in its own name")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a word of RFC 6750
    expires_in: int = Field(int(ACCESS_LIFETIME.total_seconds()), description="Seconds")


class DenialAnswer(Answer):
    """Why there is no access token."""

    error: TokenError
    error_description: str
