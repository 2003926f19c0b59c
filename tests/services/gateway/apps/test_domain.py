"""What apps are given, and how far it goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.access.domain import SCOPES_BY_ROLE, CallerRole, Scope, hash_secret
from services.gateway.apps.domain import (
    APP_SCOPES,
    Credential,
    choose_app_scopes,
    is_secret_of,
    make_credential,
    narrow_scopes,
)
from shared.logging import redact_text

pytestmark = pytest.mark.req("R-PRIVACY-3")


@given(st.frozensets(st.sampled_from(Scope)))
def test_no_app_goes_beyond_sellers_or_lets_others_in(wanted: frozenset[Scope]) -> None:
    beyond = wanted - SCOPES_BY_ROLE[CallerRole.SELLER] | wanted & {Scope.APPS_READ, Scope.APPS_WRITE}
    if not beyond:
        assert choose_app_scopes(wanted) == wanted <= APP_SCOPES
        return
    with pytest.raises(ValueError, match="cannot have") as caught:
        choose_app_scopes(wanted)
    assert all(scope in str(caught.value) for scope in beyond)


@given(st.frozensets(st.sampled_from("abcd"), min_size=1), st.none() | st.lists(st.sampled_from("abcde")).map(" ".join))
def test_a_token_gets_what_is_granted_or_less(granted: frozenset[str], wanted: str | None) -> None:
    asked = set((wanted or "").split())
    try:
        given_scopes = narrow_scopes(granted, wanted)
    except ValueError:
        assert asked - granted
        return
    assert given_scopes == (asked or granted)
    assert given_scopes <= granted


@pytest.mark.parametrize("kind", Credential)
def test_credentials_are_long_different_and_never_logged(kind: Credential) -> None:
    made = {make_credential(kind) for _ in range(100)}
    assert len(made) == 100
    for secret in made:
        assert secret.startswith(kind)
        assert len(secret) > 45
        assert secret[len(kind) :] not in redact_text(f"got {secret} here")


def test_a_secret_is_known_by_its_hash_alone() -> None:
    secret = make_credential(Credential.CLIENT_SECRET)
    assert is_secret_of(secret, hash_secret(secret))
    assert not is_secret_of(secret + "x", hash_secret(secret))
    assert not is_secret_of(secret, None)
