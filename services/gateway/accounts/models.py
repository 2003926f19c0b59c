"""Tables of marketplaces, sellers and buyers. Real addresses are sealed boxes, kept to be told again."""

from datetime import datetime

from sqlalchemy import JSON, Text
from sqlmodel import Field

from services.gateway.base import Base
from shared.db import UtcDateTime


class Marketplace(Base, table=True):
    """A storefront as an operator recorded it; shipped ones that nobody changed have no row."""

    __tablename__ = "marketplaces"

    marketplace_id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200)
    alias_domain: str = Field(max_length=253)
    language: str = Field(max_length=16)
    time_zone: str = Field(max_length=64)
    storefront_domains: list[str] = Field(sa_type=JSON)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Seller(Base, table=True):
    """A seller; `version` grows by one with every change.

    `senders_box` holds the sender addresses that an operator records, `confirmed_box` those that the seller added.
    """

    __tablename__ = "sellers"

    seller_id: str = Field(primary_key=True, max_length=64)
    version: int
    business_name: str = Field(max_length=200)
    language: str = Field(max_length=16)
    bounce_notices: bool
    service_box: str = Field(sa_type=Text)
    senders_box: str = Field(sa_type=Text)
    confirmed_box: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Buyer(Base, table=True):
    """A buyer; `version` grows by one with every change."""

    __tablename__ = "buyers"

    buyer_id: str = Field(primary_key=True, max_length=64)
    version: int
    language: str = Field(max_length=16)
    opted_out: bool
    address_box: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=UtcDateTime)
