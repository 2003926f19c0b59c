"""The SMTP door: RFC 5321 on a socket, in the service's own event loop. What it decides stands elsewhere."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiosmtpd.proxy_protocol import ProxyData
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.delivery.errors import Refused
from services.delivery.inbound.domain import (
    ACCEPTED,
    LOCAL_TROUBLE,
    REPLIES,
    TOO_LARGE,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_RECIPIENTS,
    Answer,
)
from services.delivery.inbound.recipients import Recipient, Recipients
from services.delivery.inbound.service import Intake
from services.delivery.metrics import DeliveryMetrics
from services.delivery.settings import Settings
from shared import tracing

_END = b"\r\n.\r\n"
_CHUNK = 1024 * 1024
_LINE_OCTETS = 64 * 1024
_MOST_REFUSALS = 50
_OTHER_COMMANDS = 100
_PROXY_SECONDS = 5.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take up."""

    message_bytes: int
    connections: int
    connections_per_client: int
    recipients: int
    mails: int
    command_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Read the limits from the settings; behind a load balancer all clients have one address."""
        per_client = settings.smtp_connections if settings.smtp_proxy_protocol else settings.smtp_connections_per_client
        return cls(
            settings.smtp_message_bytes,
            settings.smtp_connections,
            per_client,
            settings.smtp_recipients,
            settings.smtp_mails_per_connection,
            settings.smtp_command_seconds,
        )


class Door:
    """Listens, holds the limits, and passes on. Its `handle_…` methods are aiosmtpd's hooks."""

    def __init__(self, settings: Settings, recipients: Recipients, intake: Intake, metrics: DeliveryMetrics) -> None:
        self.limits = Limits.of(settings)
        self.metrics = metrics
        self.conversations: set[Conversation] = set()
        self.port = settings.smtp_port
        self._settings = settings
        self._recipients = recipients
        self._intake = intake
        self._tls = load_certificate(settings)
        self._clients: Counter[str] = Counter()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Take connections while the block runs; afterwards answer for the mails in hand, then close."""
        settings = self._settings
        server = await asyncio.get_running_loop().create_server(
            lambda: Conversation(self, settings, self._tls), settings.smtp_host, settings.smtp_port
        )
        self.port = server.sockets[0].getsockname()[1]
        _log.info("smtp.open", port=self.port, starttls=self._tls is not None)
        try:
            yield
        finally:
            server.close()
            await self._finish()
            await server.wait_closed()

    def admit(self, conversation: "Conversation", client: str) -> bool:
        """Count a new connection in, unless there are too many, at all or from this client."""
        if len(self.conversations) >= self.limits.connections:
            return False
        if self._clients[client] >= self.limits.connections_per_client:
            return False
        self._clients[client] += 1
        self.conversations.add(conversation)
        self.metrics.connections.set(len(self.conversations))
        return True

    def dismiss(self, conversation: "Conversation", client: str) -> None:
        """Count a connection out."""
        self.conversations.discard(conversation)
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]
        self.metrics.connections.set(len(self.conversations))

    async def take(self, conversation: "Conversation", sender: str, content: bytes) -> str:
        """Give a mail to the intake; return what to answer. Trouble of our own is always temporary (R-MAIL-3)."""
        started = time.perf_counter()
        with tracing.open_span("smtp.mail"):
            try:
                outcome = (await self._intake.take(sender, tuple(conversation.recipients), content)).value
                reply = ACCEPTED
            except Refused as refused:
                outcome, reply = refused.outcome, refused.reply
            except Exception as error:  # noqa: BLE001 - whatever failed, the sender keeps the mail and tries again
                _log.error("smtp.trouble", error=type(error).__name__)
                outcome, reply = "trouble", LOCAL_TROUBLE
            _log.info("smtp.mail", outcome=outcome, size=len(content), recipients=len(conversation.recipients))
        self.metrics.mails.labels(outcome).inc()
        self.metrics.intake_seconds.observe(time.perf_counter() - started)
        return reply

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name and signature
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Announce what aiosmtpd can do but does not say."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_PROXY(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, _envelope: Envelope, data: ProxyData
    ) -> bool:
        """Let through what the load balancer introduces properly."""
        return data.valid

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and signature
        self, server: "Conversation", _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer one recipient."""
        if len(server.recipients) >= self.limits.recipients:
            return TOO_MANY_RECIPIENTS
        try:
            answer, recipient = await self._recipients.answer(address, envelope.mail_from or "")
        except Exception as error:  # noqa: BLE001 - see `take`
            _log.error("smtp.trouble", error=type(error).__name__)
            self.metrics.recipients.labels("trouble").inc()
            return LOCAL_TROUBLE
        self.metrics.recipients.labels(answer.value).inc()
        if recipient is not None:
            server.recipients.append(recipient)
            envelope.rcpt_tos.append(address)
        elif answer is Answer.NO_SUCH_ALIAS:
            server.count_refusal()
        return REPLIES[answer]

    async def handle_exception(self, error: Exception) -> str:
        """Answer for an error that nothing else caught."""
        _log.error("smtp.trouble", error=type(error).__name__)
        return LOCAL_TROUBLE

    async def _finish(self) -> None:
        for conversation in tuple(self.conversations):
            conversation.end_when_idle()
        deadline = time.monotonic() + self._settings.shutdown_seconds
        while self.conversations and time.monotonic() < deadline:
            await asyncio.wait([conversation.ended for conversation in self.conversations], timeout=1)
        for conversation in tuple(self.conversations):
            conversation.hang_up()


class Conversation(SMTP):
    """One connection. Reads a mail's content whole, lines of any length (aiosmtpd refuses those over 1,000 octets)."""

    line_length_limit = _LINE_OCTETS

    def __init__(self, door: Door, settings: Settings, tls: ssl.SSLContext | None) -> None:
        limits = door.limits
        super().__init__(
            door,
            data_size_limit=limits.message_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.smtp_hostname,
            ident="Tramite",
            tls_context=tls,
            timeout=limits.command_seconds,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            command_call_limit={
                "*": _OTHER_COMMANDS,
                "MAIL": limits.mails,
                "RCPT": limits.mails * limits.recipients,
                "DATA": limits.mails,
                "RSET": limits.mails,
                "NOOP": limits.mails,
            },
            proxy_protocol_timeout=_PROXY_SECONDS if settings.smtp_proxy_protocol else None,
            loop=asyncio.get_running_loop(),
        )
        self.recipients: list[Recipient] = []
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._door = door
        self._taking = False
        self._ending = False
        self._refusals = 0

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        """Take a mail's content (RFC 5321 section 4.1.1.4)."""
        if await self.check_helo_needed():
            return
        if not self.recipients or self.envelope is None:
            await self.push("503 5.5.1 Need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        sender = self.envelope.mail_from or ""
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self._taking = True
        try:
            content = await self._read_content()
            reply = TOO_LARGE if content is None else await self._door.take(self, sender, content)
            self._set_post_data_state()
            await self.push(reply)
        finally:
            self._taking = False
        if self._ending:
            self.hang_up()

    def count_refusal(self) -> None:
        """Hang up on who asks for one address after the other that does not exist."""
        self._refusals += 1
        if self._refusals >= _MOST_REFUSALS:
            self.hang_up()

    def end_when_idle(self) -> None:
        """Say that we close (RFC 5321 section 3.8), after the mail in hand is answered for."""
        self._ending = True
        if not self._taking and self.transport is not None:
            self._writer.write(b"421 4.3.2 Closing; please try again later\r\n")
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection after what was already said."""
        if self.transport is not None:
            self.transport.close()

    def _set_post_data_state(self) -> None:
        super()._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd leaves it untyped
        self.recipients = []

    async def _handle_client(self) -> None:
        # aiosmtpd has no hook before its greeting.
        client = str(self.session.peer[0]) if self.session is not None and self.session.peer else "unknown"
        if not self._door.admit(self, client):
            self._door.metrics.sessions.labels("refused").inc()
            await self.push(TOO_MANY_CONNECTIONS)
            self.hang_up()
            return
        self._door.metrics.sessions.labels("served").inc()
        try:
            await super()._handle_client()
        finally:
            self._door.dismiss(self, client)
            if not self.ended.done():
                self.ended.set_result(None)

    async def _read_content(self) -> bytes | None:
        """Read up to the end mark, undo the transparency of dots; None when the mail is larger than the limit.

        Only CRLF, dot, CRLF ends a mail: other line ends smuggle. The end mark may come with the first octets.
        """
        limit = self._door.limits.message_bytes
        content = bytearray(b"\r\n")
        searched = 0
        too_large = False
        while (end := content.find(_END, searched)) < 0:
            if len(content) > limit + len(_END):
                too_large = True
                del content[: -len(_END)]
            searched = max(len(content) - len(_END) + 1, 0)
            chunk = await self._reader.read(_CHUNK)
            if not chunk:
                raise ConnectionResetError("the client left in the middle of a mail")
            content += chunk
        # The reader was emptied by a read this large: what is behind the end mark goes back to its front.
        if rest := bytes(content[end + len(_END) :]):
            self._reader.feed_data(rest)
        if too_large or end > limit + 2:
            return None
        return bytes(content[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]


def load_certificate(settings: Settings) -> ssl.SSLContext | None:
    """Return the context for STARTTLS, or None when no certificate is set. Raises `ValueError` for half a setting."""
    certificate, key = settings.smtp_tls_certificate, settings.smtp_tls_key
    if (certificate is None) != (key is None):
        raise ValueError("set both TRAMITE_SMTP_TLS_CERTIFICATE and TRAMITE_SMTP_TLS_KEY, or neither")
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
