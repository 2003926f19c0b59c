import asyncio
import itertools
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import LargeBinary, func, select

from services.alias.errors import AliasDomainTooLong, AliasesExhausted
from services.alias.metrics import AliasMetrics
from services.alias.models import Alias, Base
from services.alias.service import Directory
from shared.consumer import NotYetKnown
from shared.contracts.alias import AliasIssued, MessageAddressed
from shared.contracts.facts import Requirement
from shared.contracts.vocabulary import Direction, Role, identify_thread
from shared.db import Database
from tests.services.alias.world import ITALY, KEYS, directory, party, submitted
from tests.services.migrated import read_told


async def issue(database: Database, buyer_id: str, seller_id: str, using: Directory | None = None) -> dict[Role, str]:
    async with database.transaction() as session:
        return await (using or directory()).issue_pair(session, ITALY, buyer_id, seller_id)


async def count_aliases(database: Database) -> int:
    async with database.reading() as session:
        return int((await session.exec(select(func.count()).select_from(Alias))).scalar_one())  # type: ignore[call-overload]  # SQLModel knows only its own select


async def keep_parties(database: Database, *ids: tuple[Role, str], version: int = 1) -> None:
    async with database.transaction() as session:
        for role, party_id in ids:
            await directory().record_party(session, party(role, party_id, version))


@pytest.mark.req("R-ALIAS-1", "R-ALIAS-3")
async def test_a_pair_gets_two_aliases_at_first_contact_and_keeps_them(database: Database) -> None:
    first = await issue(database, "b1", "s1")
    assert set(first) == set(Role)
    assert first[Role.BUYER] != first[Role.SELLER]
    assert await issue(database, "b1", "s1") == first
    [told] = await read_told(database, AliasIssued)
    assert (told.buyer_alias, told.seller_alias) == (first[Role.BUYER], first[Role.SELLER])
    assert told.thread_id == identify_thread(ITALY.marketplace_id, "s1", "b1")


@pytest.mark.req("R-ALIAS-1")
async def test_two_sellers_never_see_the_same_alias_for_one_buyer(database: Database) -> None:
    pairs = itertools.product(["b1", "b2", "b3"], ["s1", "s2", "s3"])
    found = [alias for pair in pairs for alias in (await issue(database, *pair)).values()]
    assert len(set(found)) == 18


@pytest.mark.req("R-ALIAS-1")
async def test_another_marketplace_is_another_pair(database: Database) -> None:
    here = await issue(database, "b1", "s1")
    async with database.transaction() as session:
        abroad = ITALY.model_copy(update={"marketplace_id": "A1PA6795UKMFR9", "alias_domain": "marketplace.amazon.de"})
        there = await directory().issue_pair(session, abroad, "b1", "s1")
    assert set(here.values()).isdisjoint(there.values())
    assert all(alias.endswith("@marketplace.amazon.de") for alias in there.values())


@pytest.mark.req("R-ALIAS-4")
async def test_fifty_first_contacts_at_once_make_one_pair_of_aliases(database: Database) -> None:
    instances = [directory() for _ in range(2)]
    found = await asyncio.gather(*(issue(database, "b1", "s1", instances[n % 2]) for n in range(50)))
    assert all(aliases == found[0] for aliases in found)
    assert await count_aliases(database) == 2
    assert len(await read_told(database, AliasIssued)) == 1


@pytest.mark.req("R-ALIAS-4")
async def test_many_pairs_at_once_in_any_order(database: Database) -> None:
    pairs = [(f"b{n % 5}", f"s{n % 3}") for n in range(45)]
    found = await asyncio.gather(*(issue(database, *pair) for pair in pairs))
    by_pair = {pair: {frozenset(a.items()) for p, a in zip(pairs, found, strict=True) if p == pair} for pair in pairs}
    assert all(len(aliases) == 1 for aliases in by_pair.values())
    assert await count_aliases(database) == 30


class Repeating:
    """A source that draws a first alias several times over, and then goes on to others."""

    def __init__(self, repeats: int) -> None:
        self._letters = self._draw(repeats)

    def _draw(self, repeats: int) -> Iterator[int]:
        local_part = 13
        for number in itertools.count():
            yield from [max(number - repeats, 0)] * local_part

    def __call__(self, allowed: Sequence[str]) -> str:
        return allowed[next(self._letters)]


@pytest.mark.req("R-ALIAS-4")
async def test_a_collision_is_drawn_again(database: Database) -> None:
    metrics = AliasMetrics()
    repeating = Directory(35, metrics, Repeating(5))
    aliases = await issue(database, "b1", "s1", repeating)
    assert aliases == {
        Role.BUYER: "a" * 13 + "@marketplace.amazon.it",
        Role.SELLER: "b" * 13 + "@marketplace.amazon.it",
    }
    assert metrics.registry.get_sample_value("tramite_alias_collisions_total") == 5
    assert metrics.registry.get_sample_value("tramite_aliases_issued_total") == 2


@pytest.mark.req("R-ALIAS-4")
async def test_a_source_that_only_repeats_is_given_up(database: Database) -> None:
    with pytest.raises(AliasesExhausted):
        await issue(database, "b1", "s1", Directory(35, AliasMetrics(), Repeating(1_000)))
    assert await count_aliases(database) == 0


@pytest.mark.req("R-ALIAS-2")
async def test_a_domain_that_leaves_too_little_issues_nothing(database: Database) -> None:
    with pytest.raises(AliasDomainTooLong):
        await issue(database, "b1", "s1", directory(length=31))
    assert await count_aliases(database) == 0
    assert await read_told(database, AliasIssued) == []


@pytest.mark.parametrize(
    ("direction", "recipient"), [(Direction.SELLER_TO_BUYER, "b1"), (Direction.BUYER_TO_SELLER, "s1")]
)
async def test_a_message_gets_both_aliases_and_its_sealed_recipient(
    database: Database, direction: Direction, recipient: str
) -> None:
    await keep_parties(database, (Role.BUYER, "b1"), (Role.SELLER, "s1"))
    told = submitted(direction=direction)
    async with database.transaction() as session:
        await directory().address_message(session, told)
    [addressed] = await read_told(database, MessageAddressed)
    addressing = addressed.addressing
    assert addressed.message == told.message
    assert addressed.content == told.content
    assert KEYS.open_text(addressing.recipient.box, "address") == f"{recipient}@real.example"
    assert KEYS.open_text(addressing.seller.box, "address") == "s1@real.example"
    assert (addressing.business_name, addressing.seller_language) == ("Bottega Rossi", "it")
    assert {Role.BUYER: addressing.buyer_alias, Role.SELLER: addressing.seller_alias} == await issue(
        database, "b1", "s1"
    )


@pytest.mark.parametrize(
    ("known", "requirement"),
    [
        ([], Requirement()),
        ([(Role.BUYER, "b1")], Requirement()),
        ([(Role.SELLER, "s1")], Requirement()),
        ([(Role.BUYER, "b1"), (Role.SELLER, "s1")], Requirement(buyer_version=2)),
        ([(Role.BUYER, "b1"), (Role.SELLER, "s1")], Requirement(seller_version=2)),
    ],
)
async def test_a_message_waits_for_the_state_that_the_gateway_knew(
    database: Database, known: list[tuple[Role, str]], requirement: Requirement
) -> None:
    await keep_parties(database, *known)

    async def address() -> None:
        async with database.transaction() as session:
            await directory().address_message(session, submitted(requirement=requirement))

    with pytest.raises(NotYetKnown):
        await address()
    await keep_parties(database, (Role.BUYER, "b1"), (Role.SELLER, "s1"), version=2)
    await address()
    assert len(await read_told(database, MessageAddressed)) == 1


async def test_an_older_state_never_replaces_a_newer_one(database: Database) -> None:
    for version, name in [(2, "new"), (1, "old"), (2, "again")]:
        async with database.transaction() as session:
            await directory().record_party(session, party(Role.SELLER, "s1", version, business_name=name))
    await keep_parties(database, (Role.BUYER, "b1"))
    async with database.transaction() as session:
        await directory().address_message(session, submitted())
    [addressed] = await read_told(database, MessageAddressed)
    assert addressed.addressing.business_name == "new"


async def test_a_buyer_and_a_seller_of_one_id_are_two_parties(database: Database) -> None:
    await keep_parties(database, (Role.BUYER, "x"), (Role.SELLER, "x"))
    async with database.transaction() as session:
        await directory().address_message(session, submitted("x", "x"))
    [addressed] = await read_told(database, MessageAddressed)
    assert addressed.addressing.business_name == "Bottega Rossi"


@pytest.mark.req("R-ALIAS-6")
async def test_no_column_of_any_row_holds_a_real_address(database: Database) -> None:
    await keep_parties(database, (Role.BUYER, "b1"), (Role.SELLER, "s1"))
    async with database.transaction() as session:
        await directory().address_message(session, submitted())
    aliases = set((await issue(database, "b1", "s1")).values())
    texts = await read_all_texts(database)
    assert len(texts) > 20
    for text in texts:
        for alias in aliases:
            text = text.replace(alias, "")  # noqa: PLW2901 - aliases are no secret
        assert "@" not in text
        assert "real.example" not in text


async def read_all_texts(database: Database) -> list[str]:
    texts = []
    async with database.reading() as session:
        connection = await session.connection()
        for table in Base.metadata.sorted_tables:
            for row in (await connection.execute(select(table))).all():
                for column, value in zip(table.columns, row, strict=True):
                    is_bytes = isinstance(column.type, LargeBinary)
                    texts.append(value.decode() if is_bytes else str(value))
    return texts
