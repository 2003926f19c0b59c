"""The doors for mail, SMTP and LMTP, in the service's own event loop. What is decided there stands elsewhere."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from aiosmtpd.proxy_protocol import ProxyData
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.delivery.authenticity.domain import Origin
from services.delivery.errors import Refused
from services.delivery.inbound.conversation import Conversation, Limits, LmtpConversation
from services.delivery.inbound.domain import (
    ACCEPTED,
    LOCAL_TROUBLE,
    REPLIES,
    TOO_MANY_RECIPIENTS,
    Answer,
)
from services.delivery.inbound.recipients import Recipient, Recipients
from services.delivery.inbound.service import Intake
from services.delivery.metrics import DeliveryMetrics
from services.delivery.settings import Settings
from shared import tracing

_log = structlog.get_logger()


class Door:
    """Listens, holds the limits, and passes on. Its `handle_…` methods are aiosmtpd's hooks."""

    def __init__(self, settings: Settings, recipients: Recipients, intake: Intake, metrics: DeliveryMetrics) -> None:
        self.limits = Limits.of(settings)
        self.metrics = metrics
        self.conversations: set[Conversation] = set()
        self.port = settings.smtp_port
        self.lmtp_port = settings.lmtp_port
        self._settings = settings
        self._recipients = recipients
        self._intake = intake
        self._tls = load_certificate(settings)
        self._clients: Counter[str] = Counter()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Take connections while the block runs; afterwards answer for the mails in hand, then close."""
        settings = self._settings
        self.port, server = await self._listen(Conversation, settings.smtp_port)
        servers = [server]
        _log.info("smtp.open", port=self.port, starttls=self._tls is not None)
        try:
            if settings.lmtp_port is not None:
                self.lmtp_port, server = await self._listen(LmtpConversation, settings.lmtp_port)
                servers.append(server)
                _log.info("lmtp.open", port=self.lmtp_port)
            yield
        finally:
            for server in servers:
                server.close()
            await self._finish()
            for server in servers:
                await server.wait_closed()

    async def _listen(self, kind: type[Conversation], port: int) -> tuple[int, asyncio.Server]:
        server = await asyncio.get_running_loop().create_server(
            lambda: kind(self, self._settings, self._tls), self._settings.smtp_host, port
        )
        return int(server.sockets[0].getsockname()[1]), server

    def admit(self, conversation: Conversation, client: str) -> bool:
        """Count a new connection in, unless there are too many, at all or from this client."""
        if len(self.conversations) >= self.limits.connections:
            return False
        if self._clients[client] >= self.limits.connections_per_client:
            return False
        self._clients[client] += 1
        self.conversations.add(conversation)
        self.metrics.connections.set(len(self.conversations))
        return True

    def dismiss(self, conversation: Conversation, client: str) -> None:
        """Count a connection out."""
        self.conversations.discard(conversation)
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]
        self.metrics.connections.set(len(self.conversations))

    async def take(self, origin: Origin, sender: str, recipients: Sequence[Recipient], content: bytes) -> str:
        """Give a mail to the intake; return what to answer. Trouble of our own is always temporary (R-MAIL-3)."""
        started = time.perf_counter()
        with tracing.open_span():
            try:
                outcome = (await self._intake.take(origin, sender, tuple(recipients), content)).value
                reply = ACCEPTED
            except Refused as refused:
                outcome, reply = refused.outcome, refused.reply
            except Exception as error:  # noqa: BLE001 - whatever failed, the sender keeps the mail and tries again
                _log.error("smtp.trouble", error=type(error).__name__)
                outcome, reply = "trouble", LOCAL_TROUBLE
            _log.info("smtp.mail", outcome=outcome, size=len(content), recipients=len(recipients))
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
        self, server: Conversation, _session: Session, envelope: Envelope, address: str, _options: list[str]
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
