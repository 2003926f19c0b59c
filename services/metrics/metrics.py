"""Measures of the metrics service: what operators see of all sellers together."""

from prometheus_client import Counter, Histogram

from shared.metrics import ServiceMetrics

_HOURS = 3600
_BUCKETS = tuple(hours * _HOURS for hours in (0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 96))


class ResponseMetrics(ServiceMetrics):
    """Turns over all sellers; a seller's own numbers come by API."""

    def __init__(self) -> None:
        super().__init__("metrics")
        self.opened = Counter(
            "tramite_turns_opened_total", "Response turns opened", ("marketplace",), registry=self.registry
        )
        self.closed = Counter(
            "tramite_turns_closed_total",
            "Response turns closed, by what closed them (answer, mark, left_out)",
            ("marketplace", "by"),
            registry=self.registry,
        )
        self.overdue = Counter(
            "tramite_turns_overdue_total",
            "Response turns that passed the target time unanswered",
            ("marketplace",),
            registry=self.registry,
        )
        self.response_seconds = Histogram(
            "tramite_response_seconds",
            "How long buyers waited for an answer",
            ("marketplace",),
            registry=self.registry,
            buckets=_BUCKETS,
        )
