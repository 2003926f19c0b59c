"""What an alias looks like (R-ALIAS-2). Pure but for the random source that callers hand in."""

import secrets
import string
from collections.abc import Callable, Sequence

from services.alias.errors import AliasDomainTooLong

SHORTEST_LOCAL_PART = 10
_LETTERS = string.ascii_lowercase
_CHARACTERS = string.ascii_lowercase + string.digits

Choose = Callable[[Sequence[str]], str]


def measure_local_part(domain: str, address_length: int) -> int:
    """Return how many characters `domain` leaves for the local part of an address of `address_length`.

    Raises `AliasDomainTooLong` when they are fewer than 10, too few to be safe from guessing.
    """
    length = address_length - len(domain) - 1
    if length < SHORTEST_LOCAL_PART:
        raise AliasDomainTooLong(
            f"{domain}: leaves {length} characters of {address_length}, at least {SHORTEST_LOCAL_PART} are needed; "
            "choose a shorter alias domain or raise TRAMITE_ALIAS_LENGTH"
        )
    return length


def make_alias(domain: str, address_length: int, choose: Choose = secrets.choice) -> str:
    """Return a new random alias: a letter, then letters and digits, filled up to `address_length` with its domain.

    `choose` must draw from a cryptographic source. Raises `AliasDomainTooLong`.
    """
    length = measure_local_part(domain, address_length)
    local_part = choose(_LETTERS) + "".join(choose(_CHARACTERS) for _ in range(length - 1))
    return f"{local_part}@{domain.lower()}"
