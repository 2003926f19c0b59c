"""Finding messages by their words without keeping the words: keyed hashes, packed, one row for each form (R-INBOX-1).

See `docs/decisions/0064-keyed-hashes-of-words.md`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Boolean, ColumnElement, LargeBinary, and_, false, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col, exists, select

from services.gateway.access.domain import Caller
from services.gateway.context import Gateway
from services.gateway.mailbox.models import Message, MessageWords, Thread
from services.gateway.mailbox.words import list_words, split_keyword, takes_long
from shared.blobs import STORE_ERRORS, BlobNotFound
from shared.contracts.facts import Content, SealedContent
from shared.contracts.vocabulary import Direction
from shared.crypto import KeyRing, SealError
from shared.problems import Invalid

_log = structlog.get_logger()
# Among 200,000 messages with 200 words each, one search in 5,000 finds a message wrongly.
_HASH_OCTETS = 5
_OPEN_SECONDS = 1
_UNREADABLE: tuple[type[Exception], ...] = (BlobNotFound, SealError, *STORE_ERRORS)
_MOST_SOUGHT = 30
# Each is a parameter of the query, of which PostgreSQL takes 32,767; putting so many together takes a moment as it is.
_MOST_HASHES = 2_000

Hashes = Sequence[bytes]


async def digest(keys: KeyRing, seller_id: str, content: Content) -> bytes:
    """Return what is kept of a content's words: their hashes under the seller's key, sorted, one after the other."""
    if takes_long(content):
        return await asyncio.to_thread(_digest, keys, seller_id, content)
    return _digest(keys, seller_id, content)


async def digest_passed(gateway: Gateway, message: Message, sealed: SealedContent) -> bytes:
    """Return the same of what passed of a message; nothing where it cannot be opened, or not within a second."""
    # Others wait for the transaction around it. A message that is not found is better than one that does not arrive.
    try:
        async with asyncio.timeout(_OPEN_SECONDS):
            content = await gateway.blobs.open_content(sealed)
    except _UNREADABLE as error:
        _log.warning("search.not_read", message=str(message.message_id), error=type(error).__name__)
        return b""
    return await digest(gateway.keys, message.seller_id, content)


def hash_keyword(keys: KeyRing, seller_ids: Sequence[str], keyword: str) -> Mapping[str, Hashes]:
    """Return the hashes that a message of each seller must have.

    Raises `Invalid` for a keyword without words or with more than 30, and for more than 2,000 hashes in all.
    """
    words = split_keyword(keyword)
    if not words:
        raise Invalid.of("keyword", "must hold a word or a number; e-mail addresses cannot be searched for")
    if len(words) > _MOST_SOUGHT:
        raise Invalid.of(
            "keyword",
            f"must hold {_MOST_SOUGHT} different words at most, of Japanese and Chinese {_MOST_SOUGHT} different pairs"
            " of neighbouring characters; leave some out",
        )
    if len(words) * len(seller_ids) > _MOST_HASHES:
        most = _MOST_HASHES // len(seller_ids)
        raise Invalid.of(
            "keyword",
            f"must hold {most} words at most while it searches threads with {len(seller_ids)} sellers; leave some out"
            " or narrow the threads down with other filters",
        )
    return {seller_id: _hash(keys, seller_id, words) for seller_id in seller_ids}


def says(caller: Caller, hashes: Mapping[str, Hashes], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a thread has a message, one that meets `conditions`, with all hashes of its seller.

    Looked at is the form that the caller reads. Words come first, as most messages are found not to have them.
    """
    packed = col(MessageWords.words)
    # What was erased is not found, even before its words are forgotten.
    kept = or_(col(Message.content_box).is_not(None), col(Message.content_blob).is_not(None))
    by_seller = (
        and_(col(Thread.seller_id) == seller_id, *(_Holds(packed, literal(one, LargeBinary)) for one in wanted))
        for seller_id, wanted in hashes.items()
    )
    found = (
        select(MessageWords.message_id)
        .join(Message, col(Message.message_id) == col(MessageWords.message_id))
        .where(
            col(MessageWords.thread_id) == col(Thread.thread_id),
            col(MessageWords.passed) == _reads_passed(caller),
            or_(false(), *by_seller),
            kept,
            *conditions,
        )
        .correlate(Thread)
    )
    return exists(found)


def _reads_passed(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that the caller reads what the gate made of a message, as `reading` does."""
    mended = or_(col(Message.passed_box).is_not(None), col(Message.passed_blob).is_not(None))
    if caller.seller_id is not None:
        return and_(col(Message.direction) == Direction.BUYER_TO_SELLER, mended)
    if caller.buyer_id is not None:
        return and_(col(Message.direction) == Direction.SELLER_TO_BUYER, mended)
    return false()


def _digest(keys: KeyRing, seller_id: str, content: Content) -> bytes:
    # Sorted, they do not tell in which order the words came.
    return b"".join(sorted(_hash(keys, seller_id, list_words(content))))


def _hash(keys: KeyRing, seller_id: str, words: Sequence[str]) -> Hashes:
    return keys.hash_briefly(f"words {seller_id}", words, _HASH_OCTETS)


class _Holds(FunctionElement[bool]):
    """Whether the first octets hold the second somewhere."""

    type = Boolean()
    inherit_cache = True


@compiles(_Holds)
def _search_blob(element: _Holds, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401 - the compiler's own
    whole, part = (compiler.process(clause, **more) for clause in element.clauses)
    return f"instr({whole}, {part}) > 0"


@compiles(_Holds, "postgresql")
def _search_bytea(element: _Holds, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401 - see above
    whole, part = (compiler.process(clause, **more) for clause in element.clauses)
    return f"position({part} IN {whole}) > 0"
