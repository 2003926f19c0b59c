import httpx2
import pytest

from services.demo.market import BUYERS, SELLERS, SITUATIONS
from tests.services.demo.conftest import Demo

pytestmark = [pytest.mark.timeout(180), pytest.mark.req("R-MAIL-1", "R-POLICY-2", "R-METRICS-1")]

Played = tuple[Demo, str]


async def test_every_step_is_shown_with_its_time(demo: Played) -> None:
    _, shown = demo
    steps = [line for line in shown.splitlines() if line.rstrip().endswith(" ms")]
    assert len(steps) == 12
    assert "content.promotion" in shown
    assert "{" not in shown, "the log belongs into its file"


async def test_the_file_lets_a_script_drive_the_demo(demo: Played) -> None:
    running, _ = demo
    content = running.read_file()
    assert content["orders"] == {situation.name: situation.order_id() for situation in SITUATIONS}
    assert content["tokens"]["sellers"].keys() == SELLERS.keys()
    assert content["tokens"]["buyers"].keys() == BUYERS.keys()
    assert (running.folder / "var" / "demo.json").stat().st_mode & 0o777 == 0o600
    async with httpx2.AsyncClient(base_url=content["base_url"]) as http:
        for name, order_id in content["orders"].items():
            situation = next(s for s in SITUATIONS if s.name == name)
            headers = {"Authorization": f"Bearer {content['tokens']['sellers'][situation.seller]}"}
            order = (await http.get(f"/v1/orders/{order_id}", headers=headers)).raise_for_status().json()
            assert order["status"] == situation.status
            assert len(order["buyer_alias"]) == 35


async def test_the_log_has_no_address_and_no_token(demo: Played) -> None:
    running, _ = demo
    log = (running.folder / "var" / "tramite.log").read_text()
    assert "http.request" in log
    secrets = [str(body["address"]) for body in BUYERS.values()]
    secrets += [str(address) for body in SELLERS.values() for address in body["sender_addresses"]]
    secrets += [*running.read_file()["tokens"]["sellers"].values(), "tazza"]
    assert [secret for secret in secrets if secret in log] == []


async def test_a_second_start_keeps_the_data_and_plays_nothing_again(demo: Played) -> None:
    running, _ = demo
    before = running.read_file()
    await running.stop()
    shown = await running.start()
    assert "played at an earlier start" in shown
    assert running.read_file() == before
    async with httpx2.AsyncClient(base_url=before["base_url"]) as http:
        headers = {"Authorization": f"Bearer {before['tokens']['sellers']['ceramiche']}"}
        listed = (await http.get("/v1/messages", headers=headers)).raise_for_status().json()
    assert listed["items"]
