"""Routes of links. The token in the path is all the right there is: to one thing, until it expires."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from services.gateway.context import Context, Gateway
from services.gateway.links import service
from services.gateway.links.errors import UselessLink
from services.gateway.links.pages import write_page
from services.gateway.links.service import Subject
from shared.links import TOKEN_LETTERS, Link

# Pages for people, no part of the API.
router = APIRouter(prefix="/links", default_response_class=HTMLResponse, include_in_schema=False)
Token = Annotated[str, Path(max_length=TOKEN_LETTERS * 2)]
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STATUS = {"expired": 410, "unknown": 404}


@router.head("/{token}")
@router.get("/{token}")
async def show(token: Token, gateway: Context) -> HTMLResponse:
    """Show what the link is for, and a button. Nothing happens yet, whoever follows it: scanners look at every link."""
    try:
        link = _read(gateway, token)
        async with gateway.database.reading() as session:
            subject = await service.find_subject(session, link, datetime.now(UTC))
    except UselessLink as useless:
        return _answer_useless(useless)
    return _answer(write_page(link.purpose.name.lower(), subject))


@router.post("/{token}")
async def act(token: Token, gateway: Context) -> HTMLResponse:
    """Do what the link is for, once; again shows the same page and changes nothing."""
    try:
        link = _read(gateway, token)
        async with gateway.database.transaction() as session:
            subject = await service.act(session, gateway, link, datetime.now(UTC))
    except UselessLink as useless:
        return _answer_useless(useless)
    return _answer(write_page(f"{link.purpose.name.lower()}_done", subject))


def _read(gateway: Gateway, token: str) -> Link:
    link = gateway.links.read(token)
    if link is None:
        raise UselessLink("unknown")
    return link


def _answer(page: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(page, status_code=status, headers=_HEADERS)


def _answer_useless(useless: UselessLink) -> HTMLResponse:
    page = write_page(useless.outcome, Subject(useless.language, ""))
    return _answer(page, _STATUS[useless.outcome])
