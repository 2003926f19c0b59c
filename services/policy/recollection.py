"""What a thread said before, opened for the gate: the messages that were delivered in it (R-POLICY-1)."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy import store
from services.policy.gate.history import LONGEST, Known
from services.policy.gate.html import read
from services.policy.gate.quotation import fresh
from shared.blobs import BlobNotFound, BlobStore
from shared.contracts.facts import Addressing, Content, MessageFacts, SealedContent
from shared.contracts.vocabulary import Channel, Kind
from shared.crypto import SealError
from shared.letterhead import FALLBACK, fill_letterheads, list_actions

LONGEST_IN_LOOP = 20_000
"""Characters above which reading or judging takes long enough to be felt by everything else in the event loop."""


def measure(content: Content) -> int:
    """Return the characters of a message's bodies, and of the history below."""
    return sum(map(len, (content.text, content.html or "", content.quoted_text, content.quoted_html)))


def may_quote(content: Content, kind: Kind) -> bool:
    """Tell whether a message may quote another; False is certain."""
    if content.quoted_text or content.quoted_html:
        return True
    return kind is Kind.REPLY and (content.html is not None or len(fresh(content.text)) < len(content.text))


def _is_answer(message: MessageFacts) -> bool:
    """Tell whether a message is of a kind that may quote, before it is opened."""
    return message.kind is Kind.REPLY or message.channel is Channel.EMAIL


def list_names(message: MessageFacts, addressing: Addressing | None) -> tuple[str, ...]:
    """Return what mail programs and we put around a quotation: names, aliases, the order id, the words of links."""
    names = [message.marketplace.name, message.order_id or "", *list_actions(_list_languages(message, addressing))]
    if addressing is not None:
        names += [addressing.buyer_alias, addressing.seller_alias, addressing.business_name]
    return tuple(names)


async def recall(
    session: AsyncSession,
    blobs: BlobStore,
    message: MessageFacts,
    content: Content,
    addressing: Addressing | None,
    before: datetime | None = None,
) -> Known:
    """Return what a message may quote, by what was decided until now, or `before` a moment.

    What was erased is forgotten. 30 messages are remembered, the newest; fewer once they fill what `Known` remembers.
    """
    names = list_names(message, addressing)
    if not may_quote(content, message.kind):
        return Known((), names)
    letterheads = _list_letterheads(message, addressing)
    memory, length = _Memory(), 0
    for sealed in await store.list_delivered(session, message.thread_id, before):
        past = await _open(blobs, sealed)
        if past is None:
            continue
        length += measure(past)
        if length > LONGEST_IN_LOOP:
            await asyncio.to_thread(memory.add, past)
        else:
            memory.add(past)
        if memory.full:
            break
    return Known([*letterheads, *memory.texts], names, memory.links)


async def prepare(session: AsyncSession, blobs: BlobStore, told: Iterable[tuple[MessageFacts, SealedContent]]) -> None:
    """Ask once for the threads of those messages of a batch that may quote; large ones are asked for one by one."""
    small = [(message, sealed) for message, sealed in told if sealed.blob is None and _is_answer(message)]
    threads = []
    for message, sealed in small:
        content = await _open(blobs, sealed)
        if content is not None and may_quote(content, message.kind):
            threads.append(message.thread_id)
    await store.DELIVERED.prepare(session, threads)


async def _open(blobs: BlobStore, sealed: SealedContent) -> Content | None:
    try:
        return await blobs.open_content(sealed)
    except (SealError, BlobNotFound):
        return None


def _list_letterheads(message: MessageFacts, addressing: Addressing | None) -> list[str]:
    """Return what delivery puts around the messages of a thread, in the languages that it may write them in."""
    return fill_letterheads(
        _list_languages(message, addressing),
        business=addressing.business_name if addressing else "",
        marketplace=message.marketplace.name,
        order=message.order_id or "",
    )


def _list_languages(message: MessageFacts, addressing: Addressing | None) -> list[str]:
    languages = [message.language, message.marketplace.language, FALLBACK]
    return languages if addressing is None else [*languages, addressing.seller_language]


class _Memory:
    """The texts of messages, and where their links lead; each body is read once."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self._new: list[str] = []
        self._history: list[str] = []
        self._lines: set[str] = set()
        self._length = 0

    @property
    def texts(self) -> list[str]:
        """New words before the history below them, each in the order that messages were added in."""
        return [*self._new, *self._history]

    @property
    def full(self) -> bool:
        """Whether as much is there as is remembered of a thread; what repeats does not count."""
        return self._length >= LONGEST

    def add(self, content: Content) -> None:
        """Read a message. The history below was said by the others, but for what mail programs added."""
        self._keep(self._new, content.subject, content.text)
        self._keep(self._history, content.quoted_text)
        for source, texts in ((content.html, self._new), (content.quoted_html, self._history)):
            if source:
                view = read(source, quotes=False)
                self._keep(texts, view.visible.text, view.hidden.text)
                self.links += [link.target for link in view.links]

    def _keep(self, texts: list[str], *said: str) -> None:
        texts += said
        for line in "\n".join(said).splitlines():
            letters = "".join(filter(str.isalnum, line))
            if letters not in self._lines:
                self._lines.add(letters)
                self._length += len(letters)
