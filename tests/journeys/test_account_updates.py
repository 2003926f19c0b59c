"""Shipments, refunds and late orders, from the seller's feed to the mails that the system writes itself."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import pytest

from services.demo.doors import Refused, open_doors
from services.demo.mailboxes import MaildirMailboxes, read_text
from tests.journeys.installation import Installation, all_in_one
from tests.journeys.stage import Pair, Stage, rules

pytestmark = [pytest.mark.timeout(180)]
SOLD_OUT = "Purtroppo la tazza blu è esaurita: abbiamo rimborsato l'intero importo del suo ordine."


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The all-in-one, where late shipments are looked for all the time, and a warning is soon over."""
    settings = {"TRAMITE_DEADLINE_POLL_SECONDS": "0.2", "TRAMITE_SHIPMENT_GRACE_HOURS": "0.0003"}
    async with all_in_one(tmp_path_factory.mktemp("updates"), **settings) as installation:
        mailboxes = MaildirMailboxes(installation.mail_dir)
        async with open_doors(installation.base_url, installation.smtp, mailboxes, patience=40) as doors:
            opened = Stage(doors, installation.operator)
            await opened.open()
            yield opened


def now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()


async def send_feed(pair: Pair, kind: str, content: str, media_type: str) -> dict[str, Any]:
    """Send a feed as the seller; return it once it is done."""
    headers = {"Authorization": f"Bearer {pair.tokens['seller']}", "Content-Type": media_type}
    answer = await pair.doors.http.post(f"/v1/feeds?kind={kind}", content=content, headers=headers)
    assert answer.status_code == 202, answer.text

    async def done() -> dict[str, Any] | None:
        feed: dict[str, Any] = await pair.doors.call("GET", f"/v1/feeds/{answer.json()['id']}", pair.tokens["seller"])
        return feed if feed["state"] == "done" else None

    return await pair.doors.insist(done, "the feed")


async def read_update(pair: Pair, said: str, to: str = "buyer") -> EmailMessage:
    """Return the one automatic mail about the pair's order that says so, free of what its reader must not learn."""
    address = pair.buyer_address if to == "buyer" else pair.seller_address

    def matches(mail: EmailMessage) -> bool:
        return pair.order_id in mail["Subject"] and said in " ".join(read_text(mail).split())

    mail = await pair.doors.await_mail(address, matches, f"the update {said!r}")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"].addresses[0].username == "no-reply"
    other = pair.seller_address if to == "buyer" else pair.buyer_address
    assert other.partition("@")[2] not in mail.as_string()
    assert len([found for found in pair.doors.mailboxes.list_mails(address) if matches(found)]) == 1
    return mail


@pytest.mark.req("R-ORDER-3")
async def test_a_confirmed_shipment_reaches_the_buyer_once(stage: Stage) -> None:
    pair = await stage.pair(language="de")
    parcel = {"shipped_at": now(), "carrier": "DHL", "tracking_number": "JJD000390"}
    path = f"/v1/orders/{pair.order_id}/shipments/parcel-1"
    orders = [await pair.doors.call("PUT", path, pair.tokens["seller"], parcel) for _ in range(2)]
    assert [order["status"] for order in orders] == ["shipped", "shipped"]
    line = json.dumps({"order_id": pair.order_id, "shipment_id": "parcel-1", **parcel})
    feed = await send_feed(pair, "shipments", line, "application/x-ndjson")
    assert (feed["recorded"], feed["unchanged"], feed["refused"]) == (0, 1, 0)
    mail = await read_update(pair, "Sendungsnummer: JJD000390")
    assert mail["Content-Language"] == "de"
    text = " ".join(read_text(mail).split())
    assert "Zusteller: DHL" in text
    assert f"Bottega {pair.number} hat Ihre Bestellung {pair.order_id}" in text
    # Nobody takes an answer to it; the order's page is there for that.
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = pair.buyer_address, mail["From"], f"Re: {mail['Subject']}"
    answer.set_content("Danke!")
    with pytest.raises(Refused, match="No such address"):
        await pair.doors.send_mail(answer, str(mail["From"].addresses[0].addr_spec))


@pytest.mark.req("R-ORDER-3", "R-POLICY-8")
async def test_an_adjustment_by_feed_is_told_and_opens_out_of_stock(stage: Stage) -> None:
    pair = await stage.pair()
    before = await pair.ask(SOLD_OUT, reason="out_of_stock")
    assert {"contact.out_of_stock", "contact.reason_closed"} <= rules(before)
    rows = [
        "order-id\tadjustment-id\treason\tamount\tcurrency\tadjusted-at",
        f"{pair.order_id}\trefund-1\tNoInventory\t19.90\tEUR\t{now()}",
        f"{pair.order_id}\trefund-2\tNoSuchReason\t19.90\tEUR\t{now()}",
    ]
    feed = await send_feed(pair, "adjustments", "\n".join(rows), "text/tab-separated-values")
    assert (feed["recorded"], feed["refused"]) == (1, 1)
    report = await pair.doors.call("GET", f"/v1/feeds/{feed['id']}/problems", pair.tokens["seller"])
    assert [(found["row"], found["field"]) for found in report["items"]] == [(3, "reason")]
    mail = await read_update(pair, "l'articolo non è più disponibile")
    assert "19,90" in read_text(mail)
    # The message names the order's version that it was written at, so that the gate has heard of the adjustment.
    assert rules(await pair.ask(SOLD_OUT, reason="out_of_stock")) == set()


@pytest.mark.req("R-ORDER-3", "R-MAIL-3")
@pytest.mark.usefixtures("uncounted")
async def test_a_feed_outlives_its_process(one_process: tuple[Installation, MaildirMailboxes]) -> None:
    """`kill -9` while the feed is worked through: afterwards every row is recorded and told, each once."""
    installation, mailboxes = one_process
    async with open_doors(installation.base_url, installation.smtp, mailboxes, patience=60) as doors:
        stage = Stage(doors, installation.operator)
        await stage.open()
        pair = await stage.pair()
        second = await pair.record_order(order_id=f"702-{pair.number:07d}-0000001")
        rows = [
            {"order_id": order_id, "adjustment_id": f"refund-{number}", "reason": "PriceError", "amount": f"1.{number}"}
            for number in range(10, 85)
            for order_id in (pair.order_id, second)
        ]
        lines = "\n".join(json.dumps({**row, "currency": "EUR", "adjusted_at": now()}) for row in rows)
        headers = {"Authorization": f"Bearer {pair.tokens['seller']}", "Content-Type": "application/x-ndjson"}
        sent = await doors.http.post("/v1/feeds?kind=adjustments", content=lines, headers=headers)
        assert sent.status_code == 202, sent.text
        path = f"/v1/feeds/{sent.json()['id']}"

        async def reach(rows_done: int) -> dict[str, Any] | None:
            feed: dict[str, Any] = await doors.call("GET", path, pair.tokens["seller"])
            return feed if feed["rows_done"] >= rows_done else None

        for rows_done in (0, 50, 100):
            await doors.insist(partial(reach, rows_done), "the feed's progress")
            await installation.restart("all")
        feed = await doors.insist(partial(reach, len(rows)), "the feed")
        assert (feed["recorded"], feed["unchanged"], feed["refused"]) == (150, 0, 0)

        async def all_there() -> list[EmailMessage] | None:
            found = [mail for mail in mailboxes.list_mails(pair.buyer_address) if mail["Auto-Submitted"]]
            return list(found) if len(found) >= len(rows) else None

        mails = await doors.insist(all_there, "all updates")
        amounts = [(mail["Subject"], read_text(mail)) for mail in mails]
        assert len(mails) == len(set(amounts)) == len(rows)


@pytest.mark.req("R-ORDER-3", "R-ORDER-2")
async def test_a_pending_order_cannot_be_shipped(stage: Stage) -> None:
    pair = await stage.pair("pending")
    path = f"/v1/orders/{pair.order_id}/shipments/parcel-1"
    with pytest.raises(Refused, match="illegal-transition"):
        await pair.doors.call("PUT", path, pair.tokens["seller"], {"shipped_at": now(), "carrier": "DHL"})


@pytest.mark.req("R-ORDER-5")
async def test_a_late_shipment_is_warned_of_and_then_cancelled(stage: Stage) -> None:
    pair = await stage.introduce("fr")
    ship_by = datetime.now(UTC) - timedelta(days=8)
    await pair.record_order(ship_by=ship_by.isoformat())
    warning = await read_update(pair, "non è stata confermata", to="seller")
    assert warning["Content-Language"] == "it"
    await read_update(pair, "n'a pas confirmé l'expédition à temps")
    await read_update(pair, "Non spedirlo più", to="seller")
    order = await pair.doors.call("GET", f"/v1/orders/{pair.order_id}", pair.tokens["seller"])
    assert order["status"] == "cancelled"
