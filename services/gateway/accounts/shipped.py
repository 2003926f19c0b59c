"""The marketplaces that come with the product; an operator's own records replace them."""

from collections.abc import Mapping
from functools import cache

from shared.catalogue import Catalogue
from shared.contracts.facts import MarketplaceFacts


@cache
def load_shipped() -> Mapping[str, MarketplaceFacts]:
    """Return the shipped marketplaces by id."""
    return {
        shipped.id: MarketplaceFacts(
            marketplace_id=shipped.id,
            name=shipped.name,
            alias_domain=shipped.alias_domain,
            language=shipped.language,
            time_zone=shipped.time_zone,
            storefront_domains=shipped.storefront_domains,
        )
        for shipped in Catalogue.load()
    }
