"""Use cases of the alias service: keep the directory of parties, issue aliases, address messages."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.alias import store
from services.alias.domain import Choose, make_alias
from services.alias.errors import AliasesExhausted
from services.alias.metrics import AliasMetrics
from services.alias.models import Party
from shared.consumer import NotYetKnown
from shared.contracts.alias import AliasIssued, MessageAddressed
from shared.contracts.facts import Addressing, MarketplaceFacts, Sealed
from shared.contracts.gateway import MessageSubmitted, PartyChanged
from shared.contracts.vocabulary import Direction, Role, identify_thread
from shared.outbox import emit

_MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory of parties and their aliases. `choose` draws their characters, from a CSPRNG."""

    address_length: int
    metrics: AliasMetrics
    choose: Choose = secrets.choice

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
                business_name=told.business_name,
                address_box=told.address.box,
            )
        )

    async def issue_pair(
        self, session: AsyncSession, marketplace: MarketplaceFacts, buyer_id: str, seller_id: str
    ) -> dict[Role, str]:
        """Return both aliases of a buyer and a seller, issuing them at first contact (R-ALIAS-1, R-ALIAS-4)."""
        thread_id = identify_thread(marketplace.marketplace_id, seller_id, buyer_id)
        known = await store.map_aliases(session, thread_id)
        if len(known) == len(Role):
            return known
        missing = [role for role in Role if role not in known]
        issued = await self._issue(session, marketplace.alias_domain, thread_id, missing)
        known = issued if len(issued) == len(Role) else await store.map_aliases(session, thread_id)
        # Whoever came second found the other's, who tells of them.
        if issued:
            emit(
                session,
                AliasIssued(
                    thread_id=thread_id,
                    marketplace_id=marketplace.marketplace_id,
                    buyer_id=buyer_id,
                    seller_id=seller_id,
                    buyer_alias=known[Role.BUYER],
                    seller_alias=known[Role.SELLER],
                ),
            )
        return known

    async def address_message(self, session: AsyncSession, told: MessageSubmitted) -> None:
        """Add both aliases and the sealed recipient. Raises `NotYetKnown` while a party's state is still under way."""
        message = told.message
        buyer = await self._require(session, Role.BUYER, message.buyer_id, message.requirement.buyer_version)
        seller = await self._require(session, Role.SELLER, message.seller_id, message.requirement.seller_version)
        aliases = await self.issue_pair(session, message.marketplace, message.buyer_id, message.seller_id)
        recipient = buyer if message.direction is Direction.SELLER_TO_BUYER else seller
        addressing = Addressing(
            buyer_alias=aliases[Role.BUYER],
            seller_alias=aliases[Role.SELLER],
            business_name=seller.business_name,
            recipient=Sealed(box=recipient.address_box),
            seller=Sealed(box=seller.address_box),
            seller_language=seller.language,
        )
        emit(session, MessageAddressed(message=message, content=told.content, addressing=addressing))

    async def _require(self, session: AsyncSession, role: Role, party_id: str, version: int) -> Party:
        party = await store.get_party(session, role, party_id)
        if party is None or party.version < version:
            raise NotYetKnown(f"{role} in version {version}")
        return party

    async def _issue(
        self, session: AsyncSession, domain: str, thread_id: UUID, missing: Collection[Role]
    ) -> dict[Role, str]:
        """Make sure that the parties of a thread have their aliases; return those that were issued here and now."""
        issued: dict[Role, str] = {}
        for _ in range(_MOST_TRIES):
            drawn = {role: make_alias(domain, self.address_length, self.choose) for role in missing}
            inserted = await store.insert_aliases(session, drawn, thread_id, datetime.now(UTC))
            issued |= {role: drawn[role] for role in inserted}
            self.metrics.issued.inc(len(inserted))
            if len(inserted) == len(drawn):
                return issued
            # Either somebody else issued a party's alias meanwhile, or an address is taken.
            known = await store.map_aliases(session, thread_id)
            missing = [role for role in missing if role not in known]
            self.metrics.collisions.inc(len(missing))
            if not missing:
                return issued
        raise AliasesExhausted(f"no free alias in {_MOST_TRIES} tries")
