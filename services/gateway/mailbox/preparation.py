"""What the handlers of a batch of events will read, asked for once (`shared.lookup`)."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import store as parties
from services.gateway.context import Gateway
from services.gateway.mailbox import store
from services.gateway.orders import store as orders
from shared.contracts.delivery import MailReceived, MessageBounced, MessageDeferred, MessageDelivered
from shared.contracts.metrics import TurnClosed, TurnOpened, TurnOverdue
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.events import Event

_Told = MessageApproved | MessageRejected | MessageDelivered | MessageDeferred | MessageBounced


async def prepare(events: Sequence[Event], session: AsyncSession, _gateway: Gateway) -> None:
    """Ask for messages, threads, orders and parties; messages are locked before threads, here as everywhere."""
    mails = [event for event in events if isinstance(event, MailReceived)]
    told = [event.message for event in events if isinstance(event, _Told)]
    shown = [event.message for event in events if isinstance(event, MessageApproved)]
    turns = [event for event in events if isinstance(event, TurnOpened | TurnClosed | TurnOverdue)]
    await store.LOCKED_MESSAGES.prepare(session, [message.message_id for message in told])
    await store.LOCKED_THREADS.prepare(session, [each.thread_id for each in (*mails, *shown, *turns)])
    if mails:
        await _prepare_mails(session, mails)


async def _prepare_mails(session: AsyncSession, mails: Sequence[MailReceived]) -> None:
    named = [*(mail.mail_id for mail in mails), *(mail.answers for mail in mails if mail.answers)]
    await store.MESSAGES.prepare(session, named)
    await store.LATEST_SAID.prepare(session, [mail.thread_id for mail in mails])
    await orders.LATEST_ORDERS.prepare(session, [mail.thread_id for mail in mails])
    await parties.MARKETPLACES.prepare(session, [mail.marketplace_id for mail in mails])
    await parties.SELLERS.prepare(session, [mail.seller_id for mail in mails])
    await parties.BUYERS.prepare(session, [mail.buyer_id for mail in mails])
