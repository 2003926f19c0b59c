"""Use cases of links: say what a link is about, and do it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts.service import find_marketplace
from services.gateway.accounts.store import get_seller
from services.gateway.context import Gateway
from services.gateway.links.errors import UselessLink
from services.gateway.mailbox import store as messages
from services.gateway.mailbox.service import mark
from services.gateway.senders.service import confirm_sender
from services.gateway.senders.store import get_request
from shared.contracts.vocabulary import Direction, Mark
from shared.links import Link, LinkPurpose

MARKS = {LinkPurpose.NO_RESPONSE_NEEDED: Mark.NO_RESPONSE_NEEDED, LinkPurpose.REPORT: Mark.REPORTED}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a link is about, as its page names it; empty where it does not apply."""

    language: str
    business: str
    marketplace: str = ""
    order_id: str = ""


async def find_subject(session: AsyncSession, link: Link, now: datetime) -> Subject:
    """Return what a genuine link is about. Raises `UselessLink`: expired, or its subject is gone."""
    subject = await (_find_sender(session, link) if link.purpose not in MARKS else _find_message(session, link))
    if link.expired(now):
        raise UselessLink("expired", subject.language)
    return subject


async def act(session: AsyncSession, gateway: Gateway, link: Link, now: datetime) -> Subject:
    """Do what the link is for; a second time changes nothing. Raises `UselessLink`."""
    subject = await find_subject(session, link, now)
    if link.purpose is LinkPurpose.CONFIRM_SENDER:
        if not await confirm_sender(session, gateway.keys, link.subject, now):
            raise UselessLink("unknown", subject.language)
        return subject
    message = await messages.lock_message(session, link.subject)
    # A report says more than "no response needed" and stays.
    if message is not None and message.mark is not Mark.REPORTED:
        await mark(session, gateway, link.subject, MARKS[link.purpose], now)
    return subject


async def _find_sender(session: AsyncSession, link: Link) -> Subject:
    request = await get_request(session, link.subject)
    seller = await get_seller(session, request.seller_id) if request else None
    if seller is None:
        raise UselessLink("unknown")
    return Subject(seller.language, seller.business_name)


async def _find_message(session: AsyncSession, link: Link) -> Subject:
    message = await messages.get_message(session, link.subject)
    if message is None or message.direction is not Direction.BUYER_TO_SELLER or not message.shown:
        raise UselessLink("unknown")
    seller = await get_seller(session, message.seller_id)
    marketplace = await find_marketplace(session, message.marketplace_id)
    return Subject(
        seller.language if seller else "",
        seller.business_name if seller else "",
        marketplace.name if marketplace else "",
        message.order_id or "",
    )
