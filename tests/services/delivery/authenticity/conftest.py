"""Fixtures: a name server, and a domain that publishes everything."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.delivery.outbound.signing import Signer
from tests.services.delivery.authenticity.name_server import NameServer, serve_names
from tests.services.delivery.outbound.test_signing import write_key

GOOD = "casa-rossi.example"
BARE = "posta-nuda.example"


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """Give a running name server."""
    async with serve_names() as server:
        yield server


@pytest.fixture
def signer(names: NameServer, tmp_path: Path) -> Signer:
    """Give the keys of a domain that publishes SPF for 192.0.2.0/24, DKIM and DMARC."""
    folder = tmp_path / "senders-keys"
    folder.mkdir()
    record = write_key(folder, "s1", GOOD).decode()
    names.publish(
        {
            (GOOD, "TXT"): "v=spf1 ip4:192.0.2.0/24 -all",
            (f"s1._domainkey.{GOOD}", "TXT"): record,
            (f"_dmarc.{GOOD}", "TXT"): "v=DMARC1; p=none",
        }
    )
    return Signer.of(folder)
