import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jsonschema
import pytest

from shared.contracts.asyncapi import describe_bus
from shared.contracts.gateway import MessageMarked
from shared.contracts.schemas import OWNERS, list_contracts
from shared.contracts.vocabulary import Mark, Role
from shared.events import encode_event


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe_bus(list_contracts())


def list_references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for value in node.values():
            yield from list_references(value)
    elif isinstance(node, list):
        for value in node:
            yield from list_references(value)


def follow(document: dict[str, Any], reference: str) -> object:
    place: Any = document
    for part in reference.removeprefix("#/").split("/"):
        place = place[part]
    return place


def test_a_channel_for_each_owner_and_a_message_for_each_event(document: dict[str, Any]) -> None:
    assert list(document["channels"]) == [f"{owner}.events" for owner in OWNERS]
    told = [name for channel in document["channels"].values() for name in channel["messages"]]
    assert told == [contract.type for contract in list_contracts()]
    assert set(document["components"]["messages"]) == set(told)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(list_references(document))
    assert len(references) > 30
    assert all(follow(document, reference) is not None for reference in references)


def test_a_real_record_is_as_the_document_says(document: dict[str, Any]) -> None:
    told = MessageMarked(
        message_id=uuid4(), thread_id=uuid4(), seller_id="s", marketplace_id="m", by=Role.SELLER, mark=Mark.REPORTED,
        marked_at=datetime.now(UTC),
    )  # fmt: skip
    record = encode_event(told, "gateway")
    message = document["components"]["messages"][record.event_type]
    headers = follow(document, message["traits"][0]["$ref"])["headers"]  # type: ignore[index]  # the document is JSON
    jsonschema.validate(dict(record.headers), headers)
    schema = {**follow(document, message["payload"]["$ref"]), "components": document["components"]}  # type: ignore[dict-item]  # see above
    jsonschema.validate(json.loads(record.value), schema)
    assert record.event_type in document["channels"][record.topic]["messages"]
