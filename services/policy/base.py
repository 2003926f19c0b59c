"""The base of the policy service's tables; each feature's `models.py` builds on it."""

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from shared.db import NAMING
from shared.inbox import add_reliability_tables


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """All tables of this service, and no other's."""


add_reliability_tables(Base.metadata)
