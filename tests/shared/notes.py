"""A small service of the tests' own: it notes events in a table, so that what the core promises can be seen."""

from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.consumer import NotYetKnown
from shared.db import NAMING, Database
from shared.events import Event, Record, encode_event
from shared.inbox import add_reliability_tables


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Tables of the tests' service."""


class Note(Base, table=True):
    """A handled event."""

    __tablename__ = "notes"

    id: int | None = Field(default=None, primary_key=True)
    thread: str
    number: int


add_reliability_tables(Base.metadata)


class Noted(Event):
    """Something happened in a thread."""

    type: ClassVar[str] = "noted.v1"
    topic: ClassVar[str] = "notes.events"
    keyed_by: ClassVar[str] = "thread"

    thread: str
    number: int


class Troubles:
    """What the handler shall fail on: numbers, each with the failures it still has to give."""

    def __init__(self) -> None:
        self.failures: dict[int, int] = {}
        self.errors: dict[int, Exception] = {}
        self.calls: list[int] = []

    def fail(self, number: int, times: int = 1_000_000, error: Exception | None = None) -> None:
        self.failures[number] = times
        self.errors[number] = error or NotYetKnown("made to fail")


async def on_noted(event: Noted, session: AsyncSession, troubles: Troubles) -> None:
    troubles.calls.append(event.number)
    session.add(Note(thread=event.thread, number=event.number))
    await session.flush()
    if troubles.failures.get(event.number, 0) > 0:
        troubles.failures[event.number] -= 1
        raise troubles.errors[event.number]


async def create_tables(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def list_numbers(database: Database) -> list[int]:
    async with database.reading() as session:
        return list((await session.exec(select(Note.number).order_by(Note.id))).all())  # type: ignore[arg-type]  # a column


def note(number: int, thread: str = "a") -> Record:
    return encode_event(Noted(thread=thread, number=number), "tests")
