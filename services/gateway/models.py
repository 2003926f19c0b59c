"""Tables of the gateway, all features' together: what migrations compare the database with."""

from services.gateway.access import models as access
from services.gateway.accounts import models as accounts
from services.gateway.apps import models as apps
from services.gateway.base import Base
from services.gateway.feeds import models as feeds
from services.gateway.filing import models as filing
from services.gateway.live import models as live
from services.gateway.mailbox import models as mailbox
from services.gateway.orders import models as orders
from services.gateway.senders import models as senders

__all__ = ["Base", "access", "accounts", "apps", "feeds", "filing", "live", "mailbox", "orders", "senders"]
