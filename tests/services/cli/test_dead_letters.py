import asyncio
import json
import re
from uuid import uuid4

import pytest

from services.cli import dead_letters
from services.cli.installation import load_service
from shared import inbox
from shared.contracts.facts import Sealed
from shared.contracts.gateway import PartyChanged
from shared.contracts.vocabulary import Role
from shared.events import encode_event
from tests.services.cli.command import Command


def bury(service: str, count: int) -> None:
    """Let a service have dead letters."""

    async def work() -> None:
        database = load_service(service).open_database()
        async with database.transaction() as session:
            for _ in range(count):
                party_id = f"b{uuid4().hex[:6]}"
                told = PartyChanged(
                    party_id=party_id, role=Role.BUYER, version=1, language="it", address=Sealed(box="1.k.x.y"),
                    sender_hashes=(),
                )  # fmt: skip
                await inbox.bury(session, encode_event(told, "gateway"), "NotYetKnown: seller in version 3", 8)
        await database.close()

    asyncio.run(work())


def list_ids(tramite: Command, *arguments: object) -> list[int]:
    return [int(line.split()[1]) for line in tramite("dead", "list", *arguments).out.splitlines()]


@pytest.fixture
def buried(tramite: Command) -> Command:
    """An installation in which the alias service has three dead letters."""
    assert dead_letters.app.registered_commands
    assert tramite("migrate").code == 0
    bury("alias", 3)
    return tramite


def test_before_the_first_migration_it_says_what_to_do(tramite: Command) -> None:
    outcome = tramite("dead", "list")
    assert (outcome.code, outcome.err) == (1, "the database is not migrated: run `tramite migrate`\n")


def test_a_list_names_service_event_key_and_cause(buried: Command) -> None:
    lines = buried("dead", "list").out.splitlines()
    assert len(lines) == 3
    assert re.match(
        r"alias +1  party\.changed\.v1 +b\w+  tries 8  \d{4}-.*  NotYetKnown: seller in version 3$", lines[0]
    )
    assert buried("dead", "list", "policy").out == ""


def test_a_list_comes_in_pages(buried: Command) -> None:
    assert list_ids(buried, "alias", "--limit", 2) == [1, 2]
    assert list_ids(buried, "alias", "--after", 2) == [3]


def test_one_letter_is_shown_with_attributes_and_sealed_data(buried: Command) -> None:
    shown = json.loads(buried("dead", "show", "alias", 2).out)
    assert shown["headers"]["ce_type"] == "party.changed.v1"
    assert json.loads(shown["value"])["address"] == {"box": "1.k.x.y"}
    missing = buried("dead", "show", "alias", 99)
    assert (missing.code, missing.err) == (1, "alias has no dead letter 99\n")


def test_retries_are_asked_for_one_by_one_or_all_together(buried: Command) -> None:
    assert buried("dead", "retry", "alias", 1, 99).out == "1 asked for\n"
    assert [line.endswith("(retry asked)") for line in buried("dead", "list").out.splitlines()] == [True, False, False]
    assert buried("dead", "retry", "alias", "--all").out == "3 asked for\n"


def test_a_retry_of_nothing_in_particular_is_refused(buried: Command) -> None:
    assert buried("dead", "retry", "alias").code == 2
    assert buried("dead", "retry", "postman", 1).code == 2
    assert buried("dead", "list", "postman").code == 2
