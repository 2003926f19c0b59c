"""Mail to a relay by SMTP, over connections that are kept and used again."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)

from services.delivery.outbound.domain import Envelope, Outcome, Verdict, judge_reply

_IDLE_SECONDS = 25.0
_MOST_MAILS = 500
_SERVICE_CLOSES = 421
_START_TLS = {"auto": None, "always": True, "never": False}


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where the relay is, how to greet it, and whether the way there must be encrypted."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    start_tls: bool | None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtp://[user:password@]host[:port][?starttls=auto|always|never]` or `smtps://…`.

        Raises `ValueError`, which shows nothing of the URL.
        """
        parts = urlsplit(url)
        policy = parse_qs(parts.query).get("starttls", ["auto"])[-1]
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or policy not in _START_TLS:
            raise ValueError(
                "TRAMITE_SMTP_RELAY: smtp://[user:password@]host:port[?starttls=auto|always|never] expected"
            )
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
            start_tls=False if tls else _START_TLS[policy],
        )


@dataclass(slots=True)
class _Line:
    """One connection to the relay, and what it has done so far."""

    client: aiosmtplib.SMTP
    mails: int = 0
    idle_since: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether it may carry one more mail."""
        fresh = time.monotonic() - self.idle_since < _IDLE_SECONDS
        return fresh and self.mails < _MOST_MAILS and self.client.is_connected


class SmtpTransport:
    """Sends over up to as many connections as there are sends at once; idle ones are kept for 25 seconds."""

    def __init__(
        self, relay: RelayAddress, *, local_hostname: str, answer_seconds: float, certificates: Path | None = None
    ) -> None:
        self._relay = relay
        self._local_hostname = local_hostname
        self._seconds = answer_seconds
        self._certificates = certificates
        self._idle: list[_Line] = []

    async def send(self, envelope: Envelope) -> Outcome:
        """See `Transport.send`."""
        while True:
            line = self._take_idle()
            kept = line is not None
            try:
                line = line or await self._connect()
            except SMTPAuthenticationError as error:
                return Outcome(Verdict.UNREACHABLE, f"{error.code} the relay refuses our credentials")
            except (SMTPException, OSError) as error:
                return Outcome(Verdict.UNREACHABLE, f"the relay does not answer: {type(error).__name__}")
            outcome = await self._send_over(line, envelope)
            # A kept connection may have been closed by the relay meanwhile; nothing of the mail was sent then.
            if outcome is not None or not kept:
                return outcome or Outcome(
                    Verdict.DEFERRED, "421 4.4.2 the connection was lost before the mail was sent"
                )

    async def close(self) -> None:
        """See `Transport.close`."""
        while self._idle:
            await _quit(self._idle.pop().client)

    async def _send_over(self, line: _Line, envelope: Envelope) -> Outcome | None:
        """Send over `line`; None when it broke before the relay took the sender."""
        client = line.client
        if envelope.smtputf8 and not client.supports_extension("smtputf8"):
            return self._keep(line, Outcome(Verdict.BOUNCED, "553 5.6.7 the relay takes no address beyond ASCII"))
        options = ["BODY=8BITMIME"] if client.supports_extension("8bitmime") else []
        options += ["SMTPUTF8"] if envelope.smtputf8 else []
        encoding = "utf-8" if envelope.smtputf8 else "ascii"
        begun = False
        try:
            await client.mail(envelope.sender, options=options, encoding=encoding)
            begun = True
            await client.rcpt(envelope.recipient, encoding=encoding)
            response = await client.data(envelope.content)
        except SMTPResponseException as error:
            return await self._settle(line, envelope, error, begun=begun)
        except (SMTPException, OSError) as error:
            client.close()
            lost = Outcome(Verdict.DEFERRED, f"421 4.4.2 the connection was lost: {type(error).__name__}")
            return lost if begun else None
        line.mails += 1
        return self._keep(line, judge_reply(response.code, response.message, envelope.recipient))

    async def _settle(
        self, line: _Line, envelope: Envelope, error: SMTPResponseException, *, begun: bool
    ) -> Outcome | None:
        """After a refusal: make the connection ready for the next mail, or give it up."""
        outcome = judge_reply(error.code, error.message, envelope.recipient)
        if error.code == _SERVICE_CLOSES:
            line.client.close()
            return outcome if begun else None
        try:
            await line.client.rset()
        except (SMTPException, OSError):
            line.client.close()
            return outcome
        return self._keep(line, outcome)

    def _keep(self, line: _Line, outcome: Outcome) -> Outcome:
        line.idle_since = time.monotonic()
        self._idle.append(line)
        return outcome

    def _take_idle(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.usable:
                return line
            line.client.close()
        return None

    async def _connect(self) -> _Line:
        relay = self._relay
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username,
            password=relay.password,
            use_tls=relay.tls,
            start_tls=relay.start_tls,
            cert_bundle=str(self._certificates) if self._certificates else None,
            local_hostname=self._local_hostname,
            timeout=self._seconds,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (SMTPException, OSError):
            client.close()
            raise
        return _Line(client, idle_since=time.monotonic())


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        async with asyncio.timeout(1):
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        client.close()
