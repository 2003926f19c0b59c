"""HTTP bodies about tokens."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.gateway.access.domain import CallerRole, Scope
from services.gateway.fields import Answer, Body, Identifier, Line, Moment


class TokenBody(Body):
    """A token to make."""

    role: CallerRole
    subject: Identifier | None = Field(None, description="The seller or buyer it acts for; none for an operator")
    scopes: Annotated[frozenset[Scope], Field(min_length=1)] | None = Field(
        None, description="What it is good for; all that the role may have if left out"
    )
    label: Annotated[Line, Field(max_length=200)] = Field("", description="What it is for, to tell it from others")
    expires_at: Moment | None = Field(None, description="The moment from which it is refused; never if left out")


class TokenAnswer(Answer):
    """A token as it can be shown again: without its secret."""

    id: UUID
    role: CallerRole
    subject: str | None
    scopes: list[Scope]
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewTokenAnswer(TokenAnswer):
    """A token just made; the only time that its secret is shown."""

    token: str = Field(description="The secret; keep it, it is shown only now")
