from services.alias.handlers import HANDLERS
from shared.consumer import Consumer
from shared.contracts.alias import AliasIssued, MessageAddressed
from shared.contracts.vocabulary import Role
from shared.db import Database
from shared.events import encode_event
from tests.services.alias.world import directory, party, recorded, submitted
from tests.services.migrated import list_causes, read_told


async def test_a_batch_of_all_that_it_heeds_is_handled_in_one_go(database: Database) -> None:
    context = directory()
    consumer = Consumer(database, HANDLERS, context, context.metrics)
    messages = [submitted(), submitted()]
    batch = [party(Role.BUYER, "b1"), party(Role.SELLER, "s1"), recorded(), *messages]
    await consumer.handle([encode_event(event, "gateway") for event in batch])
    assert consumer.topics == ["gateway.events"]
    assert len(await read_told(database, AliasIssued)) == 1
    [first, second] = await read_told(database, MessageAddressed)
    assert [first.message, second.message] == [event.message for event in messages]
    assert first.addressing == second.addressing
    assert await list_causes(database) == []
