"""Signed links: what was written is read, anything else is not, and keys rotate."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto import KeyRing, generate_key
from shared.links import PATH, TOKEN_LETTERS, Link, LinkPurpose, Links

pytestmark = pytest.mark.req("R-MAIL-2", "R-MAIL-7")

LOOKUP = generate_key()
OLD, NEW = generate_key(), generate_key()
BASE = "https://messages.example"
EXPIRES = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def _links(keys: str) -> Links:
    return Links.of(KeyRing.parse(keys, LOOKUP), BASE)


LINKS = _links(f"k1:{OLD}")


def _token(url: str) -> str:
    assert url.startswith(BASE + PATH)
    return url.removeprefix(BASE + PATH)


@given(st.sampled_from(LinkPurpose), st.uuids(), st.datetimes(datetime(2020, 1, 2), datetime(2199, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_what_was_written_is_read(purpose: LinkPurpose, subject: UUID, expires: datetime) -> None:
    aware = expires.replace(tzinfo=UTC)
    link = LINKS.read(_token(LINKS.write(purpose, subject, aware)))
    assert link is not None
    assert (link.purpose, link.subject) == (purpose, subject)
    assert timedelta(0) <= link.expires_at - aware < timedelta(minutes=1)


def test_a_link_is_good_up_to_its_time_and_not_from_then_on() -> None:
    link = LINKS.read(_token(LINKS.write(LinkPurpose.REPORT, uuid4(), EXPIRES)))
    assert link is not None
    assert not link.expired(EXPIRES - timedelta(microseconds=1))
    assert link.expired(EXPIRES)


@given(st.integers(0, TOKEN_LETTERS - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_link_with_one_other_letter_is_none(place: int, letter: str) -> None:
    token = _token(LINKS.write(LinkPurpose.NO_RESPONSE_NEEDED, UUID(int=5), EXPIRES))
    changed = token[:place] + letter + token[place + 1 :]
    assert (LINKS.read(changed) is None) == (changed != token)


@given(st.text(max_size=80))
def test_anything_else_is_no_link(text: str) -> None:
    assert LINKS.read(text) is None


def test_case_does_not_matter() -> None:
    token = _token(LINKS.write(LinkPurpose.REPORT, UUID(int=7), EXPIRES))
    assert LINKS.read(token.upper()) == Link(LinkPurpose.REPORT, UUID(int=7), EXPIRES)


def test_keys_rotate() -> None:
    token = _token(LINKS.write(LinkPurpose.REPORT, uuid4(), EXPIRES))
    rotated = _links(f"k2:{NEW},k1:{OLD}")
    assert rotated.read(token) is not None
    assert LINKS.read(_token(rotated.write(LinkPurpose.REPORT, uuid4(), EXPIRES))) is None
    assert _links(f"k2:{NEW}").read(token) is None


def test_a_purpose_is_signed_too() -> None:
    subject = uuid4()
    tokens = {_token(LINKS.write(purpose, subject, EXPIRES)) for purpose in LinkPurpose}
    assert len(tokens) == len({token[-26:] for token in tokens}) == len(LinkPurpose)
