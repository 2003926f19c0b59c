"""Measures of the policy service."""

from prometheus_client import Counter, Histogram

from shared.metrics import ServiceMetrics

_BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)


class PolicyMetrics(ServiceMetrics):
    """What the gate counts besides what every service does."""

    def __init__(self) -> None:
        super().__init__("policy")
        self.decisions = Counter(
            "tramite_decisions_total",
            "Decisions by verdict, direction, channel and rule set",
            ("verdict", "direction", "channel", "rule_set"),
            registry=self.registry,
        )
        self.findings = Counter(
            "tramite_findings_total", "Findings by rule and severity", ("rule", "severity"), registry=self.registry
        )
        self.decisions_by_rule = Counter(
            "tramite_decisions_by_rule_total",
            "Decisions in which a rule found something, by rule and severity",
            ("rule", "severity"),
            registry=self.registry,
        )
        self.decisions_overturned = Counter(
            "tramite_decisions_overturned_total",
            "Decisions that an operator overturned, by the rule that was wrong; `none` where none blocked but should",
            ("rule",),
            registry=self.registry,
        )
        self.shadow_failures = Counter(
            "tramite_shadow_failures_total",
            "Messages that the shadow rule set failed to judge",
            registry=self.registry,
        )
        self.shadow_flips = Counter(
            "tramite_shadow_flips_total",
            "Messages the shadow rule set would decide otherwise, by what it would say",
            ("verdict",),
            registry=self.registry,
        )
        self.judge_seconds = Histogram(
            "tramite_judge_seconds", "Time to judge one message", registry=self.registry, buckets=_BUCKETS
        )
