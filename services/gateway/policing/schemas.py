"""HTTP bodies of what operators decide."""

from typing import Annotated, Literal

from pydantic import Field

from services.gateway.fields import Body, Moment, Text

_Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class ReasonBody(Body):
    """Why an operator decides so; it is kept in the audit."""

    reason: _Reason


class StandingBody(ReasonBody):
    """A seller's standing as an operator sets it. The seller reads the reason."""

    standing: Literal["good", "templates_only", "suspended"]
    until: Moment | None = Field(None, description="When it ends by itself; only when lifted if left out")
