"""Measures of the gateway."""

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics import LATENCY_BUCKETS, ServiceMetrics


class GatewayMetrics(ServiceMetrics):
    """What the gateway counts besides what every service does."""

    def __init__(self) -> None:
        super().__init__("gateway")
        self.messages = Counter(
            "tramite_messages_accepted_total",
            "Messages accepted, by channel, direction and kind",
            ("channel", "direction", "kind"),
            registry=self.registry,
        )
        self.statuses = Counter(
            "tramite_message_steps_total", "Steps of messages, by status", ("status",), registry=self.registry
        )
        self.decision_seconds = Histogram(
            "tramite_decision_seconds",
            "Time from accepting a message to knowing the gate's decision",
            registry=self.registry,
            buckets=LATENCY_BUCKETS,
        )
        self.listeners = Gauge("tramite_event_streams", "Open streams of GET /v1/events", registry=self.registry)
        self.peer_failures = Counter(
            "tramite_peer_failures_total",
            "Questions that another service did not answer",
            ("peer",),
            registry=self.registry,
        )
