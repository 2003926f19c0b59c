"""Audiences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.live.domain import Audience

NAMES = st.sampled_from(["a", "b"])


@pytest.mark.req("R-PRIVACY-3")
@given(st.none() | NAMES, st.none() | NAMES, NAMES)
def test_a_party_hears_what_concerns_it(seller_id: str | None, buyer_id: str | None, me: str) -> None:
    assert Audience(seller_id=me).hears(seller_id, buyer_id) == (seller_id == me)
    assert Audience(buyer_id=me).hears(seller_id, buyer_id) == (buyer_id == me)
    assert Audience().hears(seller_id, buyer_id)
