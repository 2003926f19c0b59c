"""Who may write to which alias, kept from what the gateway and the alias service tell."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.inbound import store
from services.delivery.models import Alias, Party, Sender
from services.delivery.threads.store import insert_new
from shared.contracts.gateway import PartyChanged
from shared.contracts.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Pair:
    """The two aliases of a buyer and a seller towards each other."""

    thread_id: UUID
    marketplace_id: str
    buyer_id: str
    seller_id: str
    buyer_alias: str
    seller_alias: str


class Directory:
    """The known aliases and parties."""

    async def record_party(self, session: AsyncSession, told: PartyChanged) -> None:
        """Take over a party's state, unless a newer one is known already."""
        party = await store.get_party(session, told.role, told.party_id)
        if party is not None and party.version >= told.version:
            return
        await session.merge(
            Party(
                role=told.role,
                party_id=told.party_id,
                version=told.version,
                language=told.language,
                address_box=told.address.box,
                bounce_notices=told.bounce_notices,
            )
        )
        await store.delete_senders(session, told.role, told.party_id)
        rows = [
            {"address_hash": address_hash, "role": told.role, "party_id": told.party_id}
            for address_hash in dict.fromkeys(told.sender_hashes)
        ]
        await insert_new(session, Sender, rows)

    async def record_pair(self, session: AsyncSession, pair: Pair) -> None:
        """Take mail for both aliases from now on; what is known already, retired or not, stays as it is."""
        addresses = {Role.BUYER: pair.buyer_alias.lower(), Role.SELLER: pair.seller_alias.lower()}
        if all([await store.KNOWN_ALIASES.get(session, address) for address in addresses.values()]):
            return
        common = {
            "thread_id": pair.thread_id,
            "marketplace_id": pair.marketplace_id,
            "buyer_id": pair.buyer_id,
            "seller_id": pair.seller_id,
            "retired_at": None,
        }
        rows = [{**common, "address": address, "role": role} for role, address in addresses.items()]
        await insert_new(session, Alias, rows)

    async def retire_pair(self, session: AsyncSession, *addresses: str) -> None:
        """Take no more mail for these aliases."""
        await store.retire_aliases(session, [address.lower() for address in addresses], datetime.now(UTC))
