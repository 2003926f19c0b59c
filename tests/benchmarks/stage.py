"""Sets up an installation for the load: one seller, many buyers with an order each, and their seller aliases."""

from datetime import UTC, datetime

import httpx2

from services.demo.market import MARKETPLACE, MARKETPLACE_ID, SELLERS, SITUATIONS
from tests.benchmarks.relays import Mailroom
from tests.infrastructure.waiting import until
from tests.journeys.installation import Installation

SELLER = "ceramiche"


async def find_pairs(installation: Installation, mailroom: Mailroom, buyers: int) -> list[tuple[str, str]]:
    """Record `buyers` buyers; return each one's real address with the seller's alias towards them."""
    headers = {"Authorization": f"Bearer {installation.operator}"}
    async with httpx2.AsyncClient(base_url=installation.base_url, headers=headers, timeout=60) as http:

        async def put(path: str, body: object) -> None:
            (await http.put(path, json=body)).raise_for_status()

        await put(f"/v1/marketplaces/{MARKETPLACE_ID}", MARKETPLACE)
        await put(f"/v1/sellers/{SELLER}", SELLERS[SELLER])
        token = (await http.post("/v1/tokens", json={"role": "seller", "subject": SELLER})).json()["token"]
        order = SITUATIONS[0].body(datetime.now(UTC))
        for number in range(buyers):
            await put(f"/v1/buyers/b{number}", {"address": _address(number), "language": "en"})
            await put(f"/v1/orders/{_order_id(number)}", {**order, "buyer_id": f"b{number}"})
        for number in range(buyers):
            body = {
                "order_id": _order_id(number),
                "reason": "request_order_information",
                "text": "Hello, which colour would you like the cup to be, blue or green?",
            }
            answer = await http.post("/v1/messages", json=body, headers={"Authorization": f"Bearer {token}"})
            answer.raise_for_status()
    await until(lambda: mailroom.taken.value >= buyers, "a mail to every buyer", limit=60)
    noted = [mailroom.noted.get(timeout=5) for _ in range(buyers)]
    senders = {one.recipient: one.sender for one in noted}
    return [(_address(number), senders[_address(number)]) for number in range(buyers)]


def _address(number: int) -> str:
    return f"buyer{number}@home{number % 7}.example"


def _order_id(number: int) -> str:
    return f"405-0000000-{number:07d}"
