"""Standing as the gateway asks for it and changes it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.services.policy.asking import open_door
from tests.services.policy.world import World, message

pytestmark = pytest.mark.req("R-POLICY-7")
COUPON = "Con il coupon SCONTO10 avrà il 10% di sconto sul prossimo acquisto!"


async def test_who_always_stood_well_has_no_history(world: World) -> None:
    async with open_door(world) as door:
        found = await door.ask("GET", "/standings/s9")
        assert (found["standing"], found["points"], found["counts"], found["history"]) == ("good", 0, [], [])
        assert (found["since"], found["ruled"], found["until"]) == (None, False, None)
        assert (found["templates_only_from"], found["suspended_from"], found["window_days"]) == (10, 25, 30)


async def test_it_says_what_the_points_come_from(world: World) -> None:
    small = World(world.database, world.folder, standing_weights={"content.promotion": 2}, standing_templates_only=2)
    await small.introduce()
    await small.judge(message(), COUPON)
    async with open_door(small) as door:
        found = await door.ask("GET", "/standings/s1")
        assert found["standing"] == "templates_only"
        assert found["counts"][-1]["rule"].startswith("content.")
        assert [c for c in found["counts"] if c["points"]] == [
            {"rule": "content.promotion", "severity": "block", "messages": 1, "points": 2}
        ]
        (change,) = found["history"]
        assert (change["previous"], change["standing"], change["changed_by"]) == ("good", "templates_only", "automatic")
        page = await door.ask("GET", "/standings")
        assert [item["seller_id"] for item in page["items"]] == ["s1"]


async def test_an_operator_sets_and_lifts_it_with_reasons(world: World) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    body = {"standing": "suspended", "reason": " Fraud. ", "by": "operator 7", "until": until.isoformat()}
    async with open_door(world) as door:
        found = await door.ask("PUT", "/standings/s1", json=body)
        assert (found["standing"], found["ruled"], found["cause"]) == ("suspended", True, "Fraud.")
        assert datetime.fromisoformat(found["until"]) == until
        found = await door.ask("POST", "/standings/s1/lift", json={"reason": "An error.", "by": "operator 8"})
        assert (found["standing"], found["ruled"], found["until"]) == ("good", False, None)
        assert [(change["changed_by"], change["cause"]) for change in found["history"]] == [
            ("operator 8", "An error."),
            ("operator 7", "Fraud."),
        ]
        await door.ask("POST", "/standings/s1/lift", 409, json={"reason": "Again.", "by": "operator 8"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"standing": "perfect"}, "standing"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"by": ""}, "by"),
        ({"until": "2026-01-01T00:00:00"}, "until"),
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
    ],
)
async def test_bad_input_names_its_field_and_changes_nothing(world: World, change: dict[str, str], field: str) -> None:
    body = {"standing": "suspended", "reason": "Fraud.", "by": "operator 7"} | change
    async with open_door(world) as door:
        problem = await door.ask("PUT", "/standings/s1", 422, json=body)
        assert problem["errors"][0]["field"] == field
        assert (await door.ask("GET", "/standings/s1"))["standing"] == "good"


async def test_restricted_sellers_come_in_pages(world: World) -> None:
    async with open_door(world) as door:
        for number, standing in enumerate(("suspended", "templates_only", "suspended", "good")):
            body = {"standing": standing, "reason": "Trial.", "by": "operator 7"}
            await door.ask("PUT", f"/standings/s{number}", json=body)
        page = await door.ask("GET", "/standings", params={"limit": 3})
        assert [item["seller_id"] for item in page["items"]] == ["s0", "s1", "s2"]
        page = await door.ask("GET", "/standings", params={"limit": 3, "after": page["next"]})
        assert ([item["seller_id"] for item in page["items"]], page["next"]) == (["s3"], None)
        page = await door.ask("GET", "/standings", params={"standing": "suspended"})
        assert [item["seller_id"] for item in page["items"]] == ["s0", "s2"]


@pytest.mark.req("R-PRIVACY-3")
async def test_only_our_own_services_ask(world: World) -> None:
    async with open_door(world, token="made-up") as door:
        for method, path in (
            ("GET", "/standings/s1"),
            ("PUT", "/standings/s1"),
            ("GET", "/blocks"),
            ("GET", "/quota"),
            ("POST", "/messages/00000000-0000-0000-0000-000000000000/approve"),
        ):
            await door.ask(method, path, 401)
