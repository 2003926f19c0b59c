# noqa: INP001 - a script that stands alone, no module of a package
"""Write `.env` for docker-compose.yml: the page beside this file with fresh secrets. Needs Python and nothing else.

    python3 deploy/env/write_env.py [FILE]

FILE (`.env` beside docker-compose.yml if none is named) is made readable by its owner only. One that exists is left
as it is: its keys may have sealed what nothing else opens.
"""

import base64
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

EXAMPLE = Path(__file__).with_name("example.env")
USUAL_PLACE = Path(__file__).parents[2] / ".env"


def draw_key() -> str:
    """Draw a key of 32 bytes, in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def draw_password() -> str:
    """Draw 192 bits in letters and digits, which mean the same in an address."""
    return secrets.token_hex(24)


SECRETS: Mapping[str, Callable[[], str]] = {
    "TRAMITE_MASTER_KEYS": lambda: f"k1:{draw_key()}",
    "TRAMITE_LOOKUP_KEY": draw_key,
    "TRAMITE_SERVICE_TOKEN": draw_password,
    "TRAMITE_OPERATOR_TOKEN": lambda: f"trm_{draw_password()}",
}


def fill(page: str) -> str:
    """Return the page with a secret drawn for every variable that it leaves empty."""
    return "".join(_fill_line(line) for line in page.splitlines(keepends=True))


def _fill_line(line: str) -> str:
    name, equals, value = line.partition("=")
    if line.startswith("#") or not equals or value.strip():
        return line
    return f"{name}={SECRETS.get(name, draw_password)()}\n"


def main(arguments: Sequence[str]) -> str:
    """Write the file and say so; ends with a sentence where there is one already."""
    place = Path(arguments[0]) if arguments else USUAL_PLACE
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SystemExit(f"{place} exists and stays as it is") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(fill(EXAMPLE.read_text(encoding="utf-8")))
    return f"{place} is written; keep a copy of it where the database's backups are not\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
