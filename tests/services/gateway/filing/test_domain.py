"""Folders as a tree."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.filing.domain import lies_within, measure_depth, measure_height

pytestmark = pytest.mark.req("R-INBOX-2")
IDS = [UUID(int=number) for number in range(1, 8)]


@st.composite
def trees(draw: st.DrawFn) -> dict[UUID, UUID | None]:
    return {folder: draw(st.sampled_from([None, *IDS[:number]])) for number, folder in enumerate(IDS)}


@given(trees(), st.sampled_from(IDS), st.sampled_from(IDS))
def test_depth_and_height_fit_where_folders_lie(parents: dict[UUID, UUID | None], inner: UUID, outer: UUID) -> None:
    within = lies_within(parents, inner, outer)
    if within:
        assert measure_depth(parents, inner) >= measure_depth(parents, outer)
        assert measure_height(parents, outer) > measure_depth(parents, inner) - measure_depth(parents, outer)
    if within and inner != outer:
        assert not lies_within(parents, outer, inner)
    assert lies_within(parents, inner, inner)
    assert not lies_within(parents, None, outer)
    assert measure_depth(parents, parents[inner]) == measure_depth(parents, inner) - 1


def test_a_circle_ends_all_the_same() -> None:
    circle: dict[UUID, UUID | None] = {IDS[0]: IDS[1], IDS[1]: IDS[0]}
    assert measure_depth(circle, IDS[0]) > 2
    assert not lies_within(circle, IDS[0], IDS[5])
