"""The route of access tokens. What the request shows is all the right there is."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from services.gateway.apps import granting
from services.gateway.apps.errors import Denied
from services.gateway.apps.schemas import DenialAnswer, GrantAnswer, TokenRequest
from services.gateway.apps.token_request import read_request
from services.gateway.context import Context

PATH = "/auth/o2/token"
router = APIRouter(tags=["apps"])
# RFC 6749, 5.1: no cache keeps what is answered here.
_HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_SCHEMA = {"schema": TokenRequest.model_json_schema()}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": _SCHEMA, "application/json": _SCHEMA},
    }
}


@router.post(
    PATH,
    summary="Get an access token",
    response_model=GrantAnswer,
    responses={400: {"model": DenialAnswer}, 401: {"model": DenialAnswer}},
    openapi_extra=_BODY,
)
async def post_token(request: Request, gateway: Context) -> JSONResponse:
    """Give an access token, good for an hour, for a refresh token, a code, or an app's own credentials (RFC 6749).

    Send it as `Authorization: Bearer` or as `x-amz-access-token`.
    """
    try:
        asked = read_request(request.headers.get("content-type", ""), await request.body())
        granted = await granting.answer(gateway.database, asked)
    except Denied as denied:
        told = DenialAnswer(error=denied.error, error_description=denied.description)
        return JSONResponse(told.model_dump(), status_code=denied.status, headers=_HEADERS)
    return JSONResponse(granted.model_dump(exclude_none=True), headers=_HEADERS)
