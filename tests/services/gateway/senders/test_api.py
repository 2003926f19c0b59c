"""Adding a sender address: asked for by API, confirmed by the link that went there, and by nothing else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from services.gateway.senders.service import MOST_REQUESTS_A_DAY
from shared.contracts.gateway import PartyChanged, SenderRequested
from shared.links import LinkPurpose
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import BUYER, MARKETPLACE, OTHER_SELLER, SELLER, SELLER_BODY

pytestmark = pytest.mark.req("R-MAIL-2")

NEWCOMER = "nuova@bottega.example"
PATH = f"/v1/sellers/{SELLER}/sender-addresses"
BODY = {"address": NEWCOMER, "marketplace_id": MARKETPLACE}


async def follow(running: Running, method: str, told: SenderRequested) -> httpx2.Response:
    link = running.gateway.links.write(LinkPurpose.CONFIRM_SENDER, told.request_id, told.expires_at)
    path = link.removeprefix(running.gateway.settings.public_url)
    return await running.world.call(None, method, path)


async def ask(running: Running) -> tuple[dict[str, Any], SenderRequested]:
    answer = await running.world.ok(SELLER, "POST", PATH, BODY)
    return answer, (await running.told(SenderRequested))[-1]


async def hashes(running: Running) -> tuple[str, ...]:
    return [told for told in await running.told(PartyChanged) if told.party_id == SELLER][-1].sender_hashes


async def test_an_address_is_asked_for_sealed_and_may_not_write_yet(running: Running) -> None:
    answer, told = await ask(running)
    keys = running.gateway.keys
    assert keys.open_text(told.address.box, "address") == NEWCOMER
    assert (answer["status"], answer["id"]) == ("pending", str(told.request_id))
    assert told.expires_at - told.requested_at == timedelta(hours=72)
    assert NEWCOMER not in str(answer) + told.model_dump_json()
    assert keys.hash_address(NEWCOMER) not in await hashes(running)


async def test_looking_at_the_link_changes_nothing_and_confirming_does_it_once(running: Running) -> None:
    _, told = await ask(running)
    for method in ("GET", "HEAD", "GET"):
        assert (await follow(running, method, told)).status_code == 200
    assert len(await hashes(running)) == 1
    for _ in range(2):
        assert (await follow(running, "POST", told)).status_code == 200
    assert set(await hashes(running)) == {
        running.gateway.keys.hash_address(address) for address in ("anna@bottega.example", NEWCOMER)
    }
    assert len([told for told in await running.told(PartyChanged) if told.party_id == SELLER]) == 2
    listed = await running.world.ok(SELLER, "GET", PATH)
    assert [item["status"] for item in listed["items"]] == ["confirmed"]
    assert NEWCOMER not in str(listed)


async def test_recording_the_seller_anew_keeps_what_the_seller_added(running: Running) -> None:
    _, told = await ask(running)
    await follow(running, "POST", told)
    await running.world.ok("operator", "PUT", f"/v1/sellers/{SELLER}", SELLER_BODY | {"language": "de"})
    assert running.gateway.keys.hash_address(NEWCOMER) in await hashes(running)
    assert (await running.world.ok(SELLER, "GET", f"/v1/sellers/{SELLER}"))["sender_addresses"] == 2


async def test_a_removed_address_may_not_write_and_its_links_do_nothing(running: Running) -> None:
    answer, told = await ask(running)
    _, second = await ask(running)
    await follow(running, "POST", told)
    assert (await running.world.call(SELLER, "DELETE", f"{PATH}/{answer['id']}")).status_code == 204
    assert running.gateway.keys.hash_address(NEWCOMER) not in await hashes(running)
    for request in (told, second):
        assert (await follow(running, "POST", request)).status_code == 404
    assert running.gateway.keys.hash_address(NEWCOMER) not in await hashes(running)
    assert (await running.world.call(SELLER, "DELETE", f"{PATH}/{answer['id']}")).status_code == 404


async def test_only_the_seller_itself_and_operators_add_addresses(running: Running) -> None:
    assert (await running.world.call(OTHER_SELLER, "POST", PATH, BODY)).status_code == 404
    assert (await running.world.call(OTHER_SELLER, "GET", PATH)).status_code == 404
    assert (await running.world.call(BUYER, "POST", PATH, BODY)).status_code == 403
    assert (await running.world.call(None, "POST", PATH, BODY)).status_code == 401
    assert await running.told(SenderRequested) == []
    assert (await running.world.call("operator", "POST", PATH, BODY)).status_code == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "x@market.example.com"}, "address"),
        ({"address": "nobody"}, "address"),
        ({"marketplace_id": "MKT-XX"}, "marketplace_id"),
    ],
)
async def test_bad_requests_name_the_field(running: Running, change: dict[str, str], field: str) -> None:
    response = await running.world.call(SELLER, "POST", PATH, BODY | change)
    assert response.status_code == 422
    assert field in response.text
    assert await running.told(SenderRequested) == []


async def test_nobody_is_flooded_with_links(running: Running) -> None:
    for number in range(MOST_REQUESTS_A_DAY):
        await running.world.ok(SELLER, "POST", PATH, BODY | {"address": f"a{number}@bottega.example"})
    assert (await running.world.call(SELLER, "POST", PATH, BODY)).status_code == 429
    assert len(await running.told(SenderRequested)) == MOST_REQUESTS_A_DAY


async def test_an_unknown_id_is_none_of_the_sellers(running: Running) -> None:
    assert (await running.world.call(SELLER, "DELETE", f"{PATH}/{UUID(int=1)}")).status_code == 404
