"""Marketplaces, sellers and buyers through the API."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts.gateway import PartyChanged
from shared.contracts.vocabulary import Role
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import (
    BUYER,
    BUYER_ADDRESS,
    BUYER_BODY,
    MARKETPLACE,
    MARKETPLACE_BODY,
    OTHER_SELLER,
    SELLER,
    SELLER_BODY,
    SERVICE_ADDRESS,
)


async def told_of(running: Running, party_id: str) -> list[PartyChanged]:
    return [told for told in await running.told(PartyChanged) if told.party_id == party_id]


async def test_a_seller_is_recorded_and_told(running: Running) -> None:
    keys = running.gateway.keys
    (told,) = await told_of(running, SELLER)
    assert (told.role, told.version, told.business_name) == (Role.SELLER, 1, "Bottega Verde Mare")
    assert keys.open_text(told.address.box, "address") == SERVICE_ADDRESS
    assert told.sender_hashes == (keys.hash_address("anna@bottega.example"),)
    answer = await running.world.ok("operator", "GET", f"/v1/sellers/{SELLER}")
    assert answer == {
        "id": SELLER,
        "version": 1,
        "business_name": "Bottega Verde Mare",
        "language": "it",
        "service_address": "set",
        "bounce_notices": True,
        "sender_addresses": 1,
        "warnings": [],
    }


async def test_the_service_address_may_write_where_no_other_is_named(running: Running) -> None:
    body = {name: value for name, value in SELLER_BODY.items() if name != "sender_addresses"}
    await running.world.ok("operator", "PUT", "/v1/sellers/seller-3", body)
    (told,) = await told_of(running, "seller-3")
    assert told.sender_hashes == (running.gateway.keys.hash_address(SERVICE_ADDRESS),)


@pytest.mark.parametrize(
    ("path", "body", "change"),
    [
        (f"/v1/sellers/{SELLER}", SELLER_BODY, {"business_name": "Altra"}),
        (f"/v1/sellers/{SELLER}", SELLER_BODY, {"service_address": "nuovo@bottega.example"}),
        (f"/v1/sellers/{SELLER}", SELLER_BODY, {"sender_addresses": ["a@b.example", "c@d.example"]}),
        (f"/v1/sellers/{SELLER}", SELLER_BODY, {"language": "de"}),
        (f"/v1/sellers/{SELLER}", SELLER_BODY, {"bounce_notices": False}),
        (f"/v1/buyers/{BUYER}", BUYER_BODY, {"address": "altro@posta.example"}),
        (f"/v1/buyers/{BUYER}", BUYER_BODY, {"language": "de"}),
        (f"/v1/buyers/{BUYER}", BUYER_BODY, {"opted_out": True}),
    ],
)
async def test_a_put_changes_only_what_differs(
    running: Running, path: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    world, party_id = running.world, path.rpartition("/")[2]
    same = await world.call("operator", "PUT", path, body)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert len(await told_of(running, party_id)) == 1
    changed = await world.call("operator", "PUT", path, body | change)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert [told.version for told in await told_of(running, party_id)] == [1, 2]


async def test_a_new_party_is_created(running: Running) -> None:
    created = await running.world.call("operator", "PUT", "/v1/buyers/buyer-9", BUYER_BODY)
    assert created.status_code == 201
    assert created.json()["address"] == "set"


@pytest.mark.req("R-ALIAS-6")
async def test_no_real_address_lies_in_clear_in_the_database(running: Running) -> None:
    async with running.gateway.database.reading() as session:
        connection = await session.connection()
        for table in ("sellers", "buyers", "outbox"):
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608 - names from above
            assert rows
            for address in (BUYER_ADDRESS, SERVICE_ADDRESS, "anna@bottega.example"):
                assert address not in str(rows)


@pytest.mark.req("R-INBOX-9", "R-POLICY-4")
async def test_a_buyer_opts_out(running: Running) -> None:
    world = running.world
    answer = await world.ok(BUYER, "PATCH", f"/v1/buyers/{BUYER}", {"opted_out": True})
    assert (answer["opted_out"], answer["language"], answer["version"]) == (True, "it", 2)
    told = (await told_of(running, BUYER))[-1]
    assert (told.opted_out, told.version) == (True, 2)
    assert running.gateway.keys.open_text(told.address.box, "address") == BUYER_ADDRESS
    again = await world.ok(BUYER, "PATCH", f"/v1/buyers/{BUYER}", {"opted_out": True})
    assert again["version"] == 2
    both = await world.ok(BUYER, "PATCH", f"/v1/buyers/{BUYER}", {"opted_out": False, "language": "fr"})
    assert (both["opted_out"], both["language"], both["version"]) == (False, "fr", 3)


async def test_nobody_changes_a_buyer_that_is_not_there(running: Running) -> None:
    response = await running.world.call("operator", "PATCH", "/v1/buyers/nobody", {"opted_out": True})
    assert response.status_code == 404


async def test_two_puts_at_once_are_two_versions(anywhere: Running) -> None:
    bodies = [BUYER_BODY | {"address": f"b{number}@posta.example"} for number in range(6)]
    answers = await asyncio.gather(
        *(anywhere.world.ok("operator", "PUT", "/v1/buyers/buyer-7", body) for body in bodies)
    )
    assert sorted(answer["version"] for answer in answers) == [1, 2, 3, 4, 5, 6]
    assert [told.version for told in await told_of(anywhere, "buyer-7")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.req("R-PRIVACY-4", "R-ALIAS-2")
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/marketplaces/X", MARKETPLACE_BODY | {"alias_domain": "a-rather-long-domain.example.com"}, "alias_domain"),
        ("/v1/marketplaces/X", MARKETPLACE_BODY | {"alias_domain": "no_domain"}, "alias_domain"),
        ("/v1/marketplaces/X", MARKETPLACE_BODY | {"time_zone": "Europe/Atlantis"}, "time_zone"),
        ("/v1/marketplaces/X", MARKETPLACE_BODY | {"language": "Italian"}, "language"),
        ("/v1/marketplaces/X", MARKETPLACE_BODY | {"storefront_domains": []}, "storefront_domains"),
        ("/v1/marketplaces/X", MARKETPLACE_BODY | {"storefront_domains": ["a.b", "c"]}, "storefront_domains.1"),
        ("/v1/marketplaces/X", MARKETPLACE_BODY | {"name": ""}, "name"),
        ("/v1/sellers/X", SELLER_BODY | {"business_name": "write to me@x.example"}, "business_name"),
        ("/v1/sellers/X", SELLER_BODY | {"business_name": "a\nb"}, "business_name"),
        ("/v1/sellers/X", SELLER_BODY | {"business_name": "x" * 201}, "business_name"),
        ("/v1/sellers/X", SELLER_BODY | {"service_address": "nowhere"}, "service_address"),
        ("/v1/sellers/X", SELLER_BODY | {"service_address": "x@market.example.com"}, "service_address"),
        ("/v1/sellers/X", SELLER_BODY | {"sender_addresses": ["x@market.example.com"]}, "sender_addresses"),
        ("/v1/sellers/X", SELLER_BODY | {"sender_addresses": []}, "sender_addresses"),
        ("/v1/sellers/X", SELLER_BODY | {"colour": "green"}, "colour"),
        ("/v1/buyers/X", BUYER_BODY | {"address": "a@b.example, c@d.example"}, "address"),
        ("/v1/buyers/X", BUYER_BODY | {"address": "x@market.example.com"}, "address"),
        ("/v1/buyers/X", BUYER_BODY | {"opted_out": "yes"}, "opted_out"),
        ("/v1/buyers/X", {"language": "it"}, "address"),
        ("/v1/buyers/X%20Y", BUYER_BODY, "path.buyer_id"),
    ],
)
async def test_a_bad_body_names_its_field(running: Running, path: str, body: dict[str, Any], field: str) -> None:
    before = len(await running.told(PartyChanged))
    response = await running.world.call("operator", "PUT", path, body)
    assert response.status_code == 422, response.text
    assert field in [error["field"] for error in response.json()["errors"]]
    assert len(await running.told(PartyChanged)) == before
    assert (await running.world.call("operator", "GET", "/v1/sellers/X")).status_code == 404


async def test_errors_do_not_quote_addresses(running: Running) -> None:
    response = await running.world.call(
        "operator", "PUT", "/v1/buyers/X", {"address": "secret person@x", "language": "it"}
    )
    assert "secret" not in response.text


async def test_a_marketplace_is_recorded_and_read(running: Running) -> None:
    world = running.world
    expected = {"id": MARKETPLACE, "source": "recorded", **MARKETPLACE_BODY}
    assert await world.ok(SELLER, "GET", f"/v1/marketplaces/{MARKETPLACE}") == expected
    assert expected in (await world.ok(BUYER, "GET", "/v1/marketplaces"))["items"]
    again = await world.call("operator", "PUT", f"/v1/marketplaces/{MARKETPLACE}", MARKETPLACE_BODY | {"name": "Due"})
    assert (again.status_code, again.json()["name"]) == (200, "Due")
    assert (await world.call(SELLER, "GET", "/v1/marketplaces/none")).status_code == 404


@pytest.mark.req("R-ALIAS-2")
async def test_shipped_marketplaces_are_there_until_an_operator_replaces_them(running: Running) -> None:
    world = running.world
    path = "/v1/marketplaces/APJ6JRA9NG5V4"
    shipped = await world.ok(SELLER, "GET", path)
    assert (shipped["source"], shipped["alias_domain"]) == ("shipped", "marketplace.amazon.it")
    listed = (await world.ok(SELLER, "GET", "/v1/marketplaces"))["items"]
    assert shipped in listed
    assert [item["id"] for item in listed] == sorted(item["id"] for item in listed)
    own = await world.call("operator", "PUT", path, MARKETPLACE_BODY | {"alias_domain": "other.example.com"})
    assert (own.status_code, own.json()["source"]) == (201, "recorded")
    assert await world.ok(SELLER, "GET", path) == own.json()


async def test_parties_are_listed_in_pages(anywhere: Running) -> None:
    for kind in ("sellers", "buyers"):
        first = await anywhere.world.ok("operator", "GET", f"/v1/{kind}", params={"limit": "1"})
        second = await anywhere.world.ok(
            "operator", "GET", f"/v1/{kind}", params={"limit": "1", "cursor": first["next"]}
        )
        ids = [page["items"][0]["id"] for page in (first, second)]
        assert ids == [f"{kind[:-1]}-1", f"{kind[:-1]}-2"]
        assert second["next"] is None


async def test_parties_read_themselves(running: Running) -> None:
    assert (await running.world.ok(SELLER, "GET", f"/v1/sellers/{SELLER}"))["id"] == SELLER
    assert (await running.world.ok(BUYER, "GET", f"/v1/buyers/{BUYER}"))["id"] == BUYER
    assert (await running.world.call("operator", "GET", "/v1/buyers/nobody")).status_code == 404


@pytest.mark.req("R-MAIL-9")
async def test_a_seller_switches_bounce_notices_off_and_hears_what_it_costs(running: Running) -> None:
    answer = await running.world.ok(SELLER, "PATCH", f"/v1/sellers/{SELLER}", {"bounce_notices": False})
    assert answer["bounce_notices"] is False
    (warning,) = answer["warnings"]
    assert "not told" in warning
    assert [told.bounce_notices for told in await told_of(running, SELLER)] == [True, False]
    answer = await running.world.ok(SELLER, "PATCH", f"/v1/sellers/{SELLER}", {"bounce_notices": True})
    assert answer["warnings"] == []


async def test_a_seller_changes_nobody_elses_preferences(running: Running) -> None:
    response = await running.world.call(OTHER_SELLER, "PATCH", f"/v1/sellers/{SELLER}", {"language": "de"})
    assert response.status_code == 404
    assert len(await told_of(running, SELLER)) == 1
