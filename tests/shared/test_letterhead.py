"""The words around messages, in every language."""

import pytest

from shared.letterhead import choose_letterhead, fill_letterheads, read_letterheads

pytestmark = pytest.mark.req("R-MAIL-7")


def test_every_language_has_every_phrase() -> None:
    letterheads = read_letterheads()
    assert set(letterheads) == {"it", "en", "de", "fr", "es", "ja"}
    assert {frozenset(phrases) for phrases in letterheads.values()} == {frozenset(letterheads["en"])}


@pytest.mark.parametrize(
    ("wanted", "chosen"), [(("pt-BR", "de-AT"), "de"), (("FR_ca",), "fr"), (("pt",), "en"), ((), "en")]
)
def test_the_first_language_there_is_a_letterhead_in(wanted: tuple[str, ...], chosen: str) -> None:
    assert choose_letterhead(*wanted) == chosen


def test_names_are_filled_in_once_for_each_language() -> None:
    filled = fill_letterheads(["it", "it-CH", "en"], business="Bottega", marketplace="Mercato", order="1-2-3")
    assert len(filled) == 2 * len(read_letterheads()["it"])
    assert "Bottega: a proposito del tuo ordine 1-2-3" in filled
    assert not any("{" in phrase for phrase in filled)
