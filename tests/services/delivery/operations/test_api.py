"""The queue by HTTP: listed, counted, changed one by one and in numbers, audited."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.delivery import MessageDeferred, MessageDelivered
from tests.infrastructure.smtp import FarSide, Step
from tests.services.delivery.installation import BUYER, Installation, describe_message

pytestmark = pytest.mark.req("R-MAIL-4")
BY = {"by": "operator first"}


@pytest.fixture
async def stuck(tmp_path_factory: pytest.TempPathFactory, far_side: FarSide) -> AsyncIterator[Installation]:
    """Give a service whose next hop is down, and that does not ask it again soon."""
    await far_side.stop()
    settings: dict[str, Any] = {"delivery_first_retry_seconds": 3600.0}
    folder = tmp_path_factory.mktemp("queue")
    async with Installation(folder, smtp_relay=far_side.url, **settings).running() as delivery:
        yield delivery


async def _queue(delivery: Installation, count: int) -> list[str]:
    messages = [describe_message() for _ in range(count)]
    for message in messages:
        await delivery.tell(await delivery.approve(message))
    return [str(message.message_id) for message in messages]


async def _read(delivery: Installation, path: str = "", **query: Any) -> dict[str, Any]:  # noqa: ANN401 - query values
    answer = await delivery.ask("GET", f"/internal/queue{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _change(delivery: Installation, path: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    answer = await delivery.ask("POST", f"/internal/queue/{path}", json=BY | body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_held_mail_waits_until_it_is_retried(relaying: Installation, far_side: FarSide) -> None:
    far_side.always(Step.RCPT, "451 4.2.2 full")
    message = describe_message()
    await relaying.tell(await relaying.approve(message))
    await relaying.hear(MessageDeferred)
    assert (await _change(relaying, f"{message.message_id}/hold", reason="Their server is ill."))["state"] == "held"
    far_side.always(Step.RCPT, None)
    await relaying.tell(await relaying.approve())
    await relaying.hear(MessageDelivered)
    shown = await _read(relaying, f"/{message.message_id}")
    assert shown["state"] == "held"
    assert shown["last_reply"].startswith("451 4.2.2")
    retried = await _change(relaying, f"{message.message_id}/retry")
    assert retried["state"] == "waiting"
    delivered = await relaying.hear(MessageDelivered, 2)
    assert delivered[1].message == message


@pytest.mark.req("R-ALIAS-6")
async def test_of_a_recipient_only_the_domain_shows(stuck: Installation) -> None:
    (queue_id,) = await _queue(stuck, 1)
    shown = [await _read(stuck), await _read(stuck, f"/{queue_id}"), await _read(stuck, "/counts")]
    assert shown[0]["items"][0]["domain"] == BUYER.rpartition("@")[2]
    assert all(BUYER.partition("@")[0] not in str(answer) for answer in shown)


async def test_each_change_is_kept_with_who_and_why(stuck: Installation) -> None:
    (queue_id,) = await _queue(stuck, 1)
    await _change(stuck, f"{queue_id}/hold", reason="Greylisted.")
    await _change(stuck, f"{queue_id}/hold", reason="Again, which changes nothing.")
    released = await _change(stuck, f"{queue_id}/release")
    assert (released["state"], [change["action"] for change in released["history"]]) == ("waiting", ["release", "hold"])
    assert released["history"][1]["reason"] == "Greylisted."
    assert {change["changed_by"] for change in released["history"]} == {"operator first"}


async def test_a_released_mail_goes_on(relaying: Installation, far_side: FarSide) -> None:
    far_side.always(Step.RCPT, "451 4.2.2 full")
    message = describe_message()
    await relaying.tell(await relaying.approve(message))
    await relaying.hear(MessageDeferred)
    await _change(relaying, f"{message.message_id}/hold")
    far_side.always(Step.RCPT, None)
    assert (await _change(relaying, f"{message.message_id}/release"))["state"] == "waiting"
    assert (await relaying.hear(MessageDelivered))[0].message == message


async def test_the_queue_is_listed_in_pages_and_filtered(stuck: Installation) -> None:
    ids = await _queue(stuck, 5)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = await _read(stuck, **query)
        seen += [mail["id"] for mail in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == ids
    third = (await _read(stuck, f"/{ids[2]}"))["queued_at"]
    domain = BUYER.rpartition("@")[2]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    expected: list[tuple[dict[str, str], list[str]]] = [
        ({"state": "delivered"}, []),
        ({"state": "held"}, []),
        ({"domain": domain.upper()}, ids),
        ({"domain": "elsewhere.example"}, []),
        ({"since": third}, ids[2:]),
        ({"until": third}, ids[:2]),
        ({"since": third, "until": later, "domain": domain}, ids[2:]),
    ]
    for query, wanted in expected:
        assert [mail["id"] for mail in (await _read(stuck, **query))["items"]] == wanted, query


async def test_counts_say_how_many_wait_where_and_how_long(stuck: Installation) -> None:
    assert await _read(stuck, "/counts") == {"states": [], "destinations": []}
    ids = await _queue(stuck, 3)
    await _change(stuck, f"{ids[0]}/hold")
    counts = await _read(stuck, "/counts")
    assert {row["state"]: row["count"] for row in counts["states"]} == {"waiting": 2, "held": 1}
    oldest = {row["state"]: row["oldest"] for row in counts["states"]}
    assert oldest["waiting"] == (await _read(stuck, f"/{ids[1]}"))["queued_at"]
    domain = BUYER.rpartition("@")[2]
    assert [(row["domain"], row["state"], row["count"]) for row in counts["destinations"]] == [
        (domain, "waiting", 2),
        (domain, "held", 1),
    ]
    assert (await _read(stuck, "/counts", domain="elsewhere.example"))["states"] == []


async def test_many_are_held_and_released_by_filter_in_steps(stuck: Installation) -> None:
    ids = await _queue(stuck, 5)
    body: dict[str, Any] = {"domain": BUYER.rpartition("@")[2], "limit": 2}
    changed = 0
    while True:
        answer = await _change(stuck, "hold", **body)
        changed += answer["changed"]
        if answer["next"] is None:
            break
        body["after"] = answer["next"]
    assert changed == 5
    assert [mail["id"] for mail in (await _read(stuck, state="held"))["items"]] == ids
    assert (await _change(stuck, "hold", state=["held"]))["unchanged"] == 5
    assert (await _change(stuck, "release", domain="elsewhere.example"))["changed"] == 0
    assert (await _change(stuck, "release", state=["held"]))["changed"] == 5
    assert (await _read(stuck, f"/{ids[4]}"))["history"][0]["action"] == "release"


async def test_of_named_mails_each_has_its_own_result(relaying: Installation, far_side: FarSide) -> None:
    (sent,) = await _queue(relaying, 1)
    await relaying.hear(MessageDelivered)
    far_side.always(Step.RCPT, "451 4.2.2 full")
    (waiting,) = await _queue(relaying, 1)
    await relaying.hear(MessageDeferred)
    unknown = str(uuid4())
    answer = await _change(relaying, "hold", ids=[sent, unknown, waiting])
    assert answer["changed"] == 1
    assert [(row["id"], row["result"]) for row in answer["items"]] == [
        (sent, "settled"),
        (unknown, "unknown"),
        (waiting, "changed"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": [str(UUID(int=number)) for number in range(501)]},
        {"ids": [str(UUID(int=1))], "state": ["held"]},
        {"state": ["lost"]},
        {"state": ["held"], "limit": 501},
        {"state": ["held"], "after": "x"},
        {"state": ["held"], "since": "2026-05-04T00:00:00"},
        {"state": ["held"], "reason": "x" * 501},
    ],
)
async def test_orders_that_say_nothing_or_too_much_are_problems(delivery: Installation, body: dict[str, Any]) -> None:
    answer = await delivery.ask("POST", "/internal/queue/hold", json=BY | body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid")


async def test_settled_and_unknown_mails_are_problems(relaying: Installation) -> None:
    (settled_id,) = await _queue(relaying, 1)
    await relaying.hear(MessageDelivered)
    for action in ("retry", "hold", "release"):
        settled = await relaying.ask("POST", f"/internal/queue/{settled_id}/{action}", json=BY)
        assert (settled.status_code, settled.json()["type"]) == (409, "/problems/mail-settled")
        unknown = await relaying.ask("POST", f"/internal/queue/{uuid4()}/{action}", json=BY)
        assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/no-such-mail")


@pytest.mark.parametrize("cursor", ["x", "2026-05-04~1", "2026-05-04T00:00:00~00000000-0000-0000-0000-000000000000"])
async def test_a_cursor_that_is_none_is_a_problem(delivery: Installation, cursor: str) -> None:
    assert (await delivery.ask("GET", "/internal/queue", params={"after": cursor})).status_code == 422


@pytest.mark.req("R-PRIVACY-3")
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/counts"), ("POST", "/hold")])
async def test_nobody_else_is_let_in(delivery: Installation, method: str, path: str) -> None:
    answer = await delivery.ask(method, f"/internal/queue{path}", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
