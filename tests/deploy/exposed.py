"""What the services really expose to Prometheus, and what an expression asks for."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import cast

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from services.cli.installation import NAMES
from shared.metrics import ServiceMetrics

_LABELS_OF_SCRAPES = frozenset({"job", "instance"})
_SERIES = re.compile(r"\b(tramite_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_GROUPING = re.compile(r"\bby \(([^)]*)\)")


@cache
def expose() -> Mapping[str, frozenset[str]]:
    """Return the labels of each series that any service exposes."""
    series: dict[str, frozenset[str]] = {}
    for name in NAMES:
        for measure in _collect_measures(name):
            # The library has no public way to ask for the names of labels before there are values.
            labels = frozenset(measure._labelnames) | _LABELS_OF_SCRAPES  # noqa: SLF001 - see above
            for series_name, more in _name_series(measure):
                series[series_name] = series.get(series_name, labels) | labels | more
    return series


def _collect_measures(name: str) -> Iterator[MetricWrapperBase]:
    module = import_module(f"services.{name}.metrics")
    # A service's own class knows the service's name and takes nothing.
    (create,) = [
        cast("Callable[[], ServiceMetrics]", thing)
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, ServiceMetrics) and thing is not ServiceMetrics
    ]
    registry = create().registry
    for collector in set(registry._collector_to_names):  # noqa: SLF001 - nor has the registry
        if isinstance(collector, MetricWrapperBase):
            yield collector


def _name_series(measure: MetricWrapperBase) -> Iterator[tuple[str, frozenset[str]]]:
    (family,) = measure.describe()
    if isinstance(measure, Histogram):
        yield f"{family.name}_bucket", frozenset({"le"})
        yield f"{family.name}_sum", frozenset()
        yield f"{family.name}_count", frozenset()
    elif isinstance(measure, Counter):
        yield f"{family.name}_total", frozenset()
    elif isinstance(measure, Gauge):
        yield family.name, frozenset()
    else:
        raise TypeError(f"{family.name}: what series does a {type(measure).__name__} have?")


def find_unknown(expression: str) -> list[str]:
    """Return what an expression asks for and no service has: series, or labels that no series in it carries."""
    exposed = expose()
    unknown: list[str] = []
    asked = {match[1]: match[2] or "" for match in _SERIES.finditer(expression)}
    known_labels = set(_LABELS_OF_SCRAPES)
    for series, matchers in asked.items():
        if series not in exposed:
            unknown.append(series)
            continue
        known_labels |= exposed[series]
        unknown += [f"{series}{{{label}}}" for label in _MATCHER.findall(matchers) if label not in exposed[series]]
    for grouping in _GROUPING.findall(expression):
        unknown += [f"by ({label})" for label in re.split(r"\s*,\s*", grouping) if label not in known_labels]
    return unknown
