"""Mail that came in becomes a message of its thread (R-MAIL-1)."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import service as accounts
from services.gateway.accounts import store as parties
from services.gateway.context import Gateway
from services.gateway.mailbox import service, store
from services.gateway.mailbox.domain import decide_kind, find_order_ids
from services.gateway.mailbox.models import Message
from services.gateway.mailbox.searching import digest
from services.gateway.mailbox.service import Accepted
from services.gateway.orders import store as orders
from services.gateway.orders.models import Order
from shared.consumer import NotYetKnown
from shared.contracts.delivery import MailReceived
from shared.contracts.facts import Content, MessageFacts, Requirement
from shared.contracts.vocabulary import Channel


async def accept_mail(session: AsyncSession, gateway: Gateway, mail: MailReceived, content: Content) -> None:
    """Take a mail as a message under the mail's own id, so that the same mail is never two messages."""
    if await store.get_message(session, mail.mail_id) is not None:
        return
    marketplace = await accounts.find_marketplace(session, mail.marketplace_id)
    seller = await parties.get_seller(session, mail.seller_id)
    buyer = await parties.get_buyer(session, mail.buyer_id)
    if marketplace is None or seller is None or buyer is None:
        raise NotYetKnown("a party of a mail")
    answered = await _find_answered(session, mail)
    latest = await store.latest_said(session, mail.thread_id)
    order, presale = await _find_order(session, mail, content, answered)
    facts = MessageFacts(
        message_id=mail.mail_id,
        thread_id=mail.thread_id,
        marketplace=marketplace,
        buyer_id=mail.buyer_id,
        seller_id=mail.seller_id,
        order_id=order.order_id if order else None,
        direction=mail.direction,
        kind=decide_kind(mail.direction, store.past_of(answered), store.past_of(latest), mail.received_at),
        channel=Channel.EMAIL,
        reason=None,
        language=buyer.language,
        accepted_at=mail.received_at,
        presale=presale,
        answers=answered.message_id if answered else None,
        requirement=Requirement(
            order_version=order.version if order else 0, buyer_version=buyer.version, seller_version=seller.version
        ),
    )
    words = await digest(gateway.keys, facts.seller_id, content)
    await service.accept(session, gateway, Accepted(facts, mail.content, words, facts.answers))


async def _find_answered(session: AsyncSession, mail: MailReceived) -> Message | None:
    """Return the message that the mail answers, if it is one of the same thread."""
    if mail.answers is None:
        return None
    message = await store.get_message(session, mail.answers)
    return message if message is not None and message.thread_id == mail.thread_id else None


async def _find_order(
    session: AsyncSession, mail: MailReceived, content: Content, answered: Message | None
) -> tuple[Order | None, bool]:
    """Return the order a mail is about, and whether the two have none at all yet.

    It is the first of the pair's orders named in subject or text, else that of the message answered, else the pair's
    latest. The pair's own: a number of somebody else's order says nothing.
    """
    newest = await orders.latest_order(session, mail.thread_id)
    if newest is None:
        return None, True
    named = find_order_ids(content.subject, content.text)
    if named and named[0] == newest.order_id:
        return newest, False
    own = set(await orders.find_among(session, mail.thread_id, named)) if named else set()
    chosen = next((order_id for order_id in named if order_id in own), answered.order_id if answered else None)
    return (await orders.get_order(session, chosen) if chosen else newest), False
