"""Measures of the alias service."""

from prometheus_client import Counter

from shared.metrics import ServiceMetrics


class AliasMetrics(ServiceMetrics):
    """What the alias service counts besides what every service does."""

    def __init__(self) -> None:
        super().__init__("alias")
        self.issued = Counter("tramite_aliases_issued_total", "Aliases issued", registry=self.registry)
        self.collisions = Counter(
            "tramite_alias_collisions_total", "Random addresses that were taken and drawn again", registry=self.registry
        )
