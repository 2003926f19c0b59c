"""Measures of the delivery service."""

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics import LATENCY_BUCKETS, ServiceMetrics


class DeliveryMetrics(ServiceMetrics):
    """What the delivery service counts besides what every service does."""

    def __init__(self) -> None:
        super().__init__("delivery")
        self.queued = Gauge(
            "tramite_mail_queue", "Mails in the queue by state (waiting, held)", ("state",), registry=self.registry
        )
        self.oldest = Gauge(
            "tramite_mail_queue_age_seconds", "Age of the oldest waiting mail, 0 if none", registry=self.registry
        )
        self.attempts = Counter(
            "tramite_mail_attempts_total",
            "Attempts to send, by kind of mail (message, notice) and outcome",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self.send_seconds = Histogram(
            "tramite_mail_send_seconds",
            "Time from taking a mail from the queue to the answer of the next hop",
            registry=self.registry,
            buckets=LATENCY_BUCKETS,
        )
        self.relay_down = Gauge(
            "tramite_mail_relay_unreachable", "1 while the next hop does not answer", registry=self.registry
        )
        self.connections = Gauge(
            "tramite_smtp_connections", "Connections open at the SMTP door", registry=self.registry
        )
        self.sessions = Counter(
            "tramite_smtp_conversations_total",
            "Connections at the SMTP door, by outcome (served, refused)",
            ("outcome",),
            registry=self.registry,
        )
        self.recipients = Counter(
            "tramite_smtp_recipients_total", "Recipients asked for, by answer", ("answer",), registry=self.registry
        )
        self.mails = Counter(
            "tramite_smtp_mails_total", "Mails brought to the door, by outcome", ("outcome",), registry=self.registry
        )
        self.authenticity = Counter(
            "tramite_smtp_authenticity_total",
            "Mails looked at for where they come from, by verdict (proven, spoofed, …)",
            ("verdict",),
            registry=self.registry,
        )
        self.intake_seconds = Histogram(
            "tramite_smtp_intake_seconds",
            "Time from the end of a mail's content to the answer",
            registry=self.registry,
            buckets=LATENCY_BUCKETS,
        )
        self.reports = Counter(
            "tramite_mail_reports_total",
            "Mails to bounce addresses, by what they say (hard, soft, …)",
            ("outcome",),
            registry=self.registry,
        )
