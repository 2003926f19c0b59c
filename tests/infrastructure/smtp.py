"""The far side of SMTP: a real server on a socket that keeps what it is sent and fails on command.

It runs in the test's own event loop. What it answers is scripted by step (RFC 5321 command), first in, first out:

    far_side.script(Step.RCPT, "451 4.7.1 Greylisted, try again")   # the next RCPT only
    far_side.script(Step.DATA, Loss.REPLY)                          # takes the mail, but nobody hears of it
    hold = far_side.hold(Step.DATA)                                 # answers only after hold.release()
"""

import asyncio
import email
import email.policy
import ssl
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum, StrEnum
from types import TracebackType
from typing import NoReturn, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

HOSTNAME = "mx.far-side.example"
ACCEPTED = "250 2.0.0 Accepted"
GREYLISTED = "451 4.7.1 Greylisted, please try again later"
SIZE_LIMIT_BYTES = 50 * 1024 * 1024


class Step(StrEnum):
    """The points of a conversation at which the far side can be made to answer otherwise."""

    CONNECT = "CONNECT"
    EHLO = "EHLO"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    """After the last line of the content, where the responsibility for a mail changes hands (RFC 5321, 4.2.5)."""


class Loss(Enum):
    """Ways in which a connection breaks off without an answer."""

    CONNECTION = "what was sent is lost too"
    REPLY = "the mail is kept; only for DATA"


class Hold:
    """An answer that waits for the test."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let the conversation go on."""
        self._released.set()

    async def wait(self) -> None:
        """Wait, on the server's side, for `release`."""
        self.reached.set()
        await self._released.wait()


Answer = str | Loss | Hold


@dataclass(frozen=True)
class ReceivedMail:
    """One mail that the far side has answered for with 250: envelope and content as they came over the line."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    mail_options: tuple[str, ...]
    helo: str
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        """The content, parsed."""
        return email.message_from_bytes(self.content, policy=email.policy.default)


class _Conversation(SMTP):
    """One connection; aiosmtpd has no hook for the greeting and none for being closed from outside."""

    def __init__(self, far_side: "FarSide", tls: ssl.SSLContext | None) -> None:
        super().__init__(
            far_side,
            hostname=HOSTNAME,
            data_size_limit=SIZE_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            tls_context=tls,
            loop=asyncio.get_running_loop(),
        )
        self._far_side = far_side

    async def _handle_client(self) -> None:
        self._far_side.conversations.add(self)
        try:
            refusal = await self._far_side.answer(Step.CONNECT, self)
            if refusal is None:
                await super()._handle_client()
            else:
                await self.push(refusal)
                self.hang_up()
        finally:
            self._far_side.conversations.discard(self)

    def hang_up(self) -> None:
        """Close the connection after what was already said."""
        if self.transport is not None:
            self.transport.close()


class FarSide:
    """A mail server on 127.0.0.1 that keeps what it is sent. Use it as an async context manager.

    Its `handle_…` methods are aiosmtpd's hooks.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[ReceivedMail] = []
        self.conversations: set[_Conversation] = set()
        self.greylisting = False
        self._tls = tls
        self._scripts: defaultdict[Step, deque[Answer]] = defaultdict(deque)
        self._permanent: dict[Step, str] = {}
        self._seen: set[tuple[str, str]] = set()
        self._losing_reply: set[SMTP] = set()
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """The server's address as the settings write it."""
        return f"smtp://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen; after `stop`, again at the same port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Conversation(self, self._tls), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Break off every conversation and refuse connections from now on; the mails stay."""
        if self._server is None:
            return
        self._server.close()
        for conversation in tuple(self.conversations):
            conversation.hang_up()
        await self._server.wait_closed()
        self._server = None

    def script(self, step: Step, *answers: Answer) -> None:
        """Give these answers, one each, the next times that a conversation comes to `step`; then all is well again."""
        if step is not Step.DATA and Loss.REPLY in answers:
            raise ValueError(f"at {step} there is nothing to keep; Loss.CONNECTION is what can happen there")
        self._scripts[step].extend(answers)

    def always(self, step: Step, reply: str | None) -> None:
        """Give this reply whenever nothing is scripted for `step`; `None` ends it."""
        if reply is None:
            self._permanent.pop(step, None)
        else:
            self._permanent[step] = reply

    def hold(self, step: Step) -> Hold:
        """Make the next answer at `step` wait until the test releases it."""
        hold = Hold()
        self.script(step, hold)
        return hold

    async def wait_for(self, wanted: Callable[[ReceivedMail], bool], *, limit: float = 10.0) -> ReceivedMail:
        """Answer the first mail that is `wanted`, there already or within `limit` seconds; else `TimeoutError`."""
        found = await self._wait(lambda: [mail for mail in self.mails if wanted(mail)], limit)
        return found[0]

    async def wait_for_count(self, count: int, *, limit: float = 10.0) -> list[ReceivedMail]:
        """Answer all mails as soon as there are at least `count`; `TimeoutError` after `limit` seconds."""
        return await self._wait(lambda: list(self.mails) if len(self.mails) >= count else [], limit)

    async def _wait(self, look: Callable[[], list[ReceivedMail]], limit: float) -> list[ReceivedMail]:
        async with self._arrived:
            try:
                async with asyncio.timeout(limit):
                    return await self._arrived.wait_for(look)
            except TimeoutError:
                raise TimeoutError(f"{len(self.mails)} mails came in {limit:g} s, not what was waited for") from None

    async def answer(self, step: Step, conversation: SMTP) -> str | None:
        """Answer the scripted reply for `step`, or `None` when all is well; a lost connection ends here."""
        scripted = self._scripts[step].popleft() if self._scripts[step] else self._permanent.get(step)
        match scripted:
            case Hold():
                await scripted.wait()
                return None
            case Loss.CONNECTION:
                await _break_off(conversation)
            case Loss.REPLY:
                self._losing_reply.add(conversation)
                return None
        return scripted if isinstance(scripted, str) else None

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, or refuse to."""
        refusal = await self.answer(Step.EHLO, server)
        if refusal is not None:
            return [refusal]
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the return path, or refuse it."""
        refusal = await self.answer(Step.MAIL, server)
        if refusal is not None:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse it; greylisting refuses each pair of addresses once."""
        refusal = await self.answer(Step.RCPT, server)
        if refusal is not None:
            return refusal
        pair = (envelope.mail_from or "", address)
        if self.greylisting and pair not in self._seen:
            self._seen.add(pair)
            return GREYLISTED
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Keep the mail, or refuse it after all of it was sent."""
        refusal = await self.answer(Step.DATA, server)
        if refusal is not None:
            return refusal
        content = envelope.content or b""
        mail = ReceivedMail(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=content if isinstance(content, bytes) else content.encode(),
            mail_options=tuple(envelope.mail_options),
            helo=session.host_name or "",
            encrypted=session.ssl is not None,
        )
        async with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()
        if server in self._losing_reply:
            await _break_off(server)
        return ACCEPTED


async def _break_off(conversation: SMTP) -> NoReturn:
    if isinstance(conversation.transport, asyncio.WriteTransport):
        conversation.transport.abort()
    # aiosmtpd cancels the conversation when it sees the loss; until then it must not answer.
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody answers a broken conversation")
