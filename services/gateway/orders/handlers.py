"""What orders learn from events."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.context import Gateway
from services.gateway.orders import service
from shared.consumer import Handlers
from shared.contracts.alias import AliasIssued


async def on_alias_issued(event: AliasIssued, session: AsyncSession, _gateway: Gateway) -> None:
    """Keep the pair's aliases."""
    await service.keep_aliases(session, event)


HANDLERS: Handlers[Gateway] = {AliasIssued: on_alias_issued}
