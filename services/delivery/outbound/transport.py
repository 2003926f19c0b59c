"""How a mail leaves the house: one method, with two homes, `outbound.smtp` and `outbound.maildir`."""

from typing import Protocol

from services.delivery.outbound.domain import Envelope, Outcome


class Transport(Protocol):
    """What the queue's worker knows of sending."""

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand one mail on. DELIVERED means that the next hop has taken responsibility for it (RFC 5321 section 6.1).

        Network trouble is an outcome, not an error. Sending the same envelope again is what happens after a crash.
        """

    async def close(self) -> None:
        """Give back every connection."""
