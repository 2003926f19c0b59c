"""What a test knows of the broker it was given."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Where the broker comes from, best first."""

    GIVEN = "given"
    CONTAINER = "container"
    APACHE = "apache"
    MOCK = "mock"

    @property
    def real(self) -> bool:
        """Tell whether it is a Kafka broker and not librdkafka's imitation of one."""
        return self is not Kind.MOCK


@dataclass(frozen=True)
class KafkaBroker:
    """A running broker; topics come into being when first used. `note` says why it is not what the header promised."""

    bootstrap: str
    kind: Kind
    note: str = ""
