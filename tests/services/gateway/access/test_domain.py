"""Scopes and callers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.access.domain import (
    SCOPES_BY_ROLE,
    Caller,
    CallerRole,
    Scope,
    choose_scopes,
    hash_secret,
    is_valid,
    make_secret,
)

pytestmark = pytest.mark.req("R-PRIVACY-3")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@given(st.sampled_from(CallerRole), st.frozensets(st.sampled_from(Scope)))
def test_no_token_goes_beyond_its_role(role: CallerRole, wanted: frozenset[Scope]) -> None:
    try:
        chosen = choose_scopes(role, wanted)
    except ValueError:
        assert wanted - SCOPES_BY_ROLE[role]
        return
    assert chosen == wanted <= SCOPES_BY_ROLE[role]


def test_only_operators_record_and_make_tokens() -> None:
    for role in (CallerRole.SELLER, CallerRole.BUYER):
        beyond = {Scope.ORDERS_WRITE, Scope.TOKENS_READ, Scope.TOKENS_WRITE}
        assert not SCOPES_BY_ROLE[role] & beyond
    assert choose_scopes(CallerRole.OPERATOR, None) == frozenset(Scope)


def test_secrets_are_long_different_and_hashed() -> None:
    secrets = {make_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith("trm_") and len(secret) > 40 for secret in secrets)
    assert len({hash_secret(secret) for secret in secrets}) == 100
    assert all(len(hash_secret(secret)) == 64 for secret in secrets)


@given(st.integers(-5, 5), st.booleans())
def test_a_token_ends_at_its_moment_or_when_revoked(seconds: int, revoked: bool) -> None:  # noqa: FBT001 - hypothesis passes it
    expires_at = NOW + timedelta(seconds=seconds)
    assert is_valid(expires_at, NOW if revoked else None, NOW) == (seconds > 0 and not revoked)


def test_a_token_without_end_lasts() -> None:
    assert is_valid(None, None, NOW)


@given(st.sampled_from(CallerRole), st.sampled_from("ab"), st.sampled_from("ab"), st.sampled_from("ab"))
def test_parties_see_what_is_between_them_and_others(role: CallerRole, me: str, seller: str, buyer: str) -> None:
    caller = Caller(role, None if role is CallerRole.OPERATOR else me, frozenset())
    expected = {CallerRole.OPERATOR: True, CallerRole.SELLER: seller == me, CallerRole.BUYER: buyer == me}
    assert caller.may_see(seller, buyer) == expected[role]
