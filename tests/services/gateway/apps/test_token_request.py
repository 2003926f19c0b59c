"""Whatever comes to the token endpoint is read, or refused in OAuth's form."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.gateway.apps.errors import Denied, TokenError
from services.gateway.apps.token_request import LARGEST_BODY, read_request

pytestmark = [pytest.mark.req("R-APP-1"), pytest.mark.req("R-PRIVACY-4")]
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
FIELDS = {
    "grant_type": "refresh_token",
    "client_id": "app-1",
    "client_secret": "trm_app_à+&=",
    "refresh_token": "Atzr|x",
}


@pytest.mark.parametrize(
    "media_type", [FORM, f"{FORM};charset=UTF-8", "Application/X-WWW-Form-Urlencoded ; charset=utf-8"]
)
def test_a_form_is_read(media_type: str) -> None:
    assert read_request(media_type, urlencode(FIELDS).encode()).model_dump(exclude_none=True) == FIELDS


@pytest.mark.parametrize("media_type", [JSON, f"{JSON}; charset=utf-8"])
def test_json_is_read(media_type: str) -> None:
    assert read_request(media_type, json.dumps(FIELDS).encode()).model_dump(exclude_none=True) == FIELDS


def test_fields_that_nobody_knows_are_ignored() -> None:
    sent = FIELDS | {"redirect_uri": "https://app.example", "marketplaceIds": ["A", "B"]}
    assert read_request(JSON, json.dumps(sent).encode()).model_dump(exclude_none=True) == FIELDS


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("", b"grant_type=refresh_token"),
        ("text/plain", b"grant_type=refresh_token"),
        ("multipart/form-data; boundary=x", b"--x--"),
        (FORM, b"code=a&code=a"),
        (FORM, b"code=%ff"),
        (FORM, b"\xff"),
        (FORM, b"&".join(b"a%d=1" % number for number in range(60))),
        (FORM, b"code=" + b"a" * 2049),
        (JSON, b'{"code": "a", "code": "a"}'),
        (JSON, b'{"code": 7}'),
        (JSON, b'{"code": ["a"]}'),
        (JSON, b'{"code": "\\ud800"}'),
        (JSON, b"[" * LARGEST_BODY),
        (JSON, b"9" * LARGEST_BODY),
        (JSON, b"[]"),
        (JSON, b"null"),
        (JSON, b""),
        (JSON, b"\xff"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_cannot_be_read_is_an_invalid_request(media_type: str, body: bytes) -> None:
    with pytest.raises(Denied) as caught:
        read_request(media_type, body)
    assert caught.value.error is TokenError.INVALID_REQUEST


@given(st.sampled_from([FORM, JSON]), st.binary(max_size=200))
@example(JSON, b'{"code":"\\u0000"}')
def test_nothing_else_is_raised_and_descriptions_are_plain(media_type: str, body: bytes) -> None:
    description = ""
    try:
        read_request(media_type, body)
    except Denied as denied:
        description = denied.description
    # RFC 6749, 5.2: the characters that a description may have.
    assert all(character.isascii() and character.isprintable() for character in description)
    assert not set('"\\') & set(description)
