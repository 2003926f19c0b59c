"""`tramite mail`: the outbound queue of the running service, listed, shown, tried again, held, released."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import httpx2
import typer

from services.delivery.models import QueueState
from services.delivery.settings import Settings

app = typer.Typer(help="The outbound queue.", no_args_is_help=True)

_SECONDS = 10
MailId = Annotated[UUID, typer.Argument(metavar="ID")]


@app.command()
def queue(
    *,
    state: Annotated[list[QueueState] | None, typer.Option(help="waiting and held, if none is given")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Mails on a page")] = 50,
    after: Annotated[str | None, typer.Option(help="Where the page before ended")] = None,
    domain: Annotated[str | None, typer.Option(help="Only mails to recipients of this domain")] = None,
    older: Annotated[int | None, typer.Option(min=1, help="Only mails queued so many minutes ago or more")] = None,
) -> None:
    """List mails in order of queueing: id, kind, state, tries, when due, where to, what the next hop said last."""
    query: dict[str, Any] = {"limit": limit, "state": [word.value for word in state or ()]}
    until = (datetime.now(UTC) - timedelta(minutes=older)).isoformat() if older else None
    filters = {"after": after, "domain": domain, "until": until}
    page = _ask("GET", "/internal/queue", query | {name: value for name, value in filters.items() if value})
    for mail in page["items"]:
        typer.echo(
            f"{mail['id']}  {mail['kind']:8} {mail['state']:10} tries {mail['attempts']:<3} "
            f"due {mail['due_at'][:19]}  {mail['domain'] or 'sealed'}  {mail['last_reply']}"
        )
    if page["next"]:
        typer.echo(f"more: --after {page['next']}")


@app.command()
def show(mail_id: MailId) -> None:
    """Show one mail of the queue and what operators did with it (its recipient and what it says are sealed)."""
    typer.echo(json.dumps(_ask("GET", f"/internal/queue/{mail_id}"), indent=2))


@app.command()
def retry(mail_id: MailId) -> None:
    """Try a waiting or held mail now."""
    typer.echo(f"{_change(mail_id, 'retry')}: due now")


@app.command()
def hold(mail_id: MailId) -> None:
    """Keep a mail from being sent until `release` or `retry`."""
    typer.echo(_change(mail_id, "hold"))


@app.command()
def release(mail_id: MailId) -> None:
    """Let a held mail go on at its own time."""
    typer.echo(_change(mail_id, "release"))


def _change(mail_id: UUID, action: str) -> str:
    return str(_ask("POST", f"/internal/queue/{mail_id}/{action}", body={"by": "command line"})["state"])


def _ask(
    method: str, path: str, query: dict[str, Any] | None = None, body: dict[str, str] | None = None
) -> dict[str, Any]:
    """Ask the running service; ends the command with a sentence when it does not answer or refuses."""
    settings = Settings()
    headers = {"Authorization": f"Bearer {settings.internal_token()}"}
    try:
        with httpx2.Client(base_url=settings.url, headers=headers, timeout=_SECONDS) as client:
            response = client.request(method, path, params=query or {}, json=body)
            answer: dict[str, Any] = response.json()
    except (httpx2.HTTPError, ValueError):
        typer.echo(f"the delivery service does not answer at {settings.url}; is it running?", err=True)
        raise typer.Exit(1) from None
    if not response.is_success:
        typer.echo(str(answer.get("detail", response.status_code)), err=True)
        raise typer.Exit(1)
    return answer
