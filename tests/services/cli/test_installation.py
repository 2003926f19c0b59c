from pathlib import Path

import pytest

from services.cli.installation import NAMES, TOPICS, load_service, read_database_url, read_port
from shared.contracts.schemas import list_contracts


@pytest.mark.parametrize("name", NAMES)
def test_every_service_can_be_loaded(name: str, data_dir: Path) -> None:
    service = load_service(name)
    settings = service.settings_class()
    assert (service.migrations / "env.py").is_file()
    assert {"outbox", "inbox", "dead_letters"} <= set(service.metadata.tables)
    assert read_database_url(settings) == f"sqlite:///{data_dir}/{name}.db"
    assert 8000 <= read_port(settings) <= 8004


def test_other_names_are_refused() -> None:
    with pytest.raises(KeyError, match="gateway, alias, policy, delivery, metrics"):
        load_service("os")


def test_the_topics_are_those_that_events_live_on() -> None:
    assert set(TOPICS) == {contract.topic for contract in list_contracts()}


def test_no_two_services_have_a_table_in_common_but_their_own_boxes() -> None:
    tables = [id(table) for name in NAMES for table in load_service(name).metadata.tables.values()]
    assert len(tables) == len(set(tables))
