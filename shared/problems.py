"""Problem documents (RFC 9457): how every `/v1` path says that something is wrong, and what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared import tracing

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 50
_LONGEST_NAME = 64
_LIMITS = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """Something the caller should know about, with the HTTP status it becomes.

    Subclasses live beside what raises them and set `slug`, `title` and `status`; further members of the document
    are given by keyword. The detail never quotes what the caller sent.
    """

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, **members: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers
        self.members = members


class NotFound(Problem):
    """Nothing here has this id, or it is not yours to see."""

    slug = "not-found"
    title = "Not found"
    status = HTTPStatus.NOT_FOUND


class Conflict(Problem):
    """The request contradicts what is already so."""

    slug = "conflict"
    title = "Conflict"
    status = HTTPStatus.CONFLICT


class Unauthenticated(Problem):
    """No token, or one that is not valid any more."""

    slug = "unauthenticated"
    title = "Authentication needed"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """The caller is known but may not do this."""

    slug = "forbidden"
    title = "Not allowed"
    status = HTTPStatus.FORBIDDEN


class BadRequest(Problem):
    """The request cannot be read."""

    slug = "bad-request"
    title = "Bad request"
    status = HTTPStatus.BAD_REQUEST


class Invalid(Problem):
    """The request can be read but its content does not validate; `errors` names the fields."""

    slug = "invalid"
    title = "Invalid content"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    @classmethod
    def of(cls, field: str, message: str) -> "Invalid":
        """Build the problem for one field."""
        return cls(f"{field}: {message}", errors=[{"field": field, "message": message}])


class Unavailable(Problem):
    """A part of the service that this needs does not answer now."""

    slug = "unavailable"
    title = "Temporarily unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


def render_problem(
    status: int, slug: str, title: str, detail: str, members: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the problem document; `type` is relative to the API's own address."""
    document: dict[str, object] = {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail}
    if trace_id := tracing.current_trace_id():
        document["trace_id"] = trace_id
    return document | dict(members or {})


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app`, the framework's own included, a problem document."""
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)


def document_problems(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may raise `problems`, for OpenAPI."""
    return {int(problem.status): {"description": problem.title, "content": {MEDIA_TYPE: {}}} for problem in problems}


def _respond(document: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(document, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def _answer_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for nothing else
    document = render_problem(error.status, error.slug, error.title, error.detail, error.members)
    return _respond(document, error.status, error.headers)


def _answer_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    errors = _name_fields(error.errors())
    if any(item["type"] == "json_invalid" for item in error.errors()):
        detail = "The body is not JSON. Send one JSON object, UTF-8 encoded."
        return _respond(render_problem(400, "malformed-json", "Malformed JSON", detail, {"errors": errors}), 400)
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in errors[:5])
    return _respond(render_problem(422, "invalid", "Invalid content", detail, {"errors": errors}), 422)


def _name_fields(errors: Sequence[Any]) -> list[dict[str, str]]:
    return [{"field": _name_field(item["loc"]), "message": _tell(item)} for item in errors[:_MOST_ERRORS]]


def _tell(item: Mapping[str, Any]) -> str:
    """Return what is wrong; of a string that other checks come before, pydantic would count "items"."""
    limit = _LIMITS.get(item["type"])
    if limit is None or not isinstance(item["input"], str):
        return str(item["msg"])
    said, name = limit
    number = item["ctx"][name]
    return f"String should have {said} {number} character{'' if number == 1 else 's'}"


def _name_field(place: Sequence[object]) -> str:
    return ".".join(_name_part(part) for part in place if part != "body") or "body"


def _name_part(part: object) -> str:
    """Write a part of a field's place. Names of unknown fields are the caller's: cut short, made printable."""
    name = str(part)[:_LONGEST_NAME]
    return "".join(character if character.isprintable() else "?" for character in name)


def _answer_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    title = HTTPStatus(error.status_code).phrase
    slug = title.lower().replace(" ", "-")
    return _respond(render_problem(error.status_code, slug, title, str(error.detail)), error.status_code, error.headers)


def _answer_unexpected(_request: Request, _error: Exception) -> JSONResponse:
    detail = "Something broke on our side; nothing was stored. Try again, and tell the operator the trace id."
    return _respond(render_problem(500, "internal", "Internal error", detail), 500)
