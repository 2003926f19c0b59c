import random
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alias.domain import make_alias, measure_local_part
from services.alias.errors import AliasDomainTooLong
from services.alias.metrics import AliasMetrics
from services.alias.service import Directory

pytestmark = pytest.mark.req("R-ALIAS-2")

DOMAIN = "marketplace.amazon.it"
domains = st.integers(1, 24).map(lambda length: "d" * length)


@given(domains, st.integers(35, 64))
def test_a_whole_address_has_the_length_that_is_set(domain: str, length: int) -> None:
    address = make_alias(domain, length)
    local_part, _, rest = address.partition("@")
    assert len(address) == length
    assert rest == domain
    assert len(local_part) >= 10
    assert local_part[0] in string.ascii_lowercase
    assert set(local_part) <= set(string.ascii_lowercase + string.digits)


def test_a_domain_of_22_characters_leaves_12() -> None:
    assert measure_local_part("marketplace.amazon.com", 35) == 12
    assert len(make_alias(DOMAIN, 35)) == 35


@given(st.integers(1, 80), st.integers(20, 64))
def test_fewer_than_ten_characters_are_an_error_of_configuration(domain_length: int, length: int) -> None:
    domain = "d" * domain_length
    left = length - domain_length - 1
    if left >= 10:
        assert measure_local_part(domain, length) == left
        return
    with pytest.raises(AliasDomainTooLong, match="TRAMITE_ALIAS_LENGTH"):
        make_alias(domain, length)


def test_the_domain_is_written_in_small_letters() -> None:
    assert make_alias("Marketplace.AMAZON.it", 35).endswith("@marketplace.amazon.it")


def test_every_character_comes_from_the_source_that_is_handed_in() -> None:
    assert make_alias(DOMAIN, 35, lambda allowed: allowed[0]) == f"{'a' * 13}@{DOMAIN}"
    assert make_alias(DOMAIN, 35, lambda allowed: allowed[-1]) == f"z{'9' * 12}@{DOMAIN}"


def test_the_source_is_the_systems_own_and_no_seed_repeats_it() -> None:
    assert Directory(35, AliasMetrics()).choose is secrets.choice
    random.seed(1)
    first = make_alias(DOMAIN, 35)
    random.seed(1)
    assert make_alias(DOMAIN, 35) != first


def test_all_characters_are_used_about_evenly() -> None:
    drawn = "".join(make_alias(DOMAIN, 35).partition("@")[0][1:] for _ in range(3_000))
    counts = [drawn.count(character) for character in string.ascii_lowercase + string.digits]
    # 1,000 expected each; a deviation of 250 is 8 standard deviations away.
    assert min(counts) > 750
    assert max(counts) < 1_250
