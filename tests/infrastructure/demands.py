"""What a run insists on: `TRAMITE_REQUIRE=kafka,postgres` turns a stand-in or a skip into an error."""

from collections.abc import Mapping

VARIABLE = "TRAMITE_REQUIRE"
KNOWN = frozenset({"compiled", "kafka", "postgres", "promtool"})


class DemandError(Exception):
    """The run cannot have what it insists on, or insists on something unknown."""


def demanded(environment: Mapping[str, str]) -> frozenset[str]:
    """Answer the names in `TRAMITE_REQUIRE`, a comma-separated list; `DemandError` for a name nobody knows."""
    names = frozenset(name.strip() for name in environment.get(VARIABLE, "").split(",") if name.strip())
    if unknown := names - KNOWN:
        raise DemandError(f"{VARIABLE} names {', '.join(sorted(unknown))}; known are {', '.join(sorted(KNOWN))}")
    return names
