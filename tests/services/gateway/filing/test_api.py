"""Folders, labels, priority, archive and deletion through the API."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.gateway.live import store as live
from services.gateway.live.domain import Audience
from shared.contracts.vocabulary import Direction, identify_thread
from tests.services.gateway.apps.registered import let_in
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import (
    BUYER,
    MARKETPLACE,
    OTHER_BUYER,
    OTHER_ORDER,
    OTHER_SELLER,
    SELLER,
    THREAD,
    order_body,
    saying,
)

pytestmark = pytest.mark.req("R-INBOX-2")
PATH = f"/v1/threads/{THREAD}"
SECOND = identify_thread(MARKETPLACE, SELLER, OTHER_BUYER)
SECOND_ORDER = "111-0000002-0000002"


async def write_both(running: Running) -> None:
    """Let the seller have two threads, the second with the newer message."""
    await running.world.ok("operator", "PUT", f"/v1/orders/{SECOND_ORDER}", order_body(buyer_id=OTHER_BUYER))
    await running.world.send()
    await running.world.send(order_id=SECOND_ORDER)


async def hear(running: Running, text: str = "Buongiorno, la preferisco blu.") -> UUID:
    """Let the buyer's mail come in and pass."""
    message = await running.receive(saying(text), Direction.BUYER_TO_SELLER)
    await running.approve(message)
    return message


async def make(running: Running, name: str, parent: str | None = None) -> str:
    made = await running.world.ok(SELLER, "POST", "/v1/folders", {"name": name, "parent_id": parent})
    return str(made["id"])


async def change(running: Running, path: str = PATH, **fields: Any) -> None:  # noqa: ANN401 - any field of the body
    await running.world.ok(SELLER, "PATCH", path, fields)


async def listed(running: Running, who: str = SELLER, **params: str) -> list[str]:
    page = await running.world.ok(who, "GET", "/v1/threads", params=params)
    return [thread["id"] for thread in page["items"]]


async def test_threads_lie_in_folders_and_sub_folders(anywhere: Running) -> None:
    await write_both(anywhere)
    outer = await make(anywhere, "Resi")
    inner = await make(anywhere, "Da spedire", outer)
    await change(anywhere, folder_id=inner)
    await change(anywhere, f"/v1/threads/{SECOND}", folder_id=outer)
    assert await listed(anywhere, folder_id=inner) == [str(THREAD)]
    assert await listed(anywhere, folder_id=outer) == [str(SECOND), str(THREAD)]
    folders = (await anywhere.world.ok(SELLER, "GET", "/v1/folders"))["items"]
    assert [(folder["name"], folder["parent_id"], folder["threads"]) for folder in folders] == [
        ("Da spedire", outer, 1),
        ("Resi", None, 1),
    ]
    assert (await anywhere.world.ok(SELLER, "GET", PATH))["folder_id"] == inner
    await change(anywhere, folder_id=None)
    assert await listed(anywhere, folder_id=inner) == []
    assert len(await listed(anywhere)) == 2


async def test_folders_are_renamed_moved_and_deleted(running: Running) -> None:
    await write_both(running)
    world = running.world
    one, two = await make(running, "Uno"), await make(running, "Due")
    await change(running, folder_id=two)
    moved = await world.ok(SELLER, "PATCH", f"/v1/folders/{two}", {"name": "Sotto", "parent_id": one})
    assert (moved["name"], moved["parent_id"], moved["threads"]) == ("Sotto", one, 1)
    assert (await world.call(SELLER, "PATCH", f"/v1/folders/{one}", {"parent_id": two})).status_code == 422
    assert (await world.call(SELLER, "PATCH", f"/v1/folders/{one}", {"parent_id": one})).status_code == 422
    full = await world.call(SELLER, "DELETE", f"/v1/folders/{one}")
    assert (full.status_code, full.json()["type"]) == (409, "/problems/folder-not-empty")
    assert (await world.call(SELLER, "DELETE", f"/v1/folders/{two}")).status_code == 204
    thread = await world.ok(SELLER, "GET", PATH)
    assert thread["folder_id"] is None
    assert (await world.call(SELLER, "DELETE", f"/v1/folders/{one}")).status_code == 204
    assert (await world.ok(SELLER, "GET", "/v1/folders"))["items"] == []


async def test_folders_are_bounded_and_named_once_in_a_place(running: Running) -> None:
    world = running.world
    parent = None
    for level in range(5):
        parent = await make(running, f"Livello {level}", parent)
    deep = await world.call(SELLER, "POST", "/v1/folders", {"name": "Troppo", "parent_id": parent})
    assert (deep.status_code, deep.json()["type"]) == (409, "/problems/too-much-filing")
    other = await make(running, "Altro")
    await make(running, "Dentro", other)
    lower = await world.call(SELLER, "PATCH", f"/v1/folders/{other}", {"parent_id": parent})
    assert lower.status_code == 409
    for name in ("altro", "ALTRO"):
        taken = await world.call(SELLER, "POST", "/v1/folders", {"name": name})
        assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "name")
    assert (await world.call(SELLER, "POST", "/v1/folders", {"name": "dentro"})).status_code == 201
    unknown = await world.call(SELLER, "POST", "/v1/folders", {"name": "x", "parent_id": str(uuid4())})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "parent_id")
    for number in range(200 - 8):
        await make(running, f"Cartella {number}")
    assert (await world.call(SELLER, "POST", "/v1/folders", {"name": "una di troppo"})).status_code == 409


async def test_labels_and_priority_are_set_taken_off_and_found(anywhere: Running) -> None:
    await write_both(anywhere)
    await change(anywhere, add_labels=["urgente", "reso"], priority="high")
    await change(anywhere, f"/v1/threads/{SECOND}", add_labels=["reso", "reso"])
    thread = await anywhere.world.ok(SELLER, "GET", PATH)
    assert (thread["labels"], thread["priority"]) == (["reso", "urgente"], "high")
    assert await listed(anywhere, label="reso") == [str(SECOND), str(THREAD)]
    assert await listed(anywhere, label="reso", priority="high") == [str(THREAD)]
    assert await listed(anywhere, priority="normal") == [str(SECOND)]
    assert await listed(anywhere, priority="low") == []
    counted = (await anywhere.world.ok(SELLER, "GET", "/v1/labels"))["items"]
    assert counted == [{"label": "reso", "threads": 2}, {"label": "urgente", "threads": 1}]
    await change(anywhere, remove_labels=["urgente", "mai avuta"], priority="normal")
    thread = await anywhere.world.ok(SELLER, "GET", PATH)
    assert (thread["labels"], thread["priority"]) == (["reso"], "normal")


async def test_a_thread_has_so_many_labels(running: Running) -> None:
    await write_both(running)
    await change(running, add_labels=[str(number) for number in range(20)])
    refused = await running.world.call(SELLER, "PATCH", PATH, {"add_labels": ["una in più"], "priority": "high"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "add_labels")
    assert (await running.world.ok(SELLER, "GET", PATH))["priority"] == "normal"
    await change(running, add_labels=["una in più"], remove_labels=["3"])


async def test_an_archived_thread_comes_back_with_the_next_message(anywhere: Running) -> None:
    await write_both(anywhere)
    await change(anywhere, archived=True)
    assert await listed(anywhere) == [str(SECOND)]
    assert await listed(anywhere, archived="true") == [str(THREAD)]
    assert await listed(anywhere, archived="any") == [str(SECOND), str(THREAD)]
    assert (await anywhere.world.ok(SELLER, "GET", PATH))["archived"] is True
    await hear(anywhere)
    assert await listed(anywhere) == [str(THREAD), str(SECOND)]
    assert (await anywhere.world.ok(SELLER, "GET", PATH))["archived"] is False
    await change(anywhere, archived=True)
    await change(anywhere, archived=False)
    assert await listed(anywhere, archived="true") == []


async def test_a_deleted_thread_is_gone_for_its_seller_alone(anywhere: Running) -> None:
    await write_both(anywhere)
    old = await hear(anywhere)
    before = await anywhere.world.ok(BUYER, "GET", PATH)
    await change(anywhere, deleted=True)
    world = anywhere.world
    assert await listed(anywhere, archived="any") == [str(SECOND)]
    assert (await world.call(SELLER, "GET", PATH)).status_code == 404
    assert (await world.call(SELLER, "PATCH", PATH, {"read": True})).status_code == 404
    assert (await world.call(SELLER, "POST", f"{PATH}:read")).status_code == 404
    assert (await world.call(SELLER, "GET", f"/v1/messages/{old}")).status_code == 404
    assert (await world.call(SELLER, "POST", f"/v1/messages/{old}:mark", {"mark": "reported"})).status_code == 404
    messages = await world.ok(SELLER, "GET", "/v1/messages")
    assert {message["thread_id"] for message in messages["items"]} == {str(SECOND)}
    # The record stays: for the buyer, for operators.
    assert await world.ok(BUYER, "GET", PATH) == before
    assert len((await world.ok("operator", "GET", PATH))["messages"]) == 2
    new = await hear(anywhere, "Buongiorno, ci sono novità?")
    thread = await world.ok(SELLER, "GET", PATH)
    assert [message["id"] for message in thread["messages"]] == [str(new)]
    assert thread["unread"] == 1


async def test_what_passes_the_gate_after_a_deletion_is_seen(running: Running) -> None:
    """It was written before what the seller deleted; nobody has read it yet."""
    late = await running.receive(saying("Prima domanda."), Direction.BUYER_TO_SELLER)
    await write_both(running)
    await change(running, deleted=True)
    assert await listed(running) == [str(SECOND)]
    await running.approve(late)
    assert set(await listed(running)) == {str(SECOND), str(THREAD)}
    thread = await running.world.ok(SELLER, "GET", PATH)
    assert [message["id"] for message in thread["messages"]] == [str(late)]
    await running.world.call(SELLER, "POST", f"{PATH}:read")
    thread = await running.world.ok(SELLER, "GET", PATH)
    assert thread["unread"] == 0
    assert [message["id"] for message in thread["messages"]] == [str(late)]
    assert set(await listed(running)) == {str(SECOND), str(THREAD)}


@pytest.mark.req("R-INBOX-1")
async def test_what_passes_the_gate_after_archiving_comes_back(anywhere: Running) -> None:
    """It was written before the answer that was archived; left there, nobody would read it in time."""
    late = await anywhere.receive(saying("Prima domanda."), Direction.BUYER_TO_SELLER)
    await write_both(anywhere)
    await change(anywhere, archived=True, add_labels=["visto"])
    await change(anywhere, f"/v1/threads/{SECOND}", archived=True)
    assert await listed(anywhere) == []
    await anywhere.approve(late)
    assert await listed(anywhere) == [str(THREAD)]
    thread = await anywhere.world.ok(SELLER, "GET", PATH)
    assert (thread["archived"], thread["unread"], thread["labels"]) == (False, 1, ["visto"])


async def test_labels_count_no_deleted_threads(running: Running) -> None:
    await write_both(running)
    for path in (PATH, f"/v1/threads/{SECOND}"):
        await change(running, path, add_labels=["visto"])
    await change(running, add_labels=["solo"])
    await change(running, deleted=True)
    labels = (await running.world.ok(SELLER, "GET", "/v1/labels"))["items"]
    assert labels == [{"label": "visto", "threads": 1}]


async def test_read_and_unread(anywhere: Running) -> None:
    await write_both(anywhere)
    await hear(anywhere)
    assert await listed(anywhere, unread="true") == [str(THREAD)]
    await change(anywhere, read=True)
    assert await listed(anywhere, unread="true") == []
    await change(anywhere, read=False)
    assert await listed(anywhere, unread="true") == [str(THREAD)]
    assert (await anywhere.world.ok(SELLER, "GET", PATH))["unread"] == 1


async def test_many_threads_are_filed_at_once_and_strangers_named(anywhere: Running) -> None:
    await write_both(anywhere)
    await anywhere.world.send(OTHER_SELLER, order_id=OTHER_ORDER)
    foreign = identify_thread(MARKETPLACE, OTHER_SELLER, OTHER_BUYER)
    folder = await make(anywhere, "Tutti")
    wanted = [str(THREAD), str(SECOND), str(foreign), str(THREAD)]
    body = {"threads": wanted, "folder_id": folder, "archived": True, "read": True, "add_labels": ["visto"]}
    answer = await anywhere.world.ok(SELLER, "POST", "/v1/threads:file", body)
    assert set(answer["changed"]) == {str(THREAD), str(SECOND)}
    assert answer["missing"] == [str(foreign)]
    assert set(await listed(anywhere, folder_id=folder, label="visto", archived="true")) == set(answer["changed"])
    theirs = await anywhere.world.ok(OTHER_SELLER, "GET", f"/v1/threads/{foreign}")
    assert (theirs["labels"], theirs["archived"], theirs["folder_id"]) == ([], False, None)
    async with anywhere.gateway.database.reading() as session:
        changes = await live.list_changes(session, 0, 200, Audience(seller_id=SELLER))
    filed = [change.thread_id for change in changes if change.type == "thread.filed"]
    assert set(filed) == {THREAD, SECOND}


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"threads": []}, "threads"),
        ({"threads": ["x"]}, "threads.0"),
        ({"threads": [str(THREAD)] * 201}, "threads"),
        ({"threads": [str(THREAD)], "priority": "utmost"}, "priority"),
        ({"threads": [str(THREAD)], "deleted": False}, "deleted"),
        ({"threads": [str(THREAD)], "folder_id": "00000000-0000-0000-0000-000000000001"}, "folder_id"),
        ({"threads": [str(THREAD)], "add_labels": [" "]}, "add_labels.0"),
        ({"threads": [str(THREAD)], "add_labels": ["x" * 51]}, "add_labels.0"),
        ({"threads": [str(THREAD)], "colour": "red"}, "colour"),
    ],
)
async def test_a_bad_change_names_its_field(running: Running, body: dict[str, Any], field: str) -> None:
    await write_both(running)
    refused = await running.world.call(SELLER, "POST", "/v1/threads:file", body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.req("R-PRIVACY-3")
async def test_filing_is_the_sellers_own(running: Running) -> None:
    await write_both(running)
    await hear(running)
    await running.approve(await running.world.send())
    world = running.world
    folder = await make(running, "Mia")
    await change(running, folder_id=folder, add_labels=["mia"], priority="high", archived=True)
    for who in (BUYER, "operator"):
        thread = await world.ok(who, "GET", PATH)
        assert (thread["folder_id"], thread["labels"], thread["priority"], thread["archived"]) == (None,) * 4
        assert str(THREAD) in await listed(running, who)
        assert (await world.call(who, "GET", "/v1/folders")).status_code == 403
        assert (await world.call(who, "PATCH", PATH, {"read": True})).status_code == 403
    assert (await world.ok(OTHER_SELLER, "GET", "/v1/folders"))["items"] == []
    assert (await world.call(OTHER_SELLER, "PATCH", f"/v1/folders/{folder}", {"name": "x"})).status_code == 404
    assert (await world.call(OTHER_SELLER, "DELETE", f"/v1/folders/{folder}")).status_code == 404
    assert (await world.call(OTHER_SELLER, "PATCH", PATH, {"read": True})).status_code == 404
    assert (await world.call(OTHER_SELLER, "GET", "/v1/threads", params={"folder_id": folder})).status_code == 422
    await let_in(world, ["messages:read"])
    assert (await world.call("app", "GET", "/v1/folders")).status_code == 200
    assert (await world.call("app", "PATCH", PATH, {"read": True})).status_code == 403


async def test_pages_of_a_folder_are_whole(running: Running) -> None:
    await write_both(running)
    folder = await make(running, "Tutti")
    body = {"threads": [str(THREAD), str(SECOND)], "folder_id": folder}
    await running.world.ok(SELLER, "POST", "/v1/threads:file", body)
    params = {"folder_id": folder, "limit": "1"}
    first = await running.world.ok(SELLER, "GET", "/v1/threads", params=params)
    rest = await running.world.ok(SELLER, "GET", "/v1/threads", params=params | {"cursor": first["next"]})
    assert [page["items"][0]["id"] for page in (first, rest)] == [str(SECOND), str(THREAD)]
    assert rest["next"] is None
