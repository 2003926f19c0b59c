"""HTTP bodies about marketplaces, sellers and buyers."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from services.gateway.fields import Address, Answer, Body, Domain, Language, Name, TimeZone

_MOST_DOMAINS = 50
_MOST_SENDERS = 50


class MarketplaceBody(Body):
    """A storefront for one country."""

    name: Name
    alias_domain: Domain = Field(description="Holds its aliases; must leave 10 of an alias's 35 characters")
    language: Language = Field(description="Spoken where nothing else is known, such as `it`")
    time_zone: TimeZone = Field(description="IANA name, such as `Europe/Rome`; its day is the day of daily limits")
    storefront_domains: Annotated[list[Domain], Field(min_length=1, max_length=_MOST_DOMAINS)] = Field(
        description="Links to these, and to what lies below them, are the marketplace's own"
    )


class MarketplaceAnswer(Answer):
    """A marketplace, and whether an operator recorded it or it came with the product."""

    id: str
    name: str
    alias_domain: str
    language: str
    time_zone: str
    storefront_domains: list[str]
    source: Literal["recorded", "shipped"]


class SellerBody(Body):
    """A seller. Addresses are sealed as they come in, and never answered."""

    business_name: Name = Field(description="The name that buyers see on mail")
    language: Language = Field(description="For notices and explanations")
    service_address: Address = Field(description="Where buyers' messages go (R-MAIL-8)")
    sender_addresses: Annotated[list[Address], Field(min_length=1, max_length=_MOST_SENDERS)] | None = Field(
        None, description="May write in the seller's name; the customer-service address alone if left out"
    )

    bounce_notices: Annotated[bool, Field(strict=True)] = Field(
        True,
        description="A mail for every message that did not reach its buyer; without it only the status here tells",
    )

    @field_validator("business_name")
    @classmethod
    def _no_address(cls, name: str) -> str:
        # It is shown to every buyer, as a display name beside the alias.
        if "@" in name:
            raise ValueError("must not hold an e-mail address")
        return name


class SellerChange(Body):
    """What a seller may change; what is left out stays."""

    language: Language | None = None
    bounce_notices: Annotated[bool, Field(strict=True)] | None = Field(
        None,
        description="False: no more mails about messages that did not reach their buyer. Whoever does not look here "
        "then does not hear that a buyer got nothing, and loses the time to reach the buyer otherwise",
    )


class SellerAnswer(Answer):
    """A seller, without addresses."""

    id: str
    version: int
    business_name: str
    language: str
    service_address: Literal["set"] = "set"
    bounce_notices: bool
    sender_addresses: int = Field(description="How many addresses may write in the seller's name")
    warnings: list[str] = Field(default=[], description="What the seller's preferences cost")


class BuyerBody(Body):
    """A buyer. The address is sealed as it comes in, and never answered."""

    address: Address = Field(description="The real address; no seller ever sees it")
    language: Language = Field(description="The language that the buyer wants to be written to in")
    opted_out: bool = Field(False, strict=True, description="Refuses messages that an order does not need")


class BuyerChange(Body):
    """What a buyer may change; what is left out stays."""

    language: Language | None = None
    opted_out: Annotated[bool, Field(strict=True)] | None = None


class BuyerAnswer(Answer):
    """A buyer, without the address."""

    id: str
    version: int
    language: str
    opted_out: bool
    address: Literal["set"] = "set"
