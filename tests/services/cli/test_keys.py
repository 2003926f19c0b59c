import pytest

from services.cli import keys
from shared.crypto import KeyRing, generate_key
from tests.services.cli.command import Command

pytestmark = pytest.mark.req("R-PRIVACY-2")


def test_a_new_key_can_be_put_in_front_of_the_old_ones(tramite: Command) -> None:
    assert keys.app.registered_commands
    old, lookup = f"k1:{generate_key()}", generate_key()
    box = KeyRing.parse(old, lookup).seal_text("plain", "p")
    printed = tramite("keys", "new", "k7").out.strip()
    ring = KeyRing.parse(f"{printed},{old}", lookup)
    assert ring.active == "k7"
    assert ring.open_text(box, "p") == "plain"


def test_no_two_keys_are_the_same(tramite: Command) -> None:
    assert tramite("keys", "new").out != tramite("keys", "new").out


@pytest.mark.parametrize("key_id", ["a:b", "a,b", "", "a b"])
def test_an_id_that_could_not_be_read_back_is_refused(tramite: Command, key_id: str) -> None:
    outcome = tramite("keys", "new", key_id)
    assert outcome.code == 2
    assert outcome.out == ""
