"""`tramite mail`, against a service on a socket."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from services.delivery.commands import app
from shared.contracts.delivery import MessageDeferred
from tests.infrastructure.smtp import FarSide, Step
from tests.infrastructure.waiting import until
from tests.services.delivery.installation import Installation, describe_message

pytestmark = pytest.mark.req("R-MAIL-4")


@pytest.fixture
async def served(relaying: Installation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Installation]:
    """Give a service that answers HTTP on a port of its own, which the command is told of."""
    config = uvicorn.Config(relaying.app, host="127.0.0.1", port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started, "the HTTP door to open")
    port = server.servers[0].sockets[0].getsockname()[1]
    monkeypatch.setenv("TRAMITE_DELIVERY_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("TRAMITE_DATA_DIR", str(relaying.settings.data_dir))
    yield relaying
    server.should_exit = True
    await serving


async def _run(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


async def test_list_show_hold_and_retry(served: Installation, far_side: FarSide) -> None:
    far_side.always(Step.RCPT, "451 4.2.2 full")
    first, second = describe_message(), describe_message()
    for message in (first, second):
        await served.tell(await served.approve(message))
    await served.hear(MessageDeferred, 2)
    listed = await _run("queue", "--limit", "1")
    assert str(first.message_id) in listed.stdout
    assert "more: --after " in listed.stdout
    after = listed.stdout.split("--after ")[1].strip()
    assert str(second.message_id) in (await _run("queue", "--after", after)).stdout
    assert '"kind": "message"' in (await _run("show", str(first.message_id))).stdout
    assert "held" in (await _run("hold", str(first.message_id))).stdout
    assert str(first.message_id) in (await _run("queue", "--state", "held")).stdout
    assert "due now" in (await _run("retry", str(first.message_id))).stdout


async def test_what_is_not_there_is_said(served: Installation) -> None:
    result = await _run("show", str(uuid4()))
    assert served.port
    assert result.exit_code == 1
    assert "No mail in the queue" in result.stderr


async def test_a_service_that_does_not_run_is_said(relaying: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAMITE_DELIVERY_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TRAMITE_DATA_DIR", str(relaying.settings.data_dir))
    result = await _run("queue")
    assert result.exit_code == 1
    assert "is it running?" in result.stderr
