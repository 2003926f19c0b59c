"""What an attached file really is, whether it may pass, and the file without its author's traces (R-MAIL-6)."""

from shared.attachments.facts import (
    MAX_FILE_OCTETS,
    MAX_MESSAGE_OCTETS,
    AttachmentFacts,
    Problem,
    explain,
)
from shared.attachments.inspection import inspect, scrub
from shared.attachments.texts import read_texts

__all__ = [
    "MAX_FILE_OCTETS",
    "MAX_MESSAGE_OCTETS",
    "AttachmentFacts",
    "Problem",
    "explain",
    "inspect",
    "read_texts",
    "scrub",
]
