"""Bring what the tests' broker needs before their clock runs: `python -m tests.infrastructure.kafka`."""

import os
import sys

from tests.infrastructure.demands import demanded
from tests.infrastructure.kafka import apache, source
from tests.infrastructure.kafka.broker import Kind


def main() -> int:
    """Fetch the jars where they are going to be used; answer 1 only if the run insists on them in vain."""
    chosen = source.find_source()
    if chosen.kind is not Kind.APACHE:
        return 0
    try:
        apache.fetch_jars()
    except apache.JarsUnavailableError as error:
        sys.stderr.write(f"Kafka's jars are not to be had: {error}\n")
        return int("kafka" in demanded(os.environ))
    return 0


if __name__ == "__main__":
    sys.exit(main())
