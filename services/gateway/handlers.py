"""What the gateway does with each event it consumes, all features' together."""

from services.gateway.context import Gateway
from services.gateway.mailbox import handlers as mailbox
from services.gateway.orders import handlers as orders
from shared.consumer import Handlers

HANDLERS: Handlers[Gateway] = {**orders.HANDLERS, **mailbox.HANDLERS}
