"""Reading what apps send to the token endpoint: a form or JSON, bounded."""

import json
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from services.gateway.apps.errors import Denied, TokenError
from services.gateway.apps.schemas import TokenRequest

LARGEST_BODY = 16 * 1024
_MOST_FIELDS = 50
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


def read_request(content_type: str, body: bytes) -> TokenRequest:
    """Return what is asked; raises `Denied`. `body` holds `LARGEST_BODY` bytes at most."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in (_FORM, _JSON):
        raise Denied(TokenError.INVALID_REQUEST, f"Send {_FORM} or {_JSON}.")
    try:
        sent = _read_form(body) if media_type == _FORM else json.loads(body, object_pairs_hook=_refuse_repeated)
        return TokenRequest.model_validate(sent)
    except ValidationError as error:
        named = ", ".join(str(part["loc"][0]) for part in error.errors() if part["loc"])
        description = f"Not a text of 2048 characters at most: {named}." if named else "The body is no object."
        raise Denied(TokenError.INVALID_REQUEST, description) from None
    # UnicodeDecodeError and JSONDecodeError are ValueErrors; nesting too deep is a RecursionError.
    except (ValueError, RecursionError):
        description = "The body cannot be read, or names a field twice."
        raise Denied(TokenError.INVALID_REQUEST, description) from None


def _read_form(body: bytes) -> dict[str, Any]:
    pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    return _refuse_repeated(pairs)


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # One reader may take the first and another the last (RFC 6749, 3.2).
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field comes twice")
    return fields
