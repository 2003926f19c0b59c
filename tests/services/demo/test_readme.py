"""What the README tells people to type, typed."""

import asyncio
import re
import sys
from pathlib import Path

import pytest
import typer.main

from services.cli.main import app
from tests.services.demo.conftest import Demo

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
SECTIONS = ("## Sending a message", "## Shipments and refunds")


def list_blocks() -> list[str]:
    texts = (README.partition(title)[2].partition("\n## ")[0] for title in SECTIONS)
    return [block for text in texts for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]


@pytest.mark.timeout(180)
@pytest.mark.req("R-MAIL-1", "R-CONTACT-5", "R-ORDER-3")
async def test_the_commands_of_the_sections_for_sellers_work(demo: tuple[Demo, str]) -> None:
    running, _ = demo
    content = running.read_file()
    script = "set -euo pipefail\n" + "\n".join(list_blocks())
    script = script.replace("http://127.0.0.1:8000", content["base_url"]).replace(".venv/bin/python", sys.executable)
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", script, cwd=running.folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    shown = out.decode()
    assert '"status":"approved"' in shown
    assert '"verdict":"rejected"' in shown
    assert '"rule":"content.promotion"' in shown
    assert '"state":"done","rows":2,"rows_done":2,"progress":1.0,"recorded":1,"unchanged":0,"refused":1' in shown
    assert '"row":3,"order_id":"404-0000000-0000099","field":"order_id"' in shown


def test_every_command_it_names_exists() -> None:
    commands = re.findall(r"^\| `tramite ([a-z-]+)", README, re.MULTILINE)
    assert len(commands) >= 8
    command = typer.main.get_group(app)
    assert set(commands) <= set(command.list_commands(command.context_class(command)))


def test_every_file_it_names_is_there() -> None:
    named = re.findall(r"`((?:docs|deploy|services|shared|tests)/[\w./-]*|[A-Z]+\.md|docker-compose\.yml)`", README)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
