"""Use case of authenticity: refuse, or note, mail that does not prove where it comes from."""

import asyncio
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self

from services.delivery.authenticity import checks, upstream
from services.delivery.authenticity.domain import REPLIES, Evidence, Origin, Policy, Verdict, judge
from services.delivery.authenticity.resolver import Resolver
from services.delivery.errors import Refused
from services.delivery.metrics import DeliveryMetrics
from services.delivery.settings import Settings


@dataclass(frozen=True, slots=True)
class Authenticity:
    """Judges mails by each marketplace's policy.

    What comes from a `trusted` network is judged by the word of its `names` alone; what comes from anywhere else by
    SPF, DKIM and DMARC.
    """

    default: Policy
    by_marketplace: dict[str, Policy]
    trusted: tuple[IPv4Network | IPv6Network, ...]
    names: frozenset[str]
    resolver: Resolver
    metrics: DeliveryMetrics

    @classmethod
    def of(cls, settings: Settings, metrics: DeliveryMetrics) -> Self:
        """Read the settings. Raises `ValueError` for a network or a name server that is none."""
        return cls(
            settings.smtp_authenticity,
            dict(settings.smtp_authenticity_by_marketplace),
            tuple(ip_network(network.strip()) for network in settings.smtp_trusted_networks.split(",") if network),
            frozenset(name.strip().lower() for name in settings.smtp_trusted_names.split(",") if name),
            Resolver.of(settings.dns_servers, settings.dns_seconds),
            metrics,
        )

    async def check(self, marketplace_id: str, origin: Origin, sender: str, author: str, content: bytes) -> str:
        """Return what to note of a mail, empty where nobody looks. Raises `Refused` where the policy says so."""
        policy = self.by_marketplace.get(marketplace_id, self.default)
        if policy is Policy.OFF:
            return ""
        verdict = judge(await self._gather(origin, sender, author.rpartition("@")[2].lower(), content))
        self.metrics.authenticity.labels(verdict.value).inc()
        if policy is Policy.ENFORCE and verdict is not Verdict.PROVEN:
            raise Refused(REPLIES[verdict], verdict.value)
        return verdict.value

    async def _gather(self, origin: Origin, sender: str, domain: str, content: bytes) -> Evidence:
        if self._is_trusted(origin.address):
            return upstream.read_results(content, domain, self.names)
        return await asyncio.to_thread(checks.examine, self.resolver, origin, sender, domain, content)

    def _is_trusted(self, address: str) -> bool:
        try:
            client = ip_address(address)
        except ValueError:
            return False
        return any(client in network for network in self.trusted)
