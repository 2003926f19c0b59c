"""`tramite mail`: the outbound queue of the running service, listed, shown, tried again, held."""

import json
from typing import Annotated, Any
from uuid import UUID

import httpx2
import typer

from services.delivery.models import QueueState
from services.delivery.settings import Settings

app = typer.Typer(no_args_is_help=True)

_SECONDS = 10
MailId = Annotated[UUID, typer.Argument(metavar="ID")]


@app.command()
def queue(
    *,
    state: Annotated[list[QueueState] | None, typer.Option(help="waiting and held, if none is given")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Mails on a page")] = 50,
    after: Annotated[str | None, typer.Option(help="Where the page before ended")] = None,
) -> None:
    """List mails in order of queueing: id, kind, state, tries, when due, what the next hop said last."""
    query: dict[str, Any] = {"limit": limit, "state": [word.value for word in state or ()]}
    page = _ask("GET", "/internal/queue", query | ({"after": after} if after else {}))
    for mail in page["mails"]:
        typer.echo(
            f"{mail['id']}  {mail['kind']:8} {mail['state']:10} tries {mail['attempts']:<3} "
            f"due {mail['due_at'][:19]}  {mail['last_reply']}"
        )
    if page["next"]:
        typer.echo(f"more: --after {page['next']}")


@app.command()
def show(mail_id: MailId) -> None:
    """Show one mail of the queue (whom it goes to and what it says is sealed)."""
    typer.echo(json.dumps(_ask("GET", f"/internal/queue/{mail_id}"), indent=2))


@app.command()
def retry(mail_id: MailId) -> None:
    """Try a waiting or held mail now."""
    typer.echo(f"{_ask('POST', f'/internal/queue/{mail_id}/retry')['state']}: due now")


@app.command()
def hold(mail_id: MailId) -> None:
    """Keep a mail from being sent until `retry`."""
    typer.echo(_ask("POST", f"/internal/queue/{mail_id}/hold")["state"])


def _ask(method: str, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask the running service; ends the command with a sentence when it does not answer or refuses."""
    settings = Settings()
    headers = {"Authorization": f"Bearer {settings.internal_token()}"}
    try:
        with httpx2.Client(base_url=settings.url, headers=headers, timeout=_SECONDS) as client:
            response = client.request(method, path, params=query or {})
            answer: dict[str, Any] = response.json()
    except (httpx2.HTTPError, ValueError):
        typer.echo(f"the delivery service does not answer at {settings.url}; is it running?", err=True)
        raise typer.Exit(1) from None
    if not response.is_success:
        typer.echo(str(answer.get("detail", response.status_code)), err=True)
        raise typer.Exit(1)
    return answer
