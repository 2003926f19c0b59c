"""`tramite keys`: master keys for sealing personal data, and their rotation."""

import typer

from shared.crypto import generate_key

app = typer.Typer(help="Master keys.", no_args_is_help=True)


@app.command()
def new(key_id: str = typer.Argument("k2", help="Letters and digits; boxes name it for ever")) -> None:
    """Print a new master key. Put it first in TRAMITE_MASTER_KEYS and restart services one by one.

    The keys behind it go on opening what they sealed.
    """
    if not key_id.isalnum():
        raise typer.BadParameter("use letters and digits only", param_hint="KEY_ID")
    typer.echo(f"{key_id}:{generate_key()}")
