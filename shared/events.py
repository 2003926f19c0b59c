"""Events: facts in the past tense, and their form on the bus (CloudEvents 1.0, Kafka binary binding)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared import tracing

SPEC_VERSION = "1.0"
E = TypeVar("E", bound="Event")


class Fact(BaseModel):
    """A frozen part of an event; fields that a newer producer adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Fact):
    """Something that happened, told by the service that owns it.

    A subclass names its `type` (past tense, with its version: `message.submitted.v1`), its owner's `topic`
    and `keyed_by`, the field whose events keep their order among themselves (`message.thread_id`).
    """

    type: ClassVar[str]
    topic: ClassVar[str]
    keyed_by: ClassVar[str]

    def key(self) -> str:
        """Name what this event happened to: a thread, an order or a party."""
        return str(attrgetter(self.keyed_by)(self))


@dataclass(frozen=True, slots=True)
class Record:
    """An event as the bus carries it: bytes, with its attributes as headers."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def event_id(self) -> str:
        """The CloudEvents id; together with the source it names the event for ever."""
        return self.headers.get("ce_id", "")

    @property
    def event_type(self) -> str:
        """The CloudEvents type, such as `message.submitted.v1`."""
        return self.headers.get("ce_type", "")

    @property
    def occurred_at(self) -> datetime:
        """When the event was told (UTC). Raises `UndecodableRecord` if the header is no RFC 3339 time."""
        try:
            moment = datetime.fromisoformat(self.headers["ce_time"])
        except (KeyError, ValueError):
            moment = None
        if moment is None or moment.tzinfo is None:
            raise UndecodableRecord("ce_time is missing or no RFC 3339 time")
        return moment.astimezone(UTC)


class UndecodableRecord(Exception):  # noqa: N818 - the record is what it names
    """A record that no version of its contract can read; retrying cannot help."""


def encode_event(event: Event, source: str) -> Record:
    """Give `event` its identity, time and trace, and its bytes. `source` is the telling service's name."""
    return Record(
        topic=event.topic,
        key=event.key(),
        value=event.model_dump_json().encode(),
        headers={
            "ce_specversion": SPEC_VERSION,
            "ce_id": str(uuid.uuid4()),
            "ce_type": event.type,
            "ce_source": f"/tramite/{source}",
            "ce_time": datetime.now(UTC).isoformat(),
            "content-type": "application/json",
            "traceparent": tracing.current_traceparent(),
        },
    )


def decode_event(record: Record, contract: type[E]) -> E:
    """Read `record` as `contract`; raises `UndecodableRecord` naming the fields, never their values."""
    try:
        return contract.model_validate_json(record.value)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, e["loc"])) for e in error.errors()}))
        raise UndecodableRecord(f"{contract.type} does not validate: {fields}") from None
