"""Logs: one JSON object a line, with the trace id, and nothing personal in it."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from shared import tracing

_ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,255}")
_TOKEN = re.compile(r"\b(?:trm_|Atza\||Atzr\|)[\w|\-]{8,}|(?i:bearer)\s+[\w.\-|=+/]{8,}")
# PostgreSQL quotes the row that it refuses.
_QUOTED_ROW = re.compile(r"DETAIL: .*")
_SECRET_KEYS = frozenset({"authorization", "token", "password", "secret", "address", "text", "subject", "html", "body"})
_LONGEST = 2_000
_DEEPEST = 4


def configure_logging(level: str, *, stream: Any = None) -> None:  # noqa: ANN401 - any text stream
    """Send structlog's and the standard library's records to `stream` (stderr) as redacted JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace_id,
        structlog.processors.format_exc_info,
        redact,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn.access", "aiokafka", "mail.log", "alembic", "httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )


def add_trace_id(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Put the current trace id into the entry, if there is one."""
    if trace_id := tracing.current_trace_id():
        entry["trace_id"] = trace_id
    return entry


def redact(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Take addresses, tokens and everything under a telling key out of the entry."""
    entry.update(_redact_members(entry, _DEEPEST))
    return entry


def redact_text(text: str) -> str:
    """Return `text` without addresses and tokens; of a long one (a traceback) the last 2,000 characters."""
    # Redacted before it is cut for good, so that no half of an address stands at the edge.
    clean = _QUOTED_ROW.sub("DETAIL: [redacted]", text[-2 * _LONGEST :])
    clean = _TOKEN.sub("[token]", _ADDRESS.sub("[address]", clean))
    return clean if len(clean) <= _LONGEST else f"…{clean[-_LONGEST:]}"


def _redact_members(members: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    return {
        key: "[redacted]" if key in _SECRET_KEYS else _redact_value(value, depth - 1) for key, value in members.items()
    }


def _redact_value(value: object, depth: int) -> object:
    """Return what may be logged of a value; what is neither number, text nor made of them is logged as its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > 0 and isinstance(value, Mapping):
        return _redact_members(value, depth)
    if depth > 0 and isinstance(value, list | tuple | set | frozenset):
        return [_redact_value(item, depth - 1) for item in value]
    return redact_text(str(value))
