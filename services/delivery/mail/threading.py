"""Which conversation a mail belongs to: identifiers of our own, mapped both ways, and subjects as the last resort."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

MAX_KEY = 250

# What clients of six languages (and their neighbours) set before a subject on reply or forward.
_PREFIX = re.compile(
    r"^\s*(?:"
    r"(?:re|aw|antw|antwort|r|rif|rv|res|resp|rép|rép|sv|vs|odp|ynt|ref|fw|fwd|wg|i|tr|enc|doorst|vb|pd|转发|答复|回复"
    r"|返信|転送|回覆|轉寄)"
    r"(?:\s*[\[(]\s*\d{1,3}\s*[\])]|\^\d{1,3}|\s*\*\s*\d{1,3})?\s*[:\uff1a]"
    r"|\[(?:external|extern|ext|externe|esterno|externo)\]"
    r")\s*",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\s*\((?:fwd|fw)\)\s*$", re.IGNORECASE)
_MAX_PREFIXES = 50


@dataclass(frozen=True, slots=True)
class Ancestry:
    """In-Reply-To and References as the receiving side knows them, in its own identifiers."""

    in_reply_to: str | None
    references: tuple[str, ...]


def message_identifier(message_id: UUID, domain: str) -> str:
    """Make the one Message-ID of a message on our domain: the same for every attempt, saying nothing of any host."""
    return f"<{message_id.hex}@{domain.lower()}>"


def message_of(identifier: str, domain: str) -> UUID | None:
    """Read back the message that an identifier of ours names, or nothing if it is not ours."""
    local, at, host = identifier.strip("<> ").rpartition("@")
    if not at or host.lower() != domain.lower():
        return None
    try:
        message = UUID(hex=local)
    except ValueError:
        return None
    return message if local.lower() == message.hex else None


def parents_of(in_reply_to: Iterable[str], references: Iterable[str]) -> tuple[str, ...]:
    """Name the identifiers to look for, nearest ancestor first: In-Reply-To, then References from the last back."""
    return tuple(dict.fromkeys([*in_reply_to, *reversed(list(references))]))


def map_ancestry(
    in_reply_to: Iterable[str], references: Iterable[str], lookup: Callable[[str], str | None]
) -> Ancestry:
    """Translate a mail's ancestors with ``lookup``; identifiers it does not know are dropped: they may name hosts.

    Without a known In-Reply-To the nearest known reference takes its place; it is always the last of the references.
    """
    replied = [known for identifier in in_reply_to if (known := lookup(identifier))]
    mapped = [known for identifier in references if (known := lookup(identifier))]
    parent = replied[0] if replied else (mapped[-1] if mapped else None)
    chain = [identifier for identifier in dict.fromkeys(mapped) if identifier != parent]
    return Ancestry(parent, tuple([*chain, parent] if parent else chain))


def subject_key(subject: str) -> str:
    """Reduce a subject to what a thread shares: no reply signs, single blanks, folded case, at most 250 characters."""
    rest = " ".join(subject.split())
    for _ in range(_MAX_PREFIXES):
        shorter = _SUFFIX.sub("", _PREFIX.sub("", rest, count=1))
        if shorter == rest:
            break
        rest = shorter
    return rest.casefold()[:MAX_KEY]
