"""Logs: one JSON object a line, with the trace id, and nothing personal in it."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from shared import tracing

_ADDRESS = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,255}")
_TOKEN = re.compile(r"\b(?:trm_|Atza\||Atzr\|)[\w|\-]{8,}|(?i:bearer)\s+[\w.\-|=+/]{8,}")
_SECRET_KEYS = frozenset({"authorization", "token", "password", "secret", "address", "text", "subject", "html", "body"})
_LONGEST = 2_000


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
    for key, value in entry.items():
        if key in _SECRET_KEYS:
            entry[key] = "[redacted]"
        elif isinstance(value, str):
            entry[key] = redact_text(value)
    return entry


def redact_text(text: str) -> str:
    """Return `text` without addresses and tokens, cut after 2,000 characters."""
    return _TOKEN.sub("[token]", _ADDRESS.sub("[address]", text[:_LONGEST]))
