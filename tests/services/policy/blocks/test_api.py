"""Operators' blocks as the gateway asks for them and changes them."""

import pytest

from tests.services.policy.asking import open_door
from tests.services.policy.world import World

pytestmark = pytest.mark.req("R-POLICY-10")
BODY = {"reason": "Spam.", "by": "operator 7"}


async def test_a_party_is_blocked_and_let_write_again(world: World) -> None:
    async with open_door(world) as door:
        assert (await door.ask("GET", "/blocks/buyer/b1")) == {
            "role": "buyer",
            "party_id": "b1",
            "blocked": False,
            "history": [],
        }
        assert (await door.ask("PUT", "/blocks/buyer/b1", json=BODY))["blocked"]
        (block,) = (await door.ask("GET", "/blocks"))["items"]
        assert (block["role"], block["party_id"], block["reason"], block["blocked_by"]) == (
            "buyer",
            "b1",
            "Spam.",
            "operator 7",
        )
        found = await door.ask("POST", "/blocks/buyer/b1/lift", json=BODY | {"reason": "An error."})
        assert not found["blocked"]
        assert [(change["blocked"], change["reason"]) for change in found["history"]] == [
            (False, "An error."),
            (True, "Spam."),
        ]
        await door.ask("POST", "/blocks/buyer/b1/lift", 409, json=BODY)
        assert (await door.ask("GET", "/blocks"))["items"] == []


async def test_blocks_come_in_pages_of_both_roles(world: World) -> None:
    parties = [("buyer", "b1"), ("buyer", "b2"), ("seller", "a1"), ("seller", "b1")]
    async with open_door(world) as door:
        for role, party_id in reversed(parties):
            await door.ask("PUT", f"/blocks/{role}/{party_id}", json=BODY)
        seen: list[tuple[str, str]] = []
        after: str | None = ""
        while after is not None:
            page = await door.ask("GET", "/blocks", params={"limit": 1} | ({"after": after} if after else {}))
            seen += [(item["role"], item["party_id"]) for item in page["items"]]
            after = page["next"]
        assert seen == parties


@pytest.mark.parametrize("path", ["/blocks/operator/x", f"/blocks/buyer/{'x' * 65}"])
async def test_there_are_sellers_and_buyers_only(world: World, path: str) -> None:
    async with open_door(world) as door:
        await door.ask("PUT", path, 422, json=BODY)
        await door.ask("PUT", "/blocks/buyer/b1", 422, json={"reason": "Spam."})
        await door.ask("GET", "/blocks", 422, params={"after": "nobody"})
