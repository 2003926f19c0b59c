"""Use cases of marketplaces, sellers and buyers: record, find, and tell what changed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import store
from services.gateway.accounts.domain import BuyerState, SellerState, domain_of, require_room
from services.gateway.accounts.models import Buyer, Marketplace, Seller
from services.gateway.accounts.shipped import load_shipped
from services.gateway.holding import hold
from shared.contracts.facts import MarketplaceFacts, Sealed
from shared.contracts.gateway import PartyChanged
from shared.contracts.vocabulary import Role
from shared.crypto import KeyRing
from shared.outbox import emit
from shared.problems import Invalid, NotFound

_ADDRESS = "address"
_SENDERS = "senders"


async def record_marketplace(session: AsyncSession, told: MarketplaceFacts, address_length: int) -> bool:
    """Record a marketplace; return whether it was new. Raises `Invalid` for an unusable alias domain."""
    try:
        require_room(told.alias_domain, address_length)
    except ValueError as error:
        raise Invalid.of("alias_domain", str(error)) from None
    known = await store.get_marketplace(session, told.marketplace_id)
    fields = told.model_dump() | {"storefront_domains": list(told.storefront_domains)}
    await session.merge(Marketplace(**fields, changed_at=datetime.now(UTC)))
    return known is None


async def find_marketplace(session: AsyncSession, marketplace_id: str) -> MarketplaceFacts | None:
    """Return a recorded marketplace, else one that ships with the product, else None."""
    if row := await store.get_marketplace(session, marketplace_id):
        return _facts(row)
    return load_shipped().get(marketplace_id)


async def list_marketplaces(session: AsyncSession) -> Sequence[tuple[MarketplaceFacts, bool]]:
    """Return all marketplaces by id, each with whether it was recorded rather than shipped."""
    recorded = {row.marketplace_id: _facts(row) for row in await store.list_marketplaces(session)}
    everything = {**load_shipped(), **recorded}
    return [(everything[name], name in recorded) for name in sorted(everything)]


async def record_seller(session: AsyncSession, keys: KeyRing, seller_id: str, told: SellerState) -> tuple[Seller, bool]:
    """Record a seller; return it and whether it was new. Telling the same again changes nothing.

    Addresses that the seller confirmed stay.
    """
    await hold(session, f"seller {seller_id}")
    await refuse_alias_domains(session, "service_address", [told.service_address])
    await refuse_alias_domains(session, "sender_addresses", told.sender_addresses)
    known = await store.get_seller(session, seller_id)
    confirmed = open_seller(known, keys).confirmed_addresses if known else ()
    told = replace(told, confirmed_addresses=confirmed)
    return await _save_seller(session, keys, seller_id, known, told), known is None


async def change_seller(
    session: AsyncSession,
    keys: KeyRing,
    seller_id: str,
    *,
    language: str | None = None,
    bounce_notices: bool | None = None,
    confirmed_addresses: Sequence[str] | None = None,
) -> Seller:
    """Change what is given, keep what is None. Raises `NotFound`."""
    await hold(session, f"seller {seller_id}")
    known = await store.get_seller(session, seller_id)
    if known is None:
        raise NotFound("No seller of yours has this id.")
    state = open_seller(known, keys)
    told = replace(
        state,
        language=state.language if language is None else language,
        bounce_notices=state.bounce_notices if bounce_notices is None else bounce_notices,
        confirmed_addresses=state.confirmed_addresses if confirmed_addresses is None else tuple(confirmed_addresses),
    )
    return await _save_seller(session, keys, seller_id, known, told)


async def record_buyer(session: AsyncSession, keys: KeyRing, buyer_id: str, told: BuyerState) -> tuple[Buyer, bool]:
    """Record a buyer; return it and whether it was new. Telling the same again changes nothing."""
    await hold(session, f"buyer {buyer_id}")
    await refuse_alias_domains(session, "address", [told.address])
    known = await store.get_buyer(session, buyer_id)
    return await _save_buyer(session, keys, buyer_id, known, told), known is None


async def change_buyer(
    session: AsyncSession, keys: KeyRing, buyer_id: str, *, language: str | None, opted_out: bool | None
) -> Buyer:
    """Change what is given, keep what is None. Raises `NotFound`."""
    await hold(session, f"buyer {buyer_id}")
    known = await store.get_buyer(session, buyer_id)
    if known is None:
        raise NotFound("No buyer of yours has this id.")
    state = _open_buyer(known, keys)
    told = replace(
        state,
        language=state.language if language is None else language,
        opted_out=state.opted_out if opted_out is None else opted_out,
    )
    return await _save_buyer(session, keys, buyer_id, known, told)


def count_senders(seller: Seller, keys: KeyRing) -> int:
    """Return how many addresses may write in the seller's name."""
    return len(open_seller(seller, keys).writers)


def seller_addresses(seller: Seller, keys: KeyRing) -> frozenset[str]:
    """Return a seller's real addresses, so that they can be kept out of what others read (R-ALIAS-6)."""
    state = open_seller(seller, keys)
    return frozenset({state.service_address, *state.writers})


def buyer_addresses(buyer: Buyer, keys: KeyRing) -> frozenset[str]:
    """Return a buyer's real address, so that it can be kept out of what others read (R-ALIAS-6)."""
    return frozenset({_open_buyer(buyer, keys).address})


async def refuse_alias_domains(session: AsyncSession, field: str, addresses: Sequence[str]) -> None:
    """Raise `Invalid` for an address that is itself an alias: mail to it would come back to us for ever."""
    ours = {facts.alias_domain for facts, _ in await list_marketplaces(session)}
    if any(domain_of(address) in ours for address in addresses):
        raise Invalid.of(field, "is an alias of ours; give the real address")


def open_seller(seller: Seller, keys: KeyRing) -> SellerState:
    """Return all that is recorded of a seller, addresses in clear."""
    return SellerState(
        business_name=seller.business_name,
        language=seller.language,
        service_address=keys.open_text(seller.service_box, _ADDRESS),
        sender_addresses=tuple(json.loads(keys.open_text(seller.senders_box, _SENDERS))),
        bounce_notices=seller.bounce_notices,
        confirmed_addresses=tuple(json.loads(keys.open_text(seller.confirmed_box, _SENDERS))),
    )


async def _save_seller(
    session: AsyncSession, keys: KeyRing, seller_id: str, known: Seller | None, told: SellerState
) -> Seller:
    if known is not None and open_seller(known, keys) == told:
        return known
    seller = await session.merge(
        Seller(
            seller_id=seller_id,
            version=known.version + 1 if known else 1,
            business_name=told.business_name,
            language=told.language,
            bounce_notices=told.bounce_notices,
            service_box=keys.seal_text(told.service_address, _ADDRESS),
            senders_box=keys.seal_text(json.dumps(told.sender_addresses), _SENDERS),
            confirmed_box=keys.seal_text(json.dumps(told.confirmed_addresses), _SENDERS),
            changed_at=datetime.now(UTC),
        )
    )
    emit(
        session,
        PartyChanged(
            party_id=seller_id,
            role=Role.SELLER,
            version=seller.version,
            language=seller.language,
            address=Sealed(box=seller.service_box),
            sender_hashes=tuple(keys.hash_address(address) for address in told.writers),
            business_name=seller.business_name,
            bounce_notices=seller.bounce_notices,
        ),
    )
    return seller


async def _save_buyer(
    session: AsyncSession, keys: KeyRing, buyer_id: str, known: Buyer | None, told: BuyerState
) -> Buyer:
    if known is not None and _open_buyer(known, keys) == told:
        return known
    buyer = await session.merge(
        Buyer(
            buyer_id=buyer_id,
            version=known.version + 1 if known else 1,
            language=told.language,
            opted_out=told.opted_out,
            address_box=keys.seal_text(told.address, _ADDRESS),
            changed_at=datetime.now(UTC),
        )
    )
    emit(
        session,
        PartyChanged(
            party_id=buyer_id,
            role=Role.BUYER,
            version=buyer.version,
            language=buyer.language,
            address=Sealed(box=buyer.address_box),
            sender_hashes=(keys.hash_address(told.address),),
            opted_out=buyer.opted_out,
        ),
    )
    return buyer


def _open_buyer(buyer: Buyer, keys: KeyRing) -> BuyerState:
    return BuyerState(
        address=keys.open_text(buyer.address_box, _ADDRESS), language=buyer.language, opted_out=buyer.opted_out
    )


def _facts(row: Marketplace) -> MarketplaceFacts:
    return MarketplaceFacts(
        marketplace_id=row.marketplace_id,
        name=row.name,
        alias_domain=row.alias_domain,
        language=row.language,
        time_zone=row.time_zone,
        storefront_domains=tuple(row.storefront_domains),
    )
