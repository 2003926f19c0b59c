"""The AsyncAPI 3 document of the bus: a channel per topic, a message per event, made from the events' own models."""

from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events import SPEC_VERSION, Event

_SCHEMAS = "#/components/schemas/"
_TEXT = {"type": "string"}


def describe_bus(contracts: Sequence[type[Event]]) -> dict[str, Any]:
    """Return the document. Channels are named by topic, messages by the event's type."""
    pairs = [(contract, "validation") for contract in contracts]
    _, definitions = models_json_schema(pairs, ref_template=f"{_SCHEMAS}{{model}}")  # type: ignore[arg-type]  # a tuple's second part is a literal
    topics = list(dict.fromkeys(contract.topic for contract in contracts))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tramite events",
            "version": "1.0.0",
            "description": "What the services tell each other. An event's type names its version; changes only add.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic: _describe_channel(topic, contracts) for topic in topics},
        "operations": {f"tell.{topic}": _describe_operation(topic, contracts) for topic in topics},
        "components": {
            "messages": {contract.type: _describe_message(contract) for contract in contracts},
            "messageTraits": {"cloudEvent": {"headers": _describe_headers()}},
            "schemas": definitions["$defs"],
        },
    }


def _describe_channel(topic: str, contracts: Sequence[type[Event]]) -> dict[str, Any]:
    return {
        "address": topic,
        "description": f"All that the {topic.partition('.')[0]} service tells; events of one key keep their order.",
        "messages": {
            contract.type: {"$ref": f"#/components/messages/{contract.type}"}
            for contract in contracts
            if contract.topic == topic
        },
    }


def _describe_operation(topic: str, contracts: Sequence[type[Event]]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [
            {"$ref": f"#/channels/{topic}/messages/{contract.type}"}
            for contract in contracts
            if contract.topic == topic
        ],
    }


def _describe_message(contract: type[Event]) -> dict[str, Any]:
    return {
        "name": contract.type,
        "summary": (contract.__doc__ or "").strip().partition("\n")[0],
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"{_SCHEMAS}{contract.__name__}"},
        "bindings": {"kafka": {"key": {**_TEXT, "description": f"The event's `{contract.keyed_by}`"}}},
    }


def _describe_headers() -> dict[str, Any]:
    """Return the headers' schema: CloudEvents' Kafka binding in binary mode, and W3C Trace Context."""
    return {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"],
        "properties": {
            "ce_specversion": {"const": SPEC_VERSION},
            "ce_id": {**_TEXT, "maxLength": 200, "description": "Names the event for ever; readers know repeats by it"},
            "ce_type": {**_TEXT, "description": "The message's name, such as `message.submitted.v1`"},
            "ce_source": {**_TEXT, "description": "The telling service: `/tramite/<name>`"},
            "ce_time": {**_TEXT, "format": "date-time", "description": "When it was told, UTC"},
            "content-type": {"const": "application/json"},
            "traceparent": {**_TEXT, "description": "W3C Trace Context, empty where there is no trace"},
        },
    }
