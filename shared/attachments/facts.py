"""What is known of an attachment after a look at its content."""

from dataclasses import dataclass
from enum import StrEnum

# "Under 7 MB" and "at most 10 MB" in the units that mail clients show (R-MAIL-6).
MAX_FILE_OCTETS = 7 * 1024 * 1024
MAX_MESSAGE_OCTETS = 10 * 1024 * 1024


class Problem(StrEnum):
    """Why an attachment may not pass."""

    TYPE_NOT_ALLOWED = "type_not_allowed"
    TYPE_MISMATCH = "type_mismatch"
    TOO_LARGE = "too_large"
    MACRO = "macro"
    ACTIVE_CONTENT = "active_content"
    ENCRYPTED = "encrypted"
    POLYGLOT = "polyglot"
    MALFORMED = "malformed"
    BOMB = "bomb"
    EMPTY = "empty"


_SENTENCES = {
    Problem.TYPE_NOT_ALLOWED: "cannot be sent; allowed types are txt, pdf, jpg, jpeg, gif, png, doc and docx",
    Problem.TYPE_MISMATCH: "is not what its name says",
    Problem.TOO_LARGE: "is too large; a file must be smaller than 7 MB",
    Problem.MACRO: "contains macros; please save it without them",
    Problem.ACTIVE_CONTENT: "contains scripts, embedded programs or links that load by themselves",
    Problem.ENCRYPTED: "is encrypted or protected by a password, so that it cannot be checked",
    Problem.POLYGLOT: "hides a second file",
    Problem.MALFORMED: "is damaged or not a complete file of its type",
    Problem.BOMB: "grows too large when it is opened",
    Problem.EMPTY: "is empty",
}


@dataclass(frozen=True, slots=True)
class AttachmentFacts:
    """One file: its safe name, media type by content, size in octets, and what is wrong, most telling first."""

    name: str
    media_type: str
    size: int
    problems: tuple[Problem, ...] = ()

    @property
    def may_pass(self) -> bool:
        """Nothing is wrong with the file."""
        return not self.problems


def explain(facts: AttachmentFacts) -> str | None:
    """Say in one English sentence, with the file's name, why it may not pass; nothing if it may."""
    if not facts.problems:
        return None
    return f'The attachment "{facts.name}" {_SENTENCES[facts.problems[0]]}.'
