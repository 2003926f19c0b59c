"""The doors that the demo goes through: HTTP, SMTP, and the mailboxes at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, TypeVar

import aiosmtplib
import httpx2

from services.demo.mailboxes import Mailboxes, Matches

T = TypeVar("T")

_PAUSE_SECONDS = 0.05
_TEMPORARY = 500


class NeverCame(Exception):  # noqa: N818 - says what happened
    """Something the demo waited for did not come in time."""


class Refused(Exception):  # noqa: N818 - says what happened
    """A door said no; the text is its own answer."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors of one installation. `patience` is how long, in seconds, one step may take."""

    http: httpx2.AsyncClient
    smtp_host: str
    smtp_port: int
    mailboxes: Mailboxes
    patience: float = 20

    async def call(self, method: str, path: str, token: str, body: Any = None, **headers: str) -> Any:  # noqa: ANN401
        """Call the API until it answers; return the JSON of a 2xx, raise `Refused` with a 4xx."""

        async def attempt() -> httpx2.Response | None:
            answer = await self.http.request(
                method, path, json=body, headers={"Authorization": f"Bearer {token}", **headers}
            )
            return None if answer.status_code >= _TEMPORARY else answer

        answer = await self.insist(attempt, f"{method} {path}")
        if answer.is_error:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    async def send_mail(self, mail: EmailMessage, recipient: str) -> str:
        """Hand `mail` to the SMTP door until it says yes or no; return its answer. Raises `Refused` with a 5xx."""
        sender = str(mail["From"].addresses[0].addr_spec)

        async def attempt() -> str | None:
            try:
                _, said = await aiosmtplib.send(
                    mail,
                    sender=sender,
                    recipients=[recipient],
                    hostname=self.smtp_host,
                    port=self.smtp_port,
                    local_hostname="client.example",
                    start_tls=False,
                )
            except aiosmtplib.SMTPRecipientsRefused as error:
                _judge(error.recipients[0].code, error.recipients[0].message)
                return None
            except aiosmtplib.SMTPResponseException as error:
                _judge(error.code, error.message)
                return None
            return said

        return await self.insist(attempt, "the SMTP door's answer")

    async def await_mail(self, address: str, matches: Matches, what: str) -> EmailMessage:
        """Return the mail in `address`'s mailbox that matches, once it is there."""

        async def look() -> EmailMessage | None:
            return next((mail for mail in self.mailboxes.list_mails(address) if matches(mail)), None)

        return await self.insist(look, what)

    async def insist(self, attempt: Callable[[], Awaitable[T | None]], what: str) -> T:
        """Try until `attempt` gives something; refused and broken connections are waited out. Raises `NeverCame`."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            try:
                result = await attempt()
            except (httpx2.TransportError, aiosmtplib.SMTPException, OSError):
                result = None
            if result is not None:
                return result
            await asyncio.sleep(_PAUSE_SECONDS)
        raise NeverCame(f"{what}: nothing within {self.patience:g} s")


@asynccontextmanager
async def open_doors(
    base_url: str, smtp: tuple[str, int], mailboxes: Mailboxes, patience: float = 20
) -> AsyncIterator[Doors]:
    """Open the doors of the installation at `base_url`, such as `http://127.0.0.1:8000`."""
    async with httpx2.AsyncClient(base_url=base_url, timeout=40) as http:
        yield Doors(http, *smtp, mailboxes, patience)


def _judge(code: int, said: str) -> None:
    """Let the caller try again after a temporary answer; raise `Refused` after a final one."""
    if code >= _TEMPORARY:
        raise Refused(f"{code} {said}")
