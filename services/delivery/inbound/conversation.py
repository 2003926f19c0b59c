"""One connection at the door: SMTP (RFC 5321), or LMTP (RFC 2033) from a front mail server."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from services.delivery.authenticity.domain import Origin
from services.delivery.inbound.domain import TOO_LARGE, TOO_MANY_CONNECTIONS
from services.delivery.inbound.recipients import Recipient
from services.delivery.settings import Settings

if TYPE_CHECKING:
    from services.delivery.inbound.door import Door

_END = b"\r\n.\r\n"
_CHUNK = 1024 * 1024
_LINE_OCTETS = 64 * 1024
_REPLY_OCTETS = 510
_MOST_REFUSALS = 50
_OTHER_COMMANDS = 100
_PROXY_SECONDS = 5.0
# `<local@domain>` of the plainest form, and what follows it: parameters.
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[A-Za-z0-9-]+"
_PLAIN_PATH = re.compile(rf"<({_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*)>[ \t]*(.*)", re.ASCII)


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


class Conversation(SMTP):
    """One connection. Reads a mail's content whole, lines of any length (aiosmtpd refuses those over 1,000 octets)."""

    line_length_limit = _LINE_OCTETS

    def __init__(self, door: "Door", settings: Settings, tls: ssl.SSLContext | None) -> None:
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

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        # aiosmtpd reads every path by the whole grammar of header fields, which takes longer than to judge it.
        plain = _PLAIN_PATH.fullmatch(arg)
        return (plain[1], plain[2]) if plain else super()._getaddr(arg)

    async def push(self, status: str | bytes) -> None:
        """Send one reply line. aiosmtpd repeats what the client said, whatever octets and however many it was."""
        await super().push(clean_line(status))

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
            replies = await self._answer(sender, content)
            self._set_post_data_state()
            for reply in replies:
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

    def origin(self) -> Origin:
        """Tell where the client is; behind a load balancer, where that says it is."""
        session = self.session
        if session is None:
            return Origin("", "")
        introduced = session.proxy_data.src_addr if session.proxy_data is not None else None
        peer = session.peer[0] if session.peer else ""
        return Origin(str(introduced or peer), session.host_name or "")

    async def _answer(self, sender: str, content: bytes | None) -> list[str]:
        """Take a mail for all its recipients, which get one answer; None is a mail that was too large."""
        if content is None:
            return [TOO_LARGE]
        return [await self._door.take(self.origin(), sender, self.recipients, content)]

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


def clean_line(status: str | bytes) -> bytes:
    """Return a reply as one line: control characters replaced, cut to what RFC 5321 allows (section 4.5.3.1.5)."""
    text = status.decode("utf-8", "replace") if isinstance(status, bytes) else status
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line.encode("utf-8")[:_REPLY_OCTETS].decode("utf-8", "ignore").encode("utf-8")


class LmtpConversation(Conversation, LMTP):
    """One connection from a front mail server, which hears of each recipient apart (RFC 2033 section 4.2)."""

    async def _answer(self, sender: str, content: bytes | None) -> list[str]:
        if content is None:
            return [TOO_LARGE] * len(self.recipients)
        origin = self.origin()
        return [await self._door.take(origin, sender, [recipient], content) for recipient in self.recipients]
