import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared import tracing
from shared.logging import configure_logging, redact, redact_text

pytestmark = pytest.mark.req("R-ALIAS-6")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where log lines go during a test; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging("INFO", stream=written)
    yield written
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def last(stream: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(stream.getvalue().splitlines()[-1])
    return line


def test_a_line_is_one_json_object_with_level_time_and_trace(stream: io.StringIO) -> None:
    with tracing.open_span():
        structlog.get_logger().info("something.happened", count=3, ok=True, nothing=None)
        trace_id = tracing.current_trace_id()
    line = last(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "something.happened",
        "level": "info",
        "count": 3,
        "ok": True,
        "nothing": None,
        "trace_id": trace_id,
    }


def test_lines_of_other_libraries_have_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("no route to %s", "anna@example.org")
    assert last(stream)["event"] == "no route to [address]"


def test_less_than_the_level_is_not_written(stream: io.StringIO) -> None:
    structlog.get_logger().debug("too.fine")
    logging.getLogger("aiokafka").warning("noise")
    assert stream.getvalue() == ""


def test_an_exception_is_written_without_what_it_was_about(stream: io.StringIO) -> None:
    def fail() -> None:
        raise ValueError("refused anna@example.org with Bearer abcdefgh12345678")

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("work.failed")
    text = stream.getvalue()
    assert "test_logging.py" in text
    assert "anna" not in text
    assert "abcdefgh12345678" not in text


@pytest.mark.parametrize(
    "entry",
    [
        {"detail": "mail from anna@example.org"},
        {"detail": ["x", {"to": "anna@example.org"}]},
        {"detail": {"address": "anna", "text": "anna"}},
        {"detail": ValueError("anna@example.org")},
        {"detail": b"anna@example.org"},
        {"subject": "anna"},
        {"authorization": "anna"},
        {"detail": ({"a": {"b": {"c": {"d": "anna@example.org"}}}},)},
    ],
)
def test_nothing_personal_gets_through_however_deep(entry: dict[str, object]) -> None:
    assert "anna" not in json.dumps(redact(None, "", dict(entry)))


@given(st.text(max_size=200), st.emails(), st.text(max_size=200))
def test_no_address_survives(before: str, address: str, after: str) -> None:
    assert address not in redact_text(f"{before} {address} {after}")


@pytest.mark.parametrize("secret", ["trm_AbCdEfGh12345678", "Atza|AbCdEfGh12345678", "bearer AbCdEfGh12345678=="])
def test_no_token_survives(secret: str) -> None:
    assert redact_text(f"got {secret} here") == "got [token] here"


def test_of_a_long_text_the_end_is_kept_and_no_half_address() -> None:
    assert redact_text("x" * 5_000 + " the cause").endswith(" the cause")
    assert len(redact_text("x" * 50_000)) == 2_001
    # The cut after 2,000 characters falls into the address.
    assert "anna" not in redact_text("y" * 3_000 + " anna@example.org " + "z" * 1_990)
