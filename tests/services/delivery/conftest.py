"""Fixtures of the delivery service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.infrastructure.smtp import FarSide
from tests.services.delivery.installation import Installation


@pytest.fixture
async def delivery(tmp_path: Path) -> AsyncIterator[Installation]:
    """Give a running service that writes Maildirs."""
    async with Installation(tmp_path).running() as installation:
        yield installation


@pytest.fixture
async def relaying(tmp_path: Path, far_side: FarSide) -> AsyncIterator[Installation]:
    """Give a running service that sends to the far side."""
    async with Installation(tmp_path, smtp_relay=f"{far_side.url}?starttls=never").running() as installation:
        yield installation
