import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.contracts.delivery import MailReceived
from shared.contracts.gateway import MessageSubmitted
from shared.contracts.schemas import (
    DOCS,
    check_files,
    describe_contract,
    find_breaks,
    list_contracts,
    main,
    render_files,
    write_files,
)
from shared.events import Event

Change = Callable[[dict[str, Any]], object]
SUBMITTED = describe_contract(MessageSubmitted)


def changed(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(SUBMITTED)
    change(schema)
    return schema


def facts(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"]["MessageFacts"]
    return found


def test_committed_contracts_hold_and_are_current() -> None:
    assert check_files() == [], "run `python -m shared.contracts.schemas --write`"


def test_every_event_of_the_project_has_its_file() -> None:
    types = [contract.type for contract in list_contracts()]
    assert len(types) == len(set(types)) >= 15
    assert {path.stem for path in (DOCS / "events").glob("*.json")} == set(types)
    assert all(
        contract in list_contracts() for contract in Event.__subclasses__() if contract.__module__.startswith("shared.")
    )


@pytest.mark.parametrize("contract", list_contracts(), ids=lambda contract: contract.type)
def test_a_schema_is_one_and_its_key_is_a_field(contract: type[Event]) -> None:
    schema = describe_contract(contract)
    jsonschema.Draft202012Validator.check_schema(schema)
    place = schema
    for name in contract.keyed_by.split("."):
        assert name in place["required"]
        place = place["properties"][name]
        place = schema["$defs"][place["$ref"].rpartition("/")[2]] if "$ref" in place else place
    assert contract.topic.split(".")[0] in contract.__module__
    assert contract.type.endswith(".v1")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: s["properties"].pop("content"), "content: removed"),
        (lambda s: facts(s)["properties"].pop("order_id"), "message.order_id: removed"),
        (
            lambda s: s["properties"].update(mood={"type": "string"}) or s["required"].append("mood"),
            "mood: required now",
        ),
        (lambda s: facts(s)["required"].append("presale"), "message.presale: required now"),
        (lambda s: facts(s)["properties"]["presale"].update(type="string"), "message.presale: type changed"),
        (lambda s: facts(s)["properties"]["buyer_id"].update(maxLength=5), "message.buyer_id: maxLength changed"),
        (lambda s: facts(s)["properties"]["message_id"].pop("format"), "message.message_id: format changed"),
        (
            lambda s: facts(s)["properties"]["buyer_id"].update(anyOf=[{"type": "string"}, {"type": "null"}]),
            "message.buyer_id: anyOf changed",
        ),
        (lambda s: s["$defs"]["Reason"]["enum"].remove("warranty"), "message.reason.anyOf[0]: 'warranty' removed"),
        (lambda s: s["$defs"]["Channel"].pop("enum"), "message.channel: enum changed"),
        (lambda s: s.update({"x-topic": "other.events"}), "event: x-topic changed"),
        (lambda s: s.update({"x-key": "message.buyer_id"}), "event: x-key changed"),
    ],
)
def test_what_others_could_not_live_with_is_refused(change: Change, complaint: str) -> None:
    assert complaint in find_breaks(SUBMITTED, changed(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda s: s["properties"].update(mood={"type": "string", "default": ""}),
        lambda s: facts(s)["properties"].update(mood={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        lambda s: s["$defs"]["Reason"]["enum"].append("birthday"),
        lambda s: s["$defs"].update(Mood={"type": "string"}),
        lambda s: s.update(description="Said better.", title="Submitted"),
        lambda s: facts(s)["properties"]["presale"].update(description="Before any order"),
        lambda s: facts(s)["required"].remove("language"),
    ],
)
def test_additions_and_remarks_pass(change: Change) -> None:
    assert find_breaks(SUBMITTED, changed(change)) == []


def test_a_definition_that_only_got_another_name_is_the_same() -> None:
    renamed = json.loads(json.dumps(SUBMITTED).replace("MessageFacts", "FactsOfMessage"))
    assert find_breaks(SUBMITTED, renamed) == []


def test_a_schema_that_refers_to_itself_is_compared_to_the_end() -> None:
    tree = {"$defs": {"T": {"properties": {"t": {"$ref": "#/$defs/T"}, "n": {"type": "string"}}}}, "$ref": "#/$defs/T"}
    other = json.loads(json.dumps(tree).replace("string", "integer"))
    assert find_breaks(tree, tree) == []
    assert find_breaks(tree, other) == ["n: type changed"]


def test_writing_brings_files_up_to_date_and_may_be_repeated(tmp_path: Path) -> None:
    assert main(["--docs", str(tmp_path)]) == 1
    assert main(["--docs", str(tmp_path), "--write"]) == 0
    assert main(["--docs", str(tmp_path)]) == 0
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")} == set(render_files())


def test_writing_refuses_to_break_what_is_committed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write_files(tmp_path) == []
    file = tmp_path / "events" / f"{MailReceived.type}.json"
    before = json.loads(file.read_text())
    before["properties"]["colour"] = {"type": "string"}
    file.write_text(json.dumps(before))
    gone = tmp_path / "events" / "mail.sent.v1.json"
    gone.write_text("{}")
    assert main(["--docs", str(tmp_path), "--write"]) == 1
    said = capsys.readouterr().out
    assert "events/mail.received.v1.json: colour: removed" in said
    assert "events/mail.sent.v1.json: this event is gone" in said
    assert "colour" in file.read_text()
