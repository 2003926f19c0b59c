"""The catalogue of marketplaces: what ships, and what operators change."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.catalogue import Catalogue, CatalogueError

pytestmark = pytest.mark.req("R-ALIAS-2")

_OWN = """
[[marketplaces]]
id = "M1"
name = "Mercato"
region = "europe"
country = "IT"
alias_domain = "Posta.Mercato.example"
storefront_domains = ["Mercato.example"]
language = "it"
time_zone = "Europe/Rome"
"""
_ALIAS_LENGTH, _SHORTEST_LOCAL_PART = 35, 10


def test_ships_the_storefronts_of_three_regions() -> None:
    catalogue = Catalogue.load()
    assert {marketplace.region for marketplace in catalogue} == {"europe", "north_america", "japan"}
    italy = catalogue.get("APJ6JRA9NG5V4")
    assert italy is not None
    assert (italy.alias_domain, italy.language, italy.zone) == ("marketplace.amazon.it", "it", ZoneInfo("Europe/Rome"))
    assert {"amazon.it", "amazon.com", "amazon.co.jp"} <= catalogue.storefront_domains


def test_every_alias_domain_leaves_room_for_an_alias() -> None:
    for marketplace in Catalogue.load():
        assert _ALIAS_LENGTH - len(marketplace.alias_domain) - 1 >= _SHORTEST_LOCAL_PART


def test_operators_extend_or_replace_it(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(_OWN, encoding="utf-8")
    extended, replaced = Catalogue.load(own), Catalogue.load(own, replace=True)
    assert extended.get("M1") is not None
    assert extended.get("APJ6JRA9NG5V4") is not None
    assert [marketplace.id for marketplace in replaced] == ["M1"]
    assert replaced.by_alias_domain("POSTA.mercato.example") is replaced.get("M1")
    assert replaced.storefront_domains == {"mercato.example"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('country = "IT"\n', ""), "country"),
        (('language = "it"', 'language = "it"\nweather = "fine"'), "weather"),
        (("Europe/Rome", "Europe/Atlantis"), "time zone"),
        (("[[marketplaces]]", "[[shops]]"), "marketplaces"),
        (('id = "M1"', "id ="), "own.toml"),
    ],
)
def test_a_bad_catalogue_is_named(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(_OWN.replace(*change), encoding="utf-8")
    with pytest.raises(CatalogueError, match=named):
        Catalogue.load(own)


def test_two_marketplaces_cannot_share_an_alias_domain(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(_OWN + _OWN.replace('"M1"', '"M2"'), encoding="utf-8")
    with pytest.raises(CatalogueError, match="alias domain"):
        Catalogue.load(own, replace=True)
