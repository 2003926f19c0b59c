"""Alias domains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.accounts.domain import domain_of, require_room


@pytest.mark.req("R-ALIAS-2")
@given(st.integers(3, 60), st.integers(20, 64))
def test_a_domain_leaves_at_least_ten_characters(length: int, address_length: int) -> None:
    domain = "d" * length
    try:
        require_room(domain, address_length)
    except ValueError as error:
        assert address_length - length - 1 < 10
        assert str(address_length) in str(error)  # noqa: PT017 - both outcomes are right, each in its case
        return
    assert len("x" * 10 + "@" + domain) <= address_length


def test_the_domain_of_an_address() -> None:
    assert domain_of("Anna@Bottega.Example") == "bottega.example"
