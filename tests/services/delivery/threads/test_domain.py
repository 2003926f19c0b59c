"""How the messages of a thread hang together."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.threads.domain import MAX_ANCESTORS, trace_ancestors

pytestmark = pytest.mark.req("R-MAIL-1")

IDS = [UUID(int=number) for number in range(40)]


def test_ancestors_come_oldest_first() -> None:
    assert trace_ancestors({IDS[2]: IDS[1], IDS[1]: IDS[0], IDS[0]: None}, IDS[2]) == (IDS[0], IDS[1], IDS[2])


def test_what_is_unknown_ends_the_walk() -> None:
    assert trace_ancestors({IDS[2]: IDS[1]}, IDS[2]) == (IDS[2],)
    assert trace_ancestors({}, IDS[2]) == ()
    assert trace_ancestors({IDS[2]: None}, None) == ()


def test_of_a_long_thread_the_nearest_are_kept() -> None:
    chain: dict[UUID, UUID | None] = dict(zip(IDS[1:], IDS, strict=False))
    chain[IDS[0]] = None
    assert trace_ancestors(chain, IDS[-1]) == tuple(IDS[-MAX_ANCESTORS:])


@given(st.dictionaries(st.sampled_from(IDS), st.none() | st.sampled_from(IDS)), st.sampled_from(IDS))
def test_circles_end(parents: dict[UUID, UUID | None], start: UUID) -> None:
    found = trace_ancestors(parents, start)
    assert len(set(found)) == len(found) <= MAX_ANCESTORS
    assert set(found) <= set(parents)
