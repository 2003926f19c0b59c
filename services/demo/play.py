"""The demo in the terminal: records the made-up marketplace, plays the conversation, says where everything is."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from services.cli.installation import load_settings, read_port
from services.demo.doors import Doors, NeverCame, Refused, open_doors
from services.demo.journey import Journey
from services.demo.mailboxes import MaildirMailboxes
from services.demo.market import (
    APP,
    APP_NAME,
    APP_SCOPES,
    APP_SELLER,
    BUYERS,
    MARKETPLACE,
    MARKETPLACE_ID,
    SELLERS,
    SITUATIONS,
)

_WIDTH = 58


async def play_once() -> None:
    """Record the demo marketplace; play the conversation unless an earlier start of this installation did."""
    await play(again=False)


async def play(*, again: bool = True) -> None:
    """Record the demo marketplace and play its conversation; writes `<data_dir>/demo.json`."""
    place = Place.find()
    try:
        async with open_doors(place.base_url, place.smtp, MaildirMailboxes(place.mail)) as doors:
            await _play(doors, place, again=again)
    except (NeverCame, Refused) as error:
        typer.echo(f"\nThe demo stopped: {error}", err=True)


class Place:
    """Where the installation of this folder's settings is, and what an earlier demo left."""

    def __init__(self, base_url: str, smtp: tuple[str, int], data_dir: Path, operator: str) -> None:
        self.base_url = base_url
        self.smtp = smtp
        self.operator = operator
        self.mail = data_dir / "mail"
        self.file = data_dir / "demo.json"
        self.earlier: dict[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}

    @classmethod
    def find(cls) -> "Place":
        """Read it from the settings."""
        gateway: Any = load_settings("gateway")()
        delivery: Any = load_settings("delivery")()
        host = f"http://{gateway.http_host}:{read_port(gateway)}"
        smtp = (delivery.smtp_host, delivery.smtp_port)
        return cls(host, smtp, gateway.data_dir, gateway.operator_secret())

    def write(self, content: dict[str, Any]) -> None:
        """Write the file that scripts drive the demo by; tokens are in it, so it is its owner's only."""
        draft = self.file.with_suffix(".tmp")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        draft.replace(self.file)


async def _play(doors: Doors, place: Place, *, again: bool) -> None:
    played = int(place.earlier.get("played", 0))
    typer.echo("\nTramite is up. Recording the demo marketplace …")
    content = await _record(doors, place)
    if again or not played:
        journey = Journey(doors, place.operator, edition=played, tokens=_known_tokens(content))
        number = 0
        async for step in journey.play():
            number += 1
            typer.echo(f"{number:3}. {step.title:{_WIDTH}} {step.seconds * 1000:7.0f} ms")
            for detail in step.details:
                typer.echo(f"       {detail}")
        played += 1
    else:
        typer.echo("The conversation was played at an earlier start; `tramite demo` plays it again.")
    place.write({**content, "played": played})
    _say_where(place)


async def _record(doors: Doors, place: Place) -> dict[str, Any]:
    """Record marketplace, parties and orders; return what `demo.json` says."""
    now = datetime.now(UTC).replace(microsecond=0)
    call = doors.call
    await call("PUT", f"/v1/marketplaces/{MARKETPLACE_ID}", place.operator, MARKETPLACE)
    await asyncio.gather(
        *(call("PUT", f"/v1/sellers/{name}", place.operator, body) for name, body in SELLERS.items()),
        *(call("PUT", f"/v1/buyers/{name}", place.operator, body) for name, body in BUYERS.items()),
    )
    if not place.earlier:
        rows = [{"order_id": order.order_id(), **order.body(now)} for order in SITUATIONS]
        imported = await call("POST", "/v1/orders:import", place.operator, {"orders": rows})
        if imported["refused"]:
            raise Refused(f"orders: {[row for row in imported['rows'] if row['problem']]}")
    tokens = place.earlier.get("tokens") or await _make_tokens(doors, place)
    app = place.earlier.get("apps", {}).get(APP) or await _make_app(doors, place)
    return {
        "base_url": place.base_url,
        "smtp": {"host": place.smtp[0], "port": place.smtp[1]},
        "mail_dir": str(place.mail.resolve()),
        "marketplace_id": MARKETPLACE_ID,
        "tokens": tokens,
        "apps": {APP: {**app, "token_url": f"{place.base_url}/auth/o2/token"}},
        "addresses": {
            "sellers": {name: body["sender_addresses"] for name, body in SELLERS.items()},
            "buyers": {name: body["address"] for name, body in BUYERS.items()},
        },
        "orders": {order.name: order.order_id() for order in SITUATIONS},
    }


async def _make_tokens(doors: Doors, place: Place) -> dict[str, Any]:
    async def make(role: str, subject: str) -> str:
        body = {"role": role, "subject": subject, "label": "demo"}
        made = await doors.call("POST", "/v1/tokens", place.operator, body)
        return str(made["token"])

    return {
        "operator": place.operator,
        "sellers": {name: await make("seller", name) for name in SELLERS},
        "buyers": {name: await make("buyer", name) for name in BUYERS},
    }


async def _make_app(doors: Doors, place: Place) -> dict[str, str]:
    """Register the app and authorise it; return what it needs to work."""
    app = await doors.call("POST", "/v1/apps", place.operator, {"name": APP_NAME})
    body = {"seller_id": APP_SELLER, "scopes": APP_SCOPES}
    made = await doors.call("POST", f"/v1/apps/{app['client_id']}/authorisations", place.operator, body)
    return {
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "refresh_token": made["refresh_token"],
        "seller": APP_SELLER,
    }


def _known_tokens(content: dict[str, Any]) -> dict[str, str]:
    return {**content["tokens"]["sellers"], **content["tokens"]["buyers"]}


def _say_where(place: Place) -> None:
    host, port = place.smtp
    typer.echo(
        f"""
API             {place.base_url}/docs
SMTP door       {host}:{port}
Mailboxes       {place.mail}/<address>/new
Measures        {place.base_url}/metrics, and the same path on ports 8001 to 8004
Tokens, apps    {place.file}
Log             {place.file.with_name("tramite.log")}

Ctrl-C stops everything; the next start keeps the data."""
    )
