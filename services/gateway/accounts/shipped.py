"""The marketplaces that come with the product; an operator's own records replace them."""

from collections.abc import Mapping

from shared.contracts.vocabulary import MarketplaceFacts

SHIPPED: Mapping[str, MarketplaceFacts] = {}
