"""Kinds of values that several of the service's bodies and paths hold."""

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Operator = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True), Field()]
PageLimit = Annotated[int, Query(ge=1, le=200)]
