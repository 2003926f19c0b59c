"""Bounce addresses: signed, limited in time, under keys that rotate."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.bounces.domain import BounceAddresses
from shared.crypto import KeyRing, generate_key

pytestmark = pytest.mark.req("R-MAIL-4")

TODAY = date(2026, 5, 4)
OLD, NEW = f"k1:{generate_key()}", f"k2:{generate_key()}"
LOOKUP = generate_key()
ADDRESSES = BounceAddresses.of(KeyRing.parse(OLD, LOOKUP), days=10)


@given(st.uuids())
def test_an_address_is_read_back_in_any_case(message_id: UUID) -> None:
    address = ADDRESSES.write(message_id, "marketplace.amazon.it", TODAY)
    local_part = address.partition("@")[0]
    assert len(local_part) <= 64
    assert local_part == local_part.lower()
    assert ADDRESSES.read(address, TODAY) == message_id
    assert ADDRESSES.read(address.upper(), TODAY) == message_id


def test_it_ends_after_its_days_and_not_before() -> None:
    message_id = uuid4()
    address = ADDRESSES.write(message_id, "x.example", TODAY)
    assert ADDRESSES.read(address, TODAY + timedelta(days=10)) == message_id
    assert ADDRESSES.read(address, TODAY + timedelta(days=11)) is None


@given(st.integers(0, 44), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_letter_may_be_changed(position: int, letter: str) -> None:
    address = ADDRESSES.write(UUID(int=1), "x.example", TODAY)
    token = address.removeprefix("b-").partition("@")[0]
    changed = token[:position] + letter + token[position + 1 :]
    read = ADDRESSES.read(f"b-{changed}@x.example", TODAY)
    assert (read == UUID(int=1)) == (changed == token)


@given(st.text(max_size=200))
def test_anything_else_is_no_bounce_address(text: str) -> None:
    assert ADDRESSES.read(text, TODAY) is None
    assert ADDRESSES.read(f"b-{text}@x.example", TODAY) is None


def test_addresses_stay_good_when_the_key_is_rotated() -> None:
    message_id = uuid4()
    before = ADDRESSES.write(message_id, "x.example", TODAY)
    rotated = BounceAddresses.of(KeyRing.parse(f"{NEW},{OLD}", LOOKUP), days=10)
    after = rotated.write(message_id, "x.example", TODAY)
    assert after != before
    assert rotated.read(before, TODAY) == rotated.read(after, TODAY) == message_id
    assert BounceAddresses.of(KeyRing.parse(NEW, LOOKUP), days=10).read(before, TODAY) is None
