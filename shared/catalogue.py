"""The marketplaces this installation serves: a shipped catalogue that operators extend or replace."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SHIPPED = Path(__file__).with_name("catalogue.toml")


class CatalogueError(ValueError):
    """A catalogue that cannot be used; the message names the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A storefront for one country. `id` is the Selling Partner API's, `country` ISO 3166, `language` ISO 639."""

    id: str
    name: str
    region: str
    country: str
    alias_domain: str
    storefront_domains: tuple[str, ...]
    language: str
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the marketplace counts its days."""
        return ZoneInfo(self.time_zone)


class Catalogue:
    """Marketplaces by id and by alias domain."""

    def __init__(self, marketplaces: Iterable[Marketplace]) -> None:
        """Take the marketplaces; of two with one id the later one counts. Alias domains must differ."""
        self._by_id = {marketplace.id: marketplace for marketplace in marketplaces}
        self._by_alias_domain = {marketplace.alias_domain: marketplace for marketplace in self._by_id.values()}
        if len(self._by_alias_domain) < len(self._by_id):
            raise CatalogueError("two marketplaces share an alias domain")

    @classmethod
    def load(cls, own: Path | None = None, *, replace: bool = False) -> Self:
        """Return the shipped catalogue, extended by the file `own` or, with `replace`, replaced by it.

        Fails with `CatalogueError` on an entry that lacks a field, has one too many, or an unknown time zone.
        """
        paths = [path for path in (None if replace and own else SHIPPED, own) if path is not None]
        return cls(marketplace for path in paths for marketplace in _read(path))

    def __iter__(self) -> Iterator[Marketplace]:
        return iter(self._by_id.values())

    def get(self, marketplace_id: str) -> Marketplace | None:
        """Return the marketplace with this id."""
        return self._by_id.get(marketplace_id)

    def by_alias_domain(self, domain: str) -> Marketplace | None:
        """Return the marketplace whose aliases live in `domain`, in any case of letters."""
        return self._by_alias_domain.get(domain.lower())

    @cached_property
    def storefront_domains(self) -> frozenset[str]:
        """The domains of all storefronts: links to them stay within the marketplace."""
        return frozenset(domain for one in self._by_id.values() for domain in one.storefront_domains)


def _read(path: Path) -> list[Marketplace]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["marketplaces"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    return [_marketplace(entry, f"{path}, entry {number}") for number, entry in enumerate(entries, 1)]


def _marketplace(entry: dict[str, Any], place: str) -> Marketplace:
    names = {field.name for field in fields(Marketplace)}
    if set(entry) != names:
        wrong = ", ".join(sorted(set(entry) ^ names))
        raise CatalogueError(f"{place}: missing or unknown: {wrong}")
    try:
        ZoneInfo(entry["time_zone"])
    except (ZoneInfoNotFoundError, ValueError, TypeError) as error:
        raise CatalogueError(f"{place}: unknown time zone") from error
    lowered = {**entry, "alias_domain": entry["alias_domain"].lower()}
    return Marketplace(**{**lowered, "storefront_domains": tuple(map(str.lower, entry["storefront_domains"]))})
