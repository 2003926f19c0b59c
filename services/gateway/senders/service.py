"""Use cases of sender addresses: ask for one, confirm it by the link that was sent there, take it back (R-MAIL-2)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import service as accounts
from services.gateway.accounts.models import Seller
from services.gateway.accounts.store import get_seller
from services.gateway.context import Gateway
from services.gateway.holding import hold
from services.gateway.senders import store
from services.gateway.senders.errors import TooManyRequests, TooManySenders
from services.gateway.senders.models import SenderRequest
from shared.contracts.facts import Sealed
from shared.contracts.gateway import SenderRequested
from shared.crypto import KeyRing
from shared.outbox import emit
from shared.problems import Invalid, NotFound

MOST_SENDERS = 50
MOST_REQUESTS_A_DAY = 20
_ADDRESS = "address"
_DAY = timedelta(days=1)


async def request_sender(
    session: AsyncSession, gateway: Gateway, seller_id: str, address: str, marketplace_id: str
) -> SenderRequest:
    """Keep the request and have the link mailed to `address`.

    Raises `NotFound`, `Invalid` for an alias of ours or an unknown marketplace, and `TooManyRequests` and
    `TooManySenders`. The answer is the same whether the address may write already, so that it shows nobody who has it.
    """
    await hold(session, f"seller {seller_id}")
    seller = await _require_seller(session, seller_id)
    await accounts.refuse_alias_domains(session, "address", [address])
    marketplace = await accounts.find_marketplace(session, marketplace_id)
    if marketplace is None:
        raise Invalid.of("marketplace_id", "no marketplace has this id")
    now = datetime.now(UTC)
    await _require_room(session, seller, gateway.keys, now)
    request = SenderRequest(
        request_id=uuid4(),
        seller_id=seller_id,
        address_box=gateway.keys.seal_text(address, _ADDRESS),
        address_hash=gateway.keys.hash_address(address),
        requested_at=now,
        expires_at=now + timedelta(hours=gateway.settings.sender_link_hours),
    )
    session.add(request)
    emit(
        session,
        SenderRequested(
            request_id=request.request_id,
            seller_id=seller_id,
            business_name=seller.business_name,
            language=seller.language,
            address=Sealed(box=request.address_box),
            marketplace=marketplace,
            requested_at=now,
            expires_at=request.expires_at,
        ),
    )
    return request


async def confirm_sender(session: AsyncSession, keys: KeyRing, request_id: UUID, now: datetime) -> bool:
    """Let the requested address write from now on; False if the request was taken back. A repeat changes nothing."""
    request = await store.get_request(session, request_id)
    if request is None:
        return False
    await hold(session, f"seller {request.seller_id}")
    seller = await get_seller(session, request.seller_id)
    if seller is None:
        return False
    if request.confirmed_at is None:
        address = keys.open_text(request.address_box, _ADDRESS)
        confirmed = accounts.open_seller(seller, keys).confirmed_addresses
        if address not in confirmed:
            await accounts.change_seller(session, keys, seller.seller_id, confirmed_addresses=(*confirmed, address))
        request.confirmed_at = now
    return True


async def remove_sender(session: AsyncSession, keys: KeyRing, seller_id: str, request_id: UUID) -> None:
    """Take a requested or confirmed address back. Raises `NotFound`."""
    await hold(session, f"seller {seller_id}")
    seller = await _require_seller(session, seller_id)
    request = await store.get_request(session, request_id)
    if request is None or request.seller_id != seller_id:
        raise NotFound("No sender address of yours has this id.")
    kept = [
        address
        for address in accounts.open_seller(seller, keys).confirmed_addresses
        if keys.hash_address(address) != request.address_hash
    ]
    await accounts.change_seller(session, keys, seller_id, confirmed_addresses=kept)
    await store.delete_requests(session, seller_id, request.address_hash)


async def forget_expired(gateway: Gateway) -> None:
    """Forget requests that nobody confirmed in time."""
    # A week longer than their links, so that whoever comes late still reads why.
    before = datetime.now(UTC) - timedelta(days=7)
    async with gateway.database.transaction() as session:
        await store.purge_expired(session, before)


async def _require_seller(session: AsyncSession, seller_id: str) -> Seller:
    seller = await get_seller(session, seller_id)
    if seller is None:
        raise NotFound("No seller of yours has this id.")
    return seller


async def _require_room(session: AsyncSession, seller: Seller, keys: KeyRing, now: datetime) -> None:
    if len(accounts.open_seller(seller, keys).confirmed_addresses) >= MOST_SENDERS:
        raise TooManySenders(f"{MOST_SENDERS} addresses are confirmed already; remove one first.")
    if await store.count_since(session, seller.seller_id, now - _DAY) >= MOST_REQUESTS_A_DAY:
        raise TooManyRequests(f"{MOST_REQUESTS_A_DAY} addresses a day can be asked for; try again tomorrow.")
