"""Questions to the database that a batch of events asks once for all of them.

A batch is one transaction. Its first statement of a kind fetches what all of its events need; each handler then asks
as if for itself alone and is answered from memory.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, bindparam, event, inspect, tuple_
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import SessionWithEvents

K = TypeVar("K")
V = TypeVar("V")
M = TypeVar("M", bound=SQLModel)

# SQLite's bound on the parameters of a statement is far above; PostgreSQL plans long lists badly.
_MOST_KEYS = 500
_MEMORY = "lookups"
# The keys of a question that is put together once: putting it together costs as much as answering it.
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)


def pad(keys: Sequence[K]) -> Sequence[K]:
    """Return `keys`, the last one repeated until they are 1, 2, 4, 8 and so on.

    As many keys as there happen to be would make one more statement of each number, to be put together and planned.
    """
    if not keys:
        return keys
    return [*keys, *repeat(keys[-1], (1 << (len(keys) - 1).bit_length()) - len(keys))]


class Lookup(Generic[K, V]):
    """A question by key. `ask` answers it for up to 500 keys at once, leaving out those it knows nothing of.

    What `prepare` was told stays true until the transaction or a savepoint is rolled back, or `forget` is called:
    whoever changes an answer calls it. That there is no answer is only remembered with `absent`; else it is asked
    again, as another event of the batch may have brought it.
    """

    def __init__(
        self, ask: Callable[[AsyncSession, Collection[K]], Awaitable[Mapping[K, V]]], *, absent: bool = False
    ) -> None:
        self._ask = ask
        self._absent = absent

    async def prepare(self, session: AsyncSession, keys: Iterable[K]) -> None:
        """Ask for all of `keys` now."""
        known = self._answers(session)
        unknown = list(set(keys) - known.keys())
        for start in range(0, len(unknown), _MOST_KEYS):
            some = unknown[start : start + _MOST_KEYS]
            found = await self._ask(session, pad(some))
            known.update(dict.fromkeys(some) if self._absent else {})
            known.update(found)

    async def get(self, session: AsyncSession, key: K) -> V | None:
        """Return the answer, from memory where `prepare` asked for it."""
        known = self._answers(session)
        if key in known:
            return known[key]
        return (await self._ask(session, [key])).get(key)

    def learn(self, session: AsyncSession, key: K, change: Callable[[V | None], V]) -> None:
        """Change the answer that `prepare` brought, where it was asked for: nothing else has to be asked again."""
        known = self._answers(session)
        if key in known:
            known[key] = change(known[key])

    def forget(self, session: AsyncSession, key: K) -> None:
        """Ask again next time."""
        self._answers(session).pop(key, None)

    def list_known(self, session: AsyncSession) -> Sequence[V]:
        """Return all answers in memory."""
        return [answer for answer in self._answers(session).values() if answer is not None]

    def _answers(self, session: AsyncSession) -> dict[K, V | None]:
        answers: dict[K, V | None] = session.info.setdefault(_MEMORY, {}).setdefault(self, {})
        return answers


@event.listens_for(SessionWithEvents, "after_soft_rollback")
def _forget_everything(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop(_MEMORY, None)


def find_rows(model: type[M], *, locked: bool = False) -> Callable[[AsyncSession, Collection[Any]], Any]:
    """Return the question for rows by primary key (a tuple where it has several columns).

    `locked` takes the rows as they are now and keeps others from changing them until the transaction ends; all
    transactions lock in the order of the keys, so that none waits for another in a circle.
    """
    columns = inspect(model).primary_key
    identity = inspect(model).primary_key_from_instance
    key_column = columns[0] if len(columns) == 1 else tuple_(*columns)
    query = select(model).where(key_column.in_(KEYS))
    if locked:
        query = query.order_by(*columns).with_for_update().execution_options(populate_existing=True)

    async def ask(session: AsyncSession, keys: Collection[Any]) -> dict[Any, M]:
        rows = (await session.exec(query, params={"keys": keys})).all()
        if len(columns) == 1:
            return {identity(row)[0]: row for row in rows}
        return {tuple(identity(row)): row for row in rows}

    return ask
