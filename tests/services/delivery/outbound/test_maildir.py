"""Mail into folders: once by Message-ID, safely named."""

from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.outbound.domain import Envelope, Verdict
from services.delivery.outbound.maildir import MaildirTransport, name_box

pytestmark = pytest.mark.req("R-MAIL-3")


def _envelope(recipient: str = "a@b.example", content: bytes = b"one\r\n") -> Envelope:
    return Envelope(uuid4(), "", recipient, "<1@x.example>", content)


async def test_the_same_mail_again_is_no_second_mail(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    assert (await transport.send(_envelope())).verdict is Verdict.DELIVERED
    assert (await transport.send(_envelope(content=b"two\r\n"))).verdict is Verdict.DELIVERED
    assert [path.read_bytes() for path in (tmp_path / "a@b.example" / "new").iterdir()] == [b"one\r\n"]


async def test_a_mail_that_was_read_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    await transport.send(_envelope())
    (path,) = (tmp_path / "a@b.example" / "new").iterdir()
    path.rename(tmp_path / "a@b.example" / "cur" / f"{path.name}:2,S")
    await transport.send(_envelope())
    assert list((tmp_path / "a@b.example" / "new").iterdir()) == []


async def test_a_half_written_draft_of_a_crash_is_no_mail_and_in_nobodys_way(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    await transport.send(_envelope())
    (path,) = (tmp_path / "a@b.example" / "new").iterdir()
    (tmp_path / "a@b.example" / "tmp" / f"{path.name}.1").write_bytes(b"half")
    path.unlink()
    await transport.send(_envelope())
    assert path.read_bytes() == b"one\r\n"


async def test_an_unwritable_folder_is_a_temporary_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    outcome = await MaildirTransport(tmp_path / "mail").send(_envelope())
    assert outcome.verdict is Verdict.DEFERRED


@given(st.text(min_size=1, max_size=400))
def test_no_address_leads_out_of_the_folder(address: str) -> None:
    name = name_box(address)
    assert Path(name).name == name
    assert not name.startswith(".")
    assert 0 < len(name.encode()) <= 200


@given(st.lists(st.emails(), min_size=2, max_size=2, unique_by=str.lower))
def test_two_addresses_have_two_boxes(addresses: list[str]) -> None:
    assert name_box(addresses[0]) != name_box(addresses[1])
