"""Which worker gets which tests."""

from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

_WORDS = ("KafkaBroker", "mark.kafka")
_TOGETHER = "kafka"


class BrokerSharing(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Gives out whole files, and all that need a broker to one worker: starting a broker costs more than most tests."""

    def _split_scope(self, nodeid: str) -> str:
        path: str = super()._split_scope(nodeid)
        return _TOGETHER if needs_broker(self.config.rootpath / path) else path


@cache
def needs_broker(path: Path) -> bool:
    """Tell by its words whether a file's tests use the run's broker: whoever gives out tests sees no fixtures."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return any(word in text for word in _WORDS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Give out files so, unless the run was told to give them out in another way."""
    return BrokerSharing(config, log) if config.getoption("dist") == "loadfile" else None
